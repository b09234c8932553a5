# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs in a background Blender, where nobody waits for the interface."""
