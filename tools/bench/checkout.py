# SPDX-License-Identifier: GPL-3.0-or-later
"""Importing this makes the checkout the package `reshoot`, as the tests have it, and their helpers importable."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"

for _folder in (TESTS / "helpers", TESTS / "helpers" / "core", TESTS / "helpers" / "gui"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))
if "reshoot" not in sys.modules:
    # Its __init__.py is Blender's way in, and imports bpy.
    _package = ModuleType("reshoot", "The checkout, whatever its folder is called.")
    _package.__path__ = [str(ROOT)]
    sys.modules["reshoot"] = _package
