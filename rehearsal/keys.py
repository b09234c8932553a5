# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may ask: the account's key, and the short-lived upload tokens minted for it. Neither is ever logged.

Tokens carry their own expiry and signature, so nothing is kept about them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta

TOKEN_LIFE = timedelta(hours=1)


class Keys:
    """The one key of a server, and the tokens of its lifetime."""

    def __init__(self, key: str) -> None:
        self._authorization = f"Key {key}".encode()
        self._secret = secrets.token_bytes(32)

    def is_key(self, authorization: str) -> bool:
        """Whether an `Authorization` header holds the account's key."""
        return hmac.compare_digest(_raw(authorization), self._authorization)

    def mint(self) -> tuple[str, datetime, datetime]:
        """A new upload token, and when it was made and ends (UTC)."""
        created = datetime.now(UTC)
        expires = created + TOKEN_LIFE
        claim = f"{int(expires.timestamp())}.{secrets.token_hex(8)}"
        return f"{claim}.{self._sign(claim)}", created, expires

    def is_token(self, authorization: str) -> bool:
        """Whether an `Authorization` header holds a token minted here that has not ended."""
        scheme, _, token = authorization.partition(" ")
        claim, _, signature = token.rpartition(".")
        if scheme != "Bearer" or not hmac.compare_digest(_raw(signature), self._sign(claim).encode()):
            return False
        return int(claim.partition(".")[0]) > datetime.now(UTC).timestamp()

    def _sign(self, claim: str) -> str:
        return hmac.new(self._secret, _raw(claim), hashlib.sha256).hexdigest()


def _raw(header: str) -> bytes:
    # http.server reads header bytes as Latin-1: this gives back the bytes that were sent.
    return header.encode("latin-1")
