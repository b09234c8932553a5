# SPDX-License-Identifier: GPL-3.0-or-later
"""The product without Blender: what a job is, what it costs, how it is moved forward. Imports no bpy."""
