# SPDX-License-Identifier: GPL-3.0-or-later
"""The images that are sent along: how many, how large, in which format; and their conversion where that must be.

Which strips became references is the timeline's business; how the prompt mentions them is `prompt`'s.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path, PurePath

from ..errors import ReferenceInvalid
from ..media import image
from ..models.model import Limits, within
from ..values.choices import ReferenceKind
from ..values.shot import Reference
from ..words import say
from .prompt import labels

_OF_PROGRAMS = {"appdata", "application data", "library"}
_OF_THE_SYSTEM = {"boot", "dev", "etc", "proc", "root", "run", "sys", "usr", "var", "windows", "programdata"}
"""Folders on top of a disk."""


def check_count(references: Sequence[Reference], limits: Limits) -> None:
    """Refuse too many references, and elements without or with too many further views. Raises ReferenceInvalid."""
    if len(references) > limits.max_references:
        raise ReferenceInvalid(
            say(
                "There are {count} references; images and elements together may be at most {limit}.",
                count=len(references),
                limit=limits.max_references,
            ),
            say("Remove {count} of them.", count=len(references) - limits.max_references),
        )
    _check_kind(references, ReferenceKind.IMAGE, limits.max_images)
    _check_kind(references, ReferenceKind.ELEMENT, limits.max_elements)
    for name, reference in zip(labels([each.kind for each in references]), references, strict=True):
        views = len(reference.images) - 1
        if reference.kind is ReferenceKind.ELEMENT and not (
            limits.min_element_views <= views <= limits.max_element_views
        ):
            raise ReferenceInvalid(
                say(
                    "{token} has {count} further views; an element needs {least} to {most} beside its frontal view.",
                    token=name,
                    count=views,
                    least=limits.min_element_views,
                    most=limits.max_element_views,
                ),
                say("Add a view of the same thing from another side, or make it an image.")
                if views < limits.min_element_views
                else say("Remove {count} of them.", count=views - limits.max_element_views),
            )


def _check_kind(references: Sequence[Reference], kind: ReferenceKind, most: int | None) -> None:
    count = sum(each.kind is kind for each in references)
    if most is None or count <= most:
        return
    if kind is ReferenceKind.IMAGE:
        message = say("There are {count} images; the model takes at most {limit}.", count=count, limit=most)
    else:
        message = say("There are {count} elements; the model takes at most {limit}.", count=count, limit=most)
    raise ReferenceInvalid(message, say("Remove {count} of them.", count=count - most))


def from_elsewhere(references: Sequence[Reference], home: Path) -> list[str]:
    """Images that lie where an editor keeps none: in hidden folders, and in those of the system. Asks no disk.

    A project from somebody else may name them. home: the extension's own folder, where snapshots are.
    """
    found = []
    for path in dict.fromkeys(path for each in references for path in each.images):
        place = PurePath(os.path.normpath(path))
        folders = [part.lower() for part in place.parts[:-1]]
        hidden = any(part.startswith(".") for part in place.parts) or not _OF_PROGRAMS.isdisjoint(folders)
        of_system = len(folders) > 1 and folders[1] in _OF_THE_SYSTEM
        if (hidden or of_system) and not place.is_relative_to(home):
            found.append(str(place))
    return found


def check_files(references: Sequence[Reference], limits: Limits) -> None:
    """Refuse images that are missing, unreadable or outside the limits, as far as their file tells.

    Formats that are converted are measured after the conversion. Raises ReferenceInvalid, naming the file.
    """
    for name, reference in zip(labels([each.kind for each in references]), references, strict=True):
        for path in reference.images:
            found = probe_image(Path(path), name)
            if found is not None:
                check_image(found, Path(path).name, name, limits)


def probe_image(path: Path, name: str) -> image.Picture | None:
    """What the header of a PNG or JPEG tells, None where it is neither. Raises ReferenceInvalid, naming `name`."""
    try:
        return image.probe(path)
    except OSError as error:
        raise ReferenceInvalid(
            say("“{file}” ({token}) cannot be read: {error}.", file=path.name, token=name, error=error.strerror),
            say("Restore the file, or remove the reference."),
        ) from error


def check_image(found: image.Picture, file_name: str, name: str, limits: Limits) -> None:
    """Hold an image against the limits. Raises ReferenceInvalid, naming the file and the reference `name`."""
    if limits.max_image_bytes is not None and found.size > limits.max_image_bytes:
        raise ReferenceInvalid(
            say(
                "“{file}” ({token}) is {size:.1f} MB; at most {limit} MB are taken.",
                file=file_name,
                token=name,
                size=found.size / 1_000_000,
                limit=limits.max_image_bytes // 1_000_000,
            ),
            say("Save it smaller, or as JPEG."),
        )
    if limits.min_image_side is not None and min(found.width, found.height) < limits.min_image_side:
        raise ReferenceInvalid(
            say(
                "“{file}” ({token}) is {width}×{height}; each side must be at least {least} pixels.",
                file=file_name,
                token=name,
                width=found.width,
                height=found.height,
                least=limits.min_image_side,
            ),
            say("Choose a larger image."),
        )
    aspect = Fraction(found.width, found.height)
    if not within(aspect, limits.min_image_aspect, limits.max_image_aspect):
        raise ReferenceInvalid(
            say(
                "“{file}” ({token}) has the aspect {aspect:.3f} (width by height); {least:.2f} to {most:.2f} is taken: "
                "it is too {shape}.",
                file=file_name,
                token=name,
                aspect=float(aspect),
                least=float(limits.min_image_aspect or 0),
                most=float("inf" if limits.max_image_aspect is None else limits.max_image_aspect),
                shape=say("long") if aspect > 1 else say("tall"),
            ),
            say("Crop it."),
        )
