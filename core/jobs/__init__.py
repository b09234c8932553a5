# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: their journal, and what moves them. Empty here, because Blender's start goes through it."""
