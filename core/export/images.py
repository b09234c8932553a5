# SPDX-License-Identifier: GPL-3.0-or-later
"""The images that are sent along, as files that the service takes: without what is not seen, some converted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ..blender_process import Blender
from ..errors import ReferenceInvalid
from ..media import bare_image, image
from ..models.model import Limits
from ..planning.prompt import labels
from ..planning.references import check_files, check_image, probe_image
from ..storage import make_folder, unwritable
from ..values.shot import Reference
from ..words import say


def prepare(
    references: Sequence[Reference],
    folder: Path,
    blender: Blender,
    limits: Limits,
    *,
    cancelled: Callable[[], bool],
) -> tuple[Reference, ...]:
    """The references as PNG or JPEG files inside the limits, copies that hold the picture and nothing else.

    folder: where they go. Raises ReferenceInvalid, ExportError, StorageError or JobCancelled.
    """
    check_files(references, limits)
    every = dict.fromkeys(path for each in references for path in each.images)
    ready: dict[str, str] = {}
    wanted: dict[str, str] = {}
    for number, path in enumerate(every, 1):
        found = probe_image(Path(path), "")
        seen = _bare(Path(path)) if found is not None else None
        if found is None or seen is None:
            wanted[path] = str(folder / f"reference{number}.png")
        else:
            target = folder / f"reference{number}{image.SUFFIXES[found.format]}"
            _write(target, seen)
            ready[path] = str(target)
    if wanted:
        images = [[path, target] for path, target in wanted.items()]
        blender.run("render_images", {"images": images}, folder, cancelled=cancelled)
        for made in map(Path, wanted.values()):
            # Blender writes into a file where it was made, and when.
            seen = _bare(made)
            if seen is not None:
                _write(made, seen)
    ready |= wanted
    sent = tuple(replace(each, images=tuple(ready[path] for path in each.images)) for each in references)
    for name, before, after in zip(labels([each.kind for each in references]), references, sent, strict=True):
        for original, path in zip(before.images, after.images, strict=True):
            found = probe_image(Path(path), name)
            if found is None:
                raise ReferenceInvalid(
                    say("“{file}” ({token}) is not an image that can be read.", file=Path(original).name, token=name),
                    say("Choose a PNG or JPEG file."),
                )
            check_image(found, Path(original).name, name, limits)
    return sent


def _bare(path: Path) -> bytes | None:
    try:
        return bare_image.bare(path)
    except OSError:
        # Whether it is an image is told by who converts it, or measures it afterwards.
        return None


def _write(target: Path, content: bytes) -> None:
    try:
        make_folder(target.parent)
        target.write_bytes(content)
    except OSError as error:
        raise unwritable(target.parent, error) from error
