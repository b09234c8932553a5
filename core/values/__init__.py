# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes from room to room: frozen dataclasses of plain values."""
