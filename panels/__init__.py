# SPDX-License-Identifier: GPL-3.0-or-later
"""What the editor sees: the “Reshoot” tab in the sequencer's sidebar. Draws what is known, computes nothing."""

from . import jobs, references, shot

CLASSES = (*shot.CLASSES, *references.CLASSES, *jobs.CLASSES)
