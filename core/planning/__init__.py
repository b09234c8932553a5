# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent for a shot: how it fits the limits, and what it says."""
