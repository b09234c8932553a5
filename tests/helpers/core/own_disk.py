# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether tests may mount a disk of their own, small enough to be full."""

from __future__ import annotations

import shutil
import subprocess

NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]
"""What starts a program whose mounts only itself can see."""


def can_mount() -> bool:
    """Whether this computer lets a program mount such a disk."""
    if not shutil.which(NAMESPACE[0]):
        return False
    return subprocess.run([*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0
