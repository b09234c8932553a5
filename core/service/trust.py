# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose certificates are believed: one answer for every request that leaves, uploads and downloads alike.

Trusted is what Blender's certifi lists, what this computer's own store holds, and what the usual variables name: a
company that reads encrypted connections has its authority in one of the last two.
"""

from __future__ import annotations

import os
import ssl
from functools import lru_cache

from ..errors import SetupError
from ..words import say

__all__ = ["context", "distrusted", "remedy"]

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Each names a file of certificates or a folder of them."""
STORES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where Unix systems keep their store. Blender's own Python looks where it was built, which is nowhere."""


def context() -> ssl.SSLContext:
    """How connections are encrypted, and whose certificates are believed. Shared by all of them.

    SetupError where a variable names what cannot be used.
    """
    return _context(tuple(os.environ.get(name, "") for name in VARIABLES), STORES)


@lru_cache(maxsize=4)  # reading some 150 certificates takes tens of milliseconds
def _context(named: tuple[str, ...], stores: tuple[str, ...]) -> ssl.SSLContext:
    # On Windows it takes the system's store with it.
    made = ssl.create_default_context()
    try:
        import certifi
    except ImportError:
        pass  # a Blender that was built without requests: its system has a store
    else:
        made.load_verify_locations(certifi.where())
    # From Python 3.13 on it refuses authorities that browsers take, those of many companies among them.
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    # An authority that is trusted is enough, also where it was signed by another.
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    for path in stores:
        if os.path.isfile(path) and os.access(path, os.R_OK):
            try:
                made.load_verify_locations(path)
            except (OSError, ssl.SSLError):
                continue  # it is not ours: the others may do
    for name, path in zip(VARIABLES, named, strict=True):
        if not path:
            continue
        try:
            if os.path.isdir(path):
                made.load_verify_locations(capath=path)
            else:
                made.load_verify_locations(path)
        except (OSError, ssl.SSLError) as exc:
            raise SetupError(
                say(
                    "The certificates that {variable} names cannot be read: {path} ({error}).",
                    variable=name,
                    path=path,
                    error=exc.strerror or type(exc).__name__,
                ),
                say("Correct {variable} or remove it, then restart Blender.", variable=name),
            ) from exc
    return made


def remedy() -> str:
    """What an editor can do about a certificate that is not trusted."""
    return say(
        "If your network reads encrypted connections, have its certificate put into this computer's store, or name its "
        "file in SSL_CERT_FILE and restart Blender; otherwise check this computer's date."
    )


def distrusted(exc: BaseException | None) -> str:
    """Why a certificate was not believed, in OpenSSL's words, where that is behind `exc`; '' where it is not."""
    seen: set[int] = set()
    while exc is not None and id(exc) not in seen:
        if isinstance(exc, ssl.SSLCertVerificationError):
            return str(exc.verify_message or exc.reason or "certificate verify failed")
        seen.add(id(exc))
        exc = exc.__cause__ or exc.__context__
    return ""
