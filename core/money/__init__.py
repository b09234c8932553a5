# SPDX-License-Identifier: GPL-3.0-or-later
"""What was spent, and what may be."""
