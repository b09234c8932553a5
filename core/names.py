# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service and the file are called that are none.

Apart from what works with them: Blender's start waits for these, and for nothing more.
"""

from __future__ import annotations

REHEARSAL = "rehearsal"
"""The service that is a stand-in on this computer."""

UNTITLED = "untitled:"
"""What the project of a file without a name begins with. Once another file is open it is gone for good."""
