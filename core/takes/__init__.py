# SPDX-License-Identifier: GPL-3.0-or-later
"""From a result to a take: on disk, and as it lies over its shot."""
