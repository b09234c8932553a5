# SPDX-License-Identifier: GPL-3.0-or-later
"""A shot and its takes in one place of the timeline: marks on strips, the stack, where a take goes, which is shown."""
