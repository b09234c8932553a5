# SPDX-License-Identifier: GPL-3.0-or-later
"""The images that are sent along, as files that the service takes: converted where that must be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ..blender_process import Blender
from ..errors import ReferenceInvalid
from ..models.model import Limits
from ..planning.prompt import labels
from ..planning.references import check_files, check_image, probe_image
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
    """The references as PNG or JPEG files inside the limits: those that are so already, and copies of the others.

    folder: where the copies go. Raises ReferenceInvalid, ExportError, StorageError or JobCancelled.
    """
    check_files(references, limits)
    wanted = [path for each in references for path in each.images if probe_image(Path(path), "") is None]
    converted: dict[str, str] = {}
    if wanted:
        targets = {path: str(folder / f"reference{n}.png") for n, path in enumerate(dict.fromkeys(wanted), 1)}
        blender.run(
            "render_images",
            {"images": [[path, target] for path, target in targets.items()]},
            folder,
            cancelled=cancelled,
        )
        converted = targets
    ready = tuple(replace(each, images=tuple(converted.get(path, path) for path in each.images)) for each in references)
    for name, before, after in zip(labels([each.kind for each in references]), references, ready, strict=True):
        for original, path in zip(before.images, after.images, strict=True):
            found = probe_image(Path(path), name)
            if found is None:
                raise ReferenceInvalid(
                    say("“{file}” ({token}) is not an image that can be read.", file=Path(original).name, token=name),
                    say("Choose a PNG or JPEG file."),
                )
            check_image(found, Path(original).name, name, limits)
    return ready
