# SPDX-License-Identifier: GPL-3.0-or-later
"""From a shot to the files that are sent."""
