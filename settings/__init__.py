# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept for the editor: in the .blend, in the preferences, in the extension's folder."""
