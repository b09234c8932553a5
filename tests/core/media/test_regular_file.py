# SPDX-License-Identifier: GPL-3.0-or-later
"""What is no file is never opened: a pipe would be waited for, a device may be anything."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from reshoot.core.errors import ReferenceInvalid, ShotError
from reshoot.core.media import alpha, bare_image, image, mp4
from reshoot.core.media.regular_file import NotAFile, regular_file
from reshoot.core.models.kling import KLING_O1_EDIT
from reshoot.core.planning import footage, references
from reshoot.core.service.streams import Body
from reshoot.core.values.choices import ReferenceKind
from reshoot.core.values.shot import Reference, ShownFile

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="made of what only POSIX has")


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


KINDS: dict[str, Callable[[Path], object]] = {
    "pipe": lambda path: os.mkfifo(path),
    "socket": a_socket,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "folder": Path.mkdir,
}


@pytest.fixture(params=KINDS)
def odd(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # a socket's address is short
    path = Path("odd.png")
    KINDS[request.param](path)
    return path


def test_it_is_refused_at_once_wherever_a_file_is_opened(odd: Path) -> None:
    for use in (regular_file, image.probe, bare_image.bare, Body):
        with pytest.raises(NotAFile):
            use(odd)
    assert alpha.probe(odd) is False
    for read in (mp4.probe, mp4.intact, mp4.presented):
        with pytest.raises(mp4.Unreadable, match="not a file"):
            read(odd)


def test_a_reference_and_a_strip_of_it_are_refused_by_name(odd: Path) -> None:
    with pytest.raises(ReferenceInvalid, match=r"“odd.png” \(@Image1\) cannot be read: it is not a file"):
        references.check_files([Reference(ReferenceKind.IMAGE, (str(odd),))], KLING_O1_EDIT.limits)
    with pytest.raises(ShotError, match="“Strip”"):
        footage.check_files((ShownFile("Strip", (str(odd),)),))


def test_what_lies_where_no_editor_keeps_images_is_told_with_its_path(tmp_path: Path) -> None:
    home = Path("/home/ann/.config/blender/reshoot")
    usual = ["/home/ann/film/a.png", "/Volumes/Footage/a.jpg", "/mnt/nas/a.png", str(home / "snapshot.png")]
    elsewhere = ["/home/ann/.ssh/id.png", "/etc/secret.png", "/home/ann/film/../.cache/a.png", "/Users/a/Library/x.jpg"]
    sent = [Reference(ReferenceKind.ELEMENT, (*usual, *elsewhere))]
    assert references.from_elsewhere(sent, home) == [os.path.normpath(path) for path in elsewhere]
