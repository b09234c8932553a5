# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes on disk: where they go, what they are called, what a result turned out to be, and the receipt beside them.

Nothing is ever overwritten. Putting a take into the timeline is the business of `timeline.place`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from ..errors import DownloadError, Paid, StorageError
from ..media import mp4
from ..models.kling import MODELS
from ..names import REHEARSAL
from ..planning.prompt import labels
from ..values.job import Job, State, Take
from ..values.serialization import to_plain
from ..words import say
from . import landing

_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]')
_LONGEST_NAME = 120
"""Bytes of a strip's name in a file's: what is added and most file systems' 255 leave room for it."""


def path_for(job: Job, folder: Path) -> Path:
    """`<strip>_take<NN>_<job8>.mp4` in `folder`, NN being one more than the strip's takes there so far."""
    name = job.shot.name if len(job.plan.parts) == 1 else f"{job.shot.name}_part{job.part + 1}"
    name = name.encode("utf-8", "replace")[:_LONGEST_NAME].decode("utf-8", "ignore")
    name = _UNSAFE.sub("_", name).strip(" .") or "shot"
    mine = f"_{job.id[:8]}.mp4"
    pattern = re.compile(re.escape(name) + r"_take(\d+)_[0-9a-f]{8}\.mp4")
    highest = 0
    try:
        # Not what it is in: a disk that is gone is not to be made up for on another one.
        folder.mkdir(exist_ok=True)
        for entry in os.listdir(folder):
            found = pattern.fullmatch(entry)
            if found:
                if entry.endswith(mine):
                    return folder / entry
                highest = max(highest, int(found[1]))
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder / f"{name}_take{highest + 1:02d}{mine}"


def land(job: Job, result: Path, target: Path) -> tuple[Take, tuple[str, ...]]:
    """Look into the downloaded `result`, give it the rate it needs to lie on the shot, and put it at `target`.

    The take, and what was done, in words. `result` stays as it came, so that it can be done again. Raises DownloadError
    where it is not a video, StorageError where the folder cannot be written.
    """
    try:
        video = mp4.probe(result)
    except (OSError, mp4.Unreadable) as error:
        raise DownloadError(
            say("The result is not a video that can be read: {error}.", error=error),
            say("Retry fetches it again without paying again."),
            paid=Paid.YES,
        ) from error
    notes: list[str] = []
    frames, fps, begins, right = video.frames, video.fps, None, result
    try:
        if not video.even:
            frames, fps, begins = landing.pace(mp4.presented(result))
        laid = landing.land(job.shot, job.plan, job.sent, frames, fps, begins)
        right, rotation = _put_right(result, video, laid.play_fps, job.plan.fps)
    except mp4.Unreadable as error:
        notes.append(say("The result's rate could not be changed: {error}", error=error))
        laid, rotation = landing.land(job.shot, job.plan, job.sent, frames, fps, begins), 0
    except OSError as error:
        raise _unwritable(result.parent, error) from error
    if rotation:
        notes.append(say("The result says that it has to be turned by {degrees}°: turned", degrees=rotation))
    fit, cut_off = landing.fit(job.shot, video.width, video.height)
    try:
        if not target.exists():
            _put(right, target)
    except OSError as error:
        raise _unwritable(target.parent, error) from error
    take = Take(
        path=str(target),
        width=video.width,
        height=video.height,
        frames=frames,
        fps=fps,
        sound=video.sound,
        play_fps=laid.play_fps,
        runs=laid.runs,
        fit=fit,
        rotation=rotation,
    )
    return take, (*laid.notes, *notes, *cut_off)


def is_gone(job: Job) -> bool:
    """Whether what came is not on disk any more, though it was here and the service may still have it."""
    landed = job.state in (State.LANDED, State.PLACED)
    return landed and job.ticket is not None and job.take is not None and not os.path.isfile(job.take.path)


def _put_right(result: Path, video: mp4.Video, play_fps: Fraction | None, usual: Fraction) -> tuple[Path, int]:
    """The file with the rate that it has to play at, and with what makes every Blender show the same of it: `result`,
    or a copy beside it. Degrees by which it has still to be turned: whether Blender does that by itself depends on its
    version.

    usual: the rate where each file frame is shown for a frame of the timeline.
    """
    right = result.with_name(RIGHT)
    if not video.even:
        mp4.even(result, right, play_fps or usual, keep_sound=True)
        return right, video.rotation
    if play_fps is not None and play_fps != video.fps:
        mp4.relabel(result, right, play_fps, keep_sound=True)
        return right, 0
    return result, 0


RIGHT = "right.mp4"
"""A result that was put right, beside it."""

ROW = "row"
"""Where a receipt holds the row of its job, from which a damaged journal is made again."""


def receipt(job: Job) -> dict[str, Any]:
    """What produced the take of `job`: model, prompt, references, request, price, times; and the journal's row.

    Plain JSON values.
    """
    model = MODELS[job.order.model]
    rehearsed = job.service == REHEARSAL
    named = zip(labels([each.kind for each in job.order.references]), job.order.references, strict=True)
    return {
        "job": job.id,
        "rehearsal": rehearsed,
        "service": job.service,
        "model": model.id,
        "endpoint": model.endpoint,
        "request_id": job.request_id,
        "prompt": job.order.prompt,
        "references": [{"token": name, "images": list(each.images)} for name, each in named],
        "sound": job.order.sound.value,
        "price_usd_estimated": str(job.price),
        "shot": to_plain(job.shot),
        "sent": {**to_plain(job.plan), "seconds": str(job.sent.frames / job.plan.fps)},
        "part": job.part + 1,
        "take": to_plain(job.take),
        "notes": list(job.notes),
        "stages": [
            {"state": stage.state.value, "at": datetime.fromtimestamp(stage.at, UTC).isoformat()}
            for stage in job.stages
        ],
        ROW: to_plain(job),
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
        os.replace(part, path)
    except OSError as error:
        raise _unwritable(path.parent, error) from error


def check_room(folder: Path, needed: int) -> None:
    """Refuse a folder that cannot be written or has less than `needed` bytes left. Raises StorageError, naming it."""
    try:
        folder.mkdir(exist_ok=True)
        probe = folder / f".reshoot-{os.getpid()}"
        probe.touch()
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise _unwritable(folder, error) from error
    if free < needed:
        raise StorageError(
            say(
                "{folder} has {free:.0f} MB left; this shot needs about {needed:.0f} MB.",
                folder=folder,
                free=free / 1_000_000,
                needed=needed / 1_000_000,
            ),
            say("Free some room, or save the project on another disk."),
        )


def _put(source: Path, target: Path) -> None:
    """Have `source` at `target` too, whole or not at all: the same bytes where both are on one disk, else a copy."""
    part = target.with_name(target.name + ".part")
    # It may be one with the source, which must not be written over.
    part.unlink(missing_ok=True)
    try:
        os.link(source, part)
    except OSError:
        # Another disk, or one that has no links.
        with source.open("rb") as whole, part.open("xb") as copy:
            shutil.copyfileobj(whole, copy)
            copy.flush()
            os.fsync(copy.fileno())
    os.replace(part, target)


def _unwritable(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        say("The folder {folder} cannot be written: {error}.", folder=folder, error=error.strerror or error),
        say("Make it writable or free some room, then try again."),
    )
