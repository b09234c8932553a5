# SPDX-License-Identifier: GPL-3.0-or-later
"""The images that are sent along: how many, how large, in which format; and their conversion where that must be.

Which strips became references is the timeline's business; how the prompt mentions them is `prompt`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from . import picture
from .blender_process import Blender
from .errors import ReferenceInvalid
from .models import Limits
from .prompt import labels
from .settings import ReferenceKind
from .shot import Reference


def check_count(references: Sequence[Reference], limits: Limits) -> None:
    """Refuse too many references, and elements without or with too many further views. Raises ReferenceInvalid."""
    if len(references) > limits.max_references:
        raise ReferenceInvalid(
            f"There are {len(references)} references; images and elements together may be at most "
            f"{limits.max_references}.",
            f"Remove {len(references) - limits.max_references} of them.",
        )
    for name, reference in zip(labels([each.kind for each in references]), references, strict=True):
        views = len(reference.images) - 1
        if reference.kind is ReferenceKind.ELEMENT and not (
            limits.min_element_views <= views <= limits.max_element_views
        ):
            raise ReferenceInvalid(
                f"{name} has {views} further views; an element needs {limits.min_element_views} to "
                f"{limits.max_element_views} beside its frontal view.",
                "Add a view of the same thing from another side, or make it an image."
                if views < limits.min_element_views
                else f"Remove {views - limits.max_element_views} of them.",
            )


def check_files(references: Sequence[Reference], limits: Limits) -> None:
    """Refuse images that are missing, unreadable or outside the limits, as far as their file tells.

    Formats that are converted are measured after the conversion. Raises ReferenceInvalid, naming the file.
    """
    for name, reference in zip(labels([each.kind for each in references]), references, strict=True):
        for path in reference.images:
            found = _probe(Path(path), name)
            if found is not None:
                _check_picture(found, Path(path).name, name, limits)


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
    wanted = [path for each in references for path in each.images if _probe(Path(path), "") is None]
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
            found = _probe(Path(path), name)
            if found is None:
                raise ReferenceInvalid(
                    f"“{Path(original).name}” ({name}) is not an image that can be read.",
                    "Choose a PNG or JPEG file.",
                )
            _check_picture(found, Path(original).name, name, limits)
    return ready


def _probe(path: Path, name: str) -> picture.Picture | None:
    try:
        return picture.probe(path)
    except OSError as error:
        raise ReferenceInvalid(
            f"“{path.name}” ({name}) cannot be read: {error.strerror}.", "Restore the file, or remove the reference."
        ) from error


def _check_picture(found: picture.Picture, file_name: str, name: str, limits: Limits) -> None:
    what = f"“{file_name}” ({name})"
    if found.size > limits.max_image_bytes:
        raise ReferenceInvalid(
            f"{what} is {found.size / 1_000_000:.1f} MB; at most {limits.max_image_bytes // 1_000_000} MB are taken.",
            "Save it smaller, or as JPEG.",
        )
    if min(found.width, found.height) < limits.min_image_side:
        raise ReferenceInvalid(
            f"{what} is {found.width}×{found.height}; each side must be at least {limits.min_image_side} pixels.",
            "Choose a larger image.",
        )
    aspect = Fraction(found.width, found.height)
    if not limits.min_image_aspect <= aspect <= limits.max_image_aspect:
        raise ReferenceInvalid(
            f"{what} has the aspect {float(aspect):.3f} (width by height); {float(limits.min_image_aspect):.2f} to "
            f"{float(limits.max_image_aspect):.2f} is taken: it is too {'long' if aspect > 1 else 'tall'}.",
            "Crop it.",
        )
