# SPDX-License-Identifier: GPL-3.0-or-later
"""The receipt beside a take: what produced it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..names import REHEARSAL
from ..planning.prompt import labels
from ..storage import put_in_place, unwritable
from ..values.job import Job
from ..values.serialization import to_json

ROW = "row"
"""Where a receipt holds the row of its job, from which a damaged journal is made again."""


def receipt(job: Job) -> dict[str, Any]:
    """What produced the take of `job`: model, prompt, references, request, price, times; and the journal's row.

    Plain JSON values.
    """
    rehearsed = job.service == REHEARSAL
    named = zip(labels([each.kind for each in job.order.references]), job.order.references, strict=True)
    return {
        "job": job.id,
        "rehearsal": rehearsed,
        "service": job.service,
        "model": job.order.model,
        "endpoint": job.model.endpoint,
        "request_id": job.request_id,
        "prompt": job.order.prompt,
        "references": [{"token": name, "images": list(each.images)} for name, each in named],
        "sound": job.order.sound.value,
        "price_usd_estimated": str(job.price),
        "shot": to_json(job.shot),
        "sent": {**to_json(job.plan), "seconds": str(job.sent.frames / job.plan.fps)},
        "part": job.part + 1,
        "take": to_json(job.take),
        "notes": list(job.notes),
        "stages": [
            {"state": stage.state.value, "at": datetime.fromtimestamp(stage.at, UTC).isoformat()}
            for stage in job.stages
        ],
        ROW: to_json(job),
    }


def receipt_path(take: str) -> Path:
    """The receipt that belongs to the take at `take`."""
    return Path(take).with_suffix(".json")


def write_receipt(job: Job) -> None:
    """Write the receipt beside the take, whole or not at all. Raises StorageError."""
    if job.take is None:
        return
    path = receipt_path(job.take.path)
    part = path.with_suffix(".json.part")
    try:
        # A path that is no Unicode has lone surrogates in it, which only JSON's own escapes can hold.
        text = json.dumps(receipt(job), indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace")
        part.write_bytes(text + b"\n")
        put_in_place(part, path)
    except OSError as error:
        raise unwritable(path.parent, error) from error
