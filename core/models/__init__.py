# SPDX-License-Identifier: GPL-3.0-or-later
"""The models as data: one file a family. Empty here, because Blender's start goes through it."""
