# SPDX-License-Identifier: GPL-3.0-or-later
"""The service: its client, its addresses, its answers and refusals, its files."""
