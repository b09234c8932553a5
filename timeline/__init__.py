# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that touches Blender's timeline. No Blender object leaves this folder: shots go out, takes come in."""
