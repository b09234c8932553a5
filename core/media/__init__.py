# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in movie and image files: read, relabelled, cut and remuxed without a decoder."""
