# SPDX-License-Identifier: GPL-3.0-or-later
"""For every test: the checkout as the package `reshoot`, and an environment without the developer's own settings.

The package's `__init__.py` is not run: it is Blender's way in, and imports bpy.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

# Not imported here: this file is also run by programs that only want the checkout.
pytest_plugins = ["campaign"]

ROOT = Path(__file__).resolve().parent.parent

# A key or a service of the developer's would make a test talk to the world; a proxy would stand between a test and its
# own server.
SETTINGS = (
    "FAL_KEY",
    "FAL_KEY_ID",
    "FAL_KEY_SECRET",
    "RESHOOT_SERVICE_URL",
    "RESHOOT_REHEARSAL_LOOK",
    "RESHOOT_REHEARSAL_KEEP",
)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def _register_checkout() -> None:
    package = ModuleType("reshoot", "The checkout, whatever its folder is called.")
    package.__path__ = [str(ROOT)]
    sys.modules["reshoot"] = package


_register_checkout()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key, service or proxy from outside, and a journal folder of the test's own."""
    for name in (*SETTINGS, *PROXIES, *(proxy.lower() for proxy in PROXIES)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RESHOOT_HOME", str(tmp_path / "reshoot-home"))
