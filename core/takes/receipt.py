# SPDX-License-Identifier: GPL-3.0-or-later
"""The receipt beside a take: what produced it.

It travels with the project: where uploads lie, which anyone can fetch, and what folders are called on this computer
stay in the journal.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..names import REHEARSAL
from ..one_line import one_line
from ..planning.prompt import labels
from ..storage import discard, put_in_place, unwritable
from ..values.job import Job
from ..values.serialization import to_json
from ..values.state import State

_UP = "../"

ROW = "row"
"""Where a receipt holds the row of its job, from which a damaged journal is made again."""


def receipt(job: Job) -> dict[str, Any]:
    """What produced the take of `job`: model, prompt, references, request, price, times; and of the journal's row what
    may be seen by whoever gets the project: see `travelling`.

    Plain JSON values.
    """
    job = travelling(job)
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
        "number": job.number,
        "rating": job.rating.value,
        "note": job.note,
        "notes": list(job.notes),
        "stages": [
            {"state": stage.state.value, "at": datetime.fromtimestamp(stage.at, UTC).isoformat()}
            for stage in job.stages
        ],
        ROW: to_json(job),
    }


def travelling(job: Job) -> Job:
    """`job` without addresses of uploads, and with the files of its project as they are called from beside its take;
    of others the name alone. `settled` turns it back.
    """
    folder = Path(job.take.path).parent if job.take else None
    shot = job.shot
    strips = tuple(replace(strip, filepath=_from_beside(strip.filepath, folder)) for strip in shot.strips)
    project = _from_beside(shot.project, folder)
    shot = replace(shot, project=project, strips=strips, file=_from_beside(shot.file, folder))
    named = tuple(
        replace(each, images=tuple(_from_beside(path, folder) for path in each.images)) for each in job.order.references
    )
    return replace(
        job,
        project=_from_beside(job.project, folder),
        shot=shot,
        order=replace(job.order, references=named, warnings=tuple(map(_without_home, job.order.warnings))),
        take=job.take and replace(job.take, path=_from_beside(job.take.path, folder)),
        clip="",
        prepared=(),
        uploads=(),
        lost_url="",
        notes=tuple(map(_without_home, job.notes)),
        error=_without_home(job.error),
        remedy=_without_home(job.remedy),
    )


def settled(job: Job, receipt: Path) -> Job:
    """The row of a receipt as the journal may have it: an ended one, of a take that lies beside the receipt.

    The files that it names are looked for beside that. Nothing of it is sent anywhere. Raises ValueError where it is no
    such row: anybody may have written it.
    """
    take = receipt.with_suffix(".mp4")
    if job.state not in (State.LANDED, State.PLACED) or job.take is None or not take.is_file():
        raise ValueError("no ended job with a take")
    folder = receipt.parent
    strips = tuple(replace(strip, filepath=_to_path(strip.filepath, folder)) for strip in job.shot.strips)
    project = _to_path(job.shot.project, folder)
    return replace(
        job,
        project=_to_path(job.project, folder),
        shot=replace(job.shot, project=project, strips=strips, file=_to_path(job.shot.file, folder)),
        take=replace(job.take, path=str(take)),
        clip="",
        prepared=(),
        uploads=(),
        lost_url="",
        retry_to=None,
        cancelling=False,
        note=one_line(job.note),
    )


def _from_beside(path: str, folder: Path | None) -> str:
    """`path` as seen from the folder of takes, where it is in the project's; else its name. What is none stays."""
    if not os.path.isabs(path):
        return path
    if folder is not None and Path(path).is_relative_to(folder.parent):
        return _UP + Path(path).relative_to(folder.parent).as_posix()
    return os.path.basename(path)


def _to_path(path: str, folder: Path) -> str:
    """The same back. What leads elsewhere stays as it is."""
    if not path.startswith(_UP) or ".." in Path(path).parts[1:]:
        return path
    return str(folder.parent / path.removeprefix(_UP))


def _without_home(words: str) -> str:
    home = os.path.expanduser("~")
    return words.replace(home, "~") if len(home) > 1 else words


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
        discard(part)
        raise unwritable(path.parent, error) from error
