# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job's row keeps of the model that it is sent to, so that it outlives the table of models."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SentModel:
    """What is needed once a request has left. Its price is in the plan, and its id in the order.

    endpoint: the service's name for it, empty where nobody knows any more. label: the name that editors read. file_at:
    where the file is in its answer, see `models.answer`.
    """

    endpoint: str = ""
    label: str = ""
    file_at: tuple[str, ...] = ()
