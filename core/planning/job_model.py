# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of a job: what its row keeps of it, and what only the table of models has.

A row that was submitted needs no table. One that was not yet does: nothing is sent to a model whose limits and price
nobody knows any more.
"""

from __future__ import annotations

from dataclasses import replace

from ..errors import ModelUnknown
from ..models.model import Model
from ..models.table import MODELS
from ..values.job import Job
from ..values.sent_model import SentModel
from ..words import say


def kept(model: Model) -> SentModel:
    """What a row keeps of `model`."""
    return SentModel(model.endpoint, model.label, model.file_at)


def with_model(job: Job) -> Job:
    """`job` as it is read: a row of Reshoot 0.1.0 keeps nothing of its model, and gets it from the table if it can."""
    if job.model.endpoint or job.order.model not in MODELS:
        return job
    return replace(job, model=kept(MODELS[job.order.model]))


def model_of(job: Job) -> Model:
    """The model of a job that was not submitted yet. Raises ModelUnknown where the table has lost it."""
    model = MODELS.get(job.order.model)
    if model is None:
        raise ModelUnknown(
            say("“{model}” is no longer among the models of Reshoot.", model=job.model.label or job.order.model),
            say("Nothing was charged: choose another model and send the shot again."),
        )
    return model
