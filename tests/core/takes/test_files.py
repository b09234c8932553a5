# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes on disk: never overwritten, at the rate that fits the shot, with the receipt that tells what made them."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rehearsal_render import make_clip
from reshoot.core.errors import DownloadError, Paid, StorageError
from reshoot.core.media import mp4
from reshoot.core.takes import files
from reshoot.core.takes.files import check_room, check_writable, path_for
from reshoot.core.takes.receipt import receipt, receipt_path, settled, write_receipt
from reshoot.core.takes.result import keep, land
from reshoot.core.values.choices import ReferenceKind, Sound, Timing
from reshoot.core.values.job import Job, Stage
from reshoot.core.values.request import Ticket, Upload
from reshoot.core.values.serialization import from_json
from reshoot.core.values.shot import Reference
from reshoot.core.values.state import State
from sample_jobs import a_job, a_shot

on_windows_alone = pytest.mark.skipif(sys.platform != "win32", reason="made of what only Windows has")


def landed(job: Job, result: Path, folder: Path) -> tuple[Job, tuple[str, ...]]:
    """`job` with `result` as its take in `folder`, and the notes."""
    take, notes = land(job, result, path_for(job, folder))
    return replace(job, take=take, notes=(*job.notes, *notes)), notes


# Names


def test_takes_of_a_strip_are_numbered(tmp_path: Path) -> None:
    jobs = [a_job() for _ in range(3)]
    for number, job in enumerate(jobs, 1):
        path = path_for(job, tmp_path)
        assert path == tmp_path / f"Forest_take{number:02d}_{job.id[:8]}.mp4"
        path.touch()
    assert path_for(jobs[1], tmp_path).name == f"Forest_take02_{jobs[1].id[:8]}.mp4", "a job has one take"
    other = a_job(a_shot(name="Forest_take01"))
    assert path_for(other, tmp_path).name == f"Forest_take01_take01_{other.id[:8]}.mp4"


def test_a_take_has_the_number_that_it_has_in_its_shot(tmp_path: Path) -> None:
    jobs = [replace(a_job(), number=number) for number in (3, 1, 3)]
    names = []
    for job in jobs:
        path_for(job, tmp_path).touch()
        names.append(path_for(job, tmp_path).name.split("_")[1])
    # Another shot of the same name may have it already.
    assert names == ["take03", "take01", "take04"]


def test_a_number_is_not_used_again_when_an_earlier_take_is_removed(tmp_path: Path) -> None:
    first, second, third = (a_job() for _ in range(3))
    path_for(first, tmp_path).touch()
    path_for(second, tmp_path).touch()
    path_for(first, tmp_path).unlink()
    assert "_take03_" in path_for(third, tmp_path).name


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a/b\\c:d", "a_b_c_d"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("Wald & Wiese.001", "Wald & Wiese.001"),
        ("tab\tnew\nline\0", "tab_new_line_"),
        (" . ", "shot"),
        ("", "shot"),
        ("x" * 200, "x" * 120),
        ("CON.mp4", "_CON.mp4"),
        ("nul .mov", "_nul .mov"),
        ("com¹.take", "_com¹.take"),
        ("Console.mp4", "Console.mp4"),
    ],
)
def test_a_strips_name_becomes_a_files(tmp_path: Path, name: str, written: str) -> None:
    path = path_for(a_job(a_shot(name=name)), tmp_path)
    assert path.parent == tmp_path and path.name.startswith(f"{written}_take01_")


@given(name=st.text(max_size=80))
@example(name="🎬" * 63)
@example(name="con")
@example(name="Wald\udce4\ud83d")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_every_name_can_be_written(tmp_path: Path, name: str) -> None:
    path = path_for(a_job(a_shot(name=name)), tmp_path / "takes")
    assert path.parent == tmp_path / "takes"
    path.touch()
    path.unlink()


# Landing


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the service makes of 72 frames."""
    return make_clip(tmp_path_factory.mktemp("results") / "result.mp4")


@pytest.fixture
def fresh(result: Path, tmp_path: Path):
    """Copies of the result, each at the same place."""

    def copy() -> Path:
        path = tmp_path / "job" / "result.mp4"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(result.read_bytes())
        return path

    return copy


@pytest.mark.parametrize("fps", [Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30)])
def test_a_result_of_every_frame_is_kept_to_the_byte(tmp_path: Path, fresh, result: Path, fps: Fraction) -> None:
    job = a_job(a_shot(fps=fps))
    came = fresh()
    job, notes = landed(job, came, tmp_path / "takes")
    assert job.take
    assert Path(job.take.path).read_bytes() == result.read_bytes()
    assert (job.take.frames, job.take.fps, job.take.play_fps, job.take.sound) == (72, 24, None, False)
    assert (job.take.width, job.take.height) == (720, 720)
    assert notes == () and came.read_bytes() == result.read_bytes()


def test_a_result_in_real_time_plays_at_its_own_rate(tmp_path: Path, fresh, result: Path) -> None:
    job, notes = landed(a_job(a_shot(fps=Fraction(50), frames=150)), fresh(), tmp_path / "takes")
    assert job.take and job.take.play_fps == 24
    assert Path(job.take.path).read_bytes() == result.read_bytes()
    assert notes == ("72 frames at 24 fps laid over 150 frames",)


def test_a_result_at_an_unforeseen_rate_is_given_the_one_that_fits(tmp_path: Path) -> None:
    came = make_clip(tmp_path / "came.mp4", fps=Fraction(30), frames=90)
    job, notes = landed(a_job(a_shot(fps=Fraction(25))), came, tmp_path / "takes")
    assert job.take and job.take.play_fps == Fraction(125, 4)
    video = mp4.probe(job.take.path)
    assert (video.frames, video.fps) == (90, Fraction(125, 4))
    # 90 frames at this rate last as long as the shot's 72 at 25 fps.
    assert video.seconds == Fraction(72, 25)
    assert notes


def test_a_result_a_frame_short_is_told(tmp_path: Path) -> None:
    came = make_clip(tmp_path / "came.mp4", frames=71)
    job, notes = landed(a_job(), came, tmp_path / "takes")
    assert job.take and (job.take.frames, job.take.play_fps) == (71, None)
    assert notes == ("The result has 71 frames for 72", "The result is too short, its last frame held: 1 frames")


def test_a_result_of_uneven_frames_is_evened_out(tmp_path: Path) -> None:
    came = _uneven(tmp_path / "came.mp4")
    assert not mp4.probe(came).constant
    job, notes = landed(a_job(a_shot(fps=Fraction(25), frames=75)), came, tmp_path / "takes")
    assert job.take
    video = mp4.probe(job.take.path)
    assert video.even and (video.frames, video.fps) == (90, job.take.play_fps)
    assert any("evened out" in note for note in notes)
    assert not mp4.probe(came).constant, "it stays as it came"


def test_what_cannot_be_put_right_comes_in_as_it_is(tmp_path: Path) -> None:
    came = _uneven(tmp_path / "came.mp4")
    content = came.read_bytes().replace(b"stsz", b"stz2")
    came.write_bytes(content)
    job, notes = landed(a_job(a_shot(fps=Fraction(25))), came, tmp_path / "takes")
    assert job.take and Path(job.take.path).read_bytes() == content
    assert any("rate could not be changed" in note for note in notes)


def _uneven(path: Path) -> Path:
    """90 frames, each second one lasting twice as long."""
    with av.open(str(path), "w", format="mp4") as target:
        stream = target.add_stream("libx264", rate=30, options={"preset": "ultrafast"})
        stream.width = stream.height = 720
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 90)
        for n in range(90):
            frame = av.VideoFrame.from_ndarray(numpy.full((720, 720, 3), 2 * n, numpy.uint8), format="rgb24")
            frame.pts, frame.time_base = n * 3 + n % 2, Fraction(1, 90)
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
    return path


@pytest.mark.parametrize("content", [b"", b"<html>busy</html>", b"\0\0\0\x10ftypisom\0\0\0\0"])
def test_what_is_no_video_is_told_and_costs_nothing_more(tmp_path: Path, content: bytes) -> None:
    came = tmp_path / "came.mp4"
    came.write_bytes(content)
    with pytest.raises(DownloadError, match="not a video") as failure:
        landed(a_job(), came, tmp_path / "takes")
    assert failure.value.paid is Paid.YES
    assert "without paying again" in failure.value.remedy
    assert list((tmp_path / "takes").iterdir()) == []


@pytest.mark.parametrize("uneven", [False, True])
def test_a_take_that_is_there_is_not_overwritten(tmp_path: Path, fresh, uneven: bool) -> None:
    """As after a crash between writing the take and writing so into the journal."""
    job = a_job(a_shot(fps=Fraction(25)))
    target = path_for(job, tmp_path / "takes")
    target.write_bytes(b"an earlier take")
    take, _ = land(job, _uneven(tmp_path / "came.mp4") if uneven else fresh(), target)
    assert take.path == str(target)
    assert target.read_bytes() == b"an earlier take"
    assert [path.name for path in target.parent.iterdir()] == [target.name]


@pytest.mark.parametrize("name", ["Forest " * 30, "\N{EVERGREEN TREE}" * 100, "x" * 200])
def test_the_path_of_a_take_fits_into_what_windows_can_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(files, "_WINDOWS", True)
    deep = tmp_path / ("d" * 100)
    deep = deep / ("e" * (209 - len(str(deep)) - 1))
    deep.mkdir(parents=True)
    check_writable(deep)
    path = path_for(a_job(a_shot(name=name)), deep)
    longest = path.with_name(f"{path.stem}_at30000-1001.part")
    assert len(str(longest).encode("utf-16-le")) // 2 < 260
    assert path.name.startswith(name[:3])
    longest.touch()


def test_two_presses_may_try_one_folder_at_one_time(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        for _refused in pool.map(lambda _number: check_writable(tmp_path), range(2000)):
            pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("check", [check_writable, lambda folder: check_room(folder, 1)])
def test_a_folder_whose_path_is_too_long_for_windows_is_refused_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: Callable[[Path], None]
) -> None:
    monkeypatch.setattr(files, "_WINDOWS", True)
    deep = tmp_path / ("d" * 110) / ("e" * 110)
    with pytest.raises(StorageError, match=r"has \d+ characters; at most 211 leave room") as refusal:
        check(deep)
    assert str(deep) in refusal.value.message and "shorter path" in refusal.value.remedy
    assert not deep.exists()


def test_reshoots_own_folder_is_refused_with_a_remedy_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saving the project elsewhere changes nothing about it."""
    monkeypatch.setattr(files, "_WINDOWS", True)
    home = tmp_path / "d"
    home = home.with_name("d" * (136 - len(str(tmp_path)) - 1))
    check_room(home, 1, own=True)
    job = home / "jobs" / ("0" * 32)
    assert len(str(job / "tmp01234567" / "result" / f"result-{uuid.uuid4()}.mp4" / "proxy_25_part.avi")) < 260
    with pytest.raises(StorageError, match=r"has 137 characters; at most 136 leave room") as refusal:
        check_room(home.with_name(home.name + "d"), 1, own=True)
    assert "RESHOOT_HOME" in refusal.value.remedy and "project" not in str(refusal.value)
    with pytest.raises(StorageError, match=r"MB left") as refusal:
        check_room(home, 10**18, own=True)
    assert "RESHOOT_HOME" in refusal.value.remedy and "project" not in str(refusal.value)


def test_a_character_that_windows_counts_twice_is_counted_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_WINDOWS", True)
    outer = tmp_path / ("🎬" * 30)
    left = 211 - len(str(tmp_path)) - 1 - 60 - 1
    folder = outer / ("🎬" * (left // 2))
    check_room(folder, 1, with_parents=True)
    with pytest.raises(StorageError, match=r"has 21[23] characters"):
        check_room(outer / ("🎬" * (left // 2 + 1)), 1)
    folder.mkdir(parents=True)
    path = path_for(a_job(a_shot(name="Forest " * 30)), folder)
    assert len(str(path).encode("utf-16-le")) // 2 < 260


def test_a_folder_whose_name_no_disk_takes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="x" * 300):
        check_room(tmp_path / ("x" * 300) / "takes", 1)


@pytest.mark.parametrize("name", ["Forest", "FOREST"])
def test_takes_of_strips_that_differ_in_letter_case_alone_do_not_meet(tmp_path: Path, name: str) -> None:
    """On Windows both names are one."""
    first = path_for(a_job(a_shot(name="forest")), tmp_path)
    first.write_bytes(b"first")
    second = path_for(a_job(a_shot(name=name)), tmp_path)
    second.write_bytes(b"second")
    assert first.read_bytes() == b"first" and len(list(tmp_path.iterdir())) == 2


@on_windows_alone
def test_what_came_can_be_removed_though_its_take_is_shown(tmp_path: Path) -> None:
    result = make_clip(tmp_path / "result.mp4")
    job, _notes = landed(a_job(), result, tmp_path / "takes")
    assert job.take
    with open(job.take.path, "rb"):
        result.unlink()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, fresh) -> None:
    (tmp_path / "takes").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="takes cannot be written") as failure:
        path_for(a_job(), tmp_path / "takes")
    assert failure.value.remedy
    with pytest.raises(StorageError, match="cannot be written"):
        land(a_job(), fresh(), tmp_path / "takes" / "a.mp4")
    assert (tmp_path / "job" / "result.mp4").exists(), "what was paid for is still there"


# Receipts


def test_a_receipt_tells_what_made_the_take(tmp_path: Path, fresh) -> None:
    references = (
        Reference(ReferenceKind.ELEMENT, ("/films/a.png", "/films/b.png")),
        Reference(ReferenceKind.IMAGE, ("/films/c.png",)),
    )
    job = a_job(service="fal", prompt="@Image1 and @Element1 im Wald", references=references)
    job = replace(
        job,
        state=State.LANDED,
        ticket=Ticket("abc-1", "https://s", "https://r", "https://c"),
        stages=(Stage(State.PREPARED, 0.0), Stage(State.LANDED, 90.5)),
    )
    job, _ = landed(job, fresh(), tmp_path / "takes")
    write_receipt(job)
    assert job.take
    path = Path(job.take.path).with_suffix(".json")
    assert receipt_path(job.take.path) == path
    text = path.read_text(encoding="utf-8")
    told = json.loads(text)
    assert (told["model"], told["request_id"], told["prompt"]) == (
        "KLING_O1_EDIT",
        "abc-1",
        "@Image1 and @Element1 im Wald",
    )
    assert told["endpoint"] == "fal-ai/kling-video/o1/video-to-video/edit"
    assert told["references"] == [
        {"token": "@Element1", "images": ["a.png", "b.png"]},
        {"token": "@Image1", "images": ["c.png"]},
    ]
    assert (told["price_usd_estimated"], told["rehearsal"], told["sound"]) == ("0.50", False, "TIMELINE")
    assert told["shot"]["frames"] == 72 and told["sent"]["seconds"] == "3" and told["take"]["frames"] == 72
    times = [(stage["state"], datetime.fromisoformat(stage["at"]).timestamp()) for stage in told["stages"]]
    assert times == [("PREPARED", 0.0), ("LANDED", 90.5)]
    assert sorted(entry.name for entry in path.parent.iterdir()) == sorted([path.name, Path(job.take.path).name])


def test_a_rehearsal_cost_nothing_and_says_so(tmp_path: Path, fresh) -> None:
    job, _ = landed(a_job(sound=Sound.SILENT, timing=Timing.EVERY_FRAME), fresh(), tmp_path)
    told = receipt(job)
    assert (told["rehearsal"], told["price_usd_estimated"]) == (True, "0")


def test_a_receipt_that_cannot_be_written_is_told(tmp_path: Path, fresh) -> None:
    job, _ = landed(a_job(), fresh(), tmp_path / "takes")
    assert job.take
    receipt_path(job.take.path).mkdir()
    with pytest.raises(StorageError, match="takes cannot be written"):
        write_receipt(job)


def test_a_receipt_holds_paths_that_are_no_unicode(tmp_path: Path, fresh) -> None:
    job, _ = landed(a_job(a_shot(project="/films/\udce4.blend")), fresh(), tmp_path / "takes")
    write_receipt(job)
    assert job.take
    told = json.loads(receipt_path(job.take.path).read_text(encoding="utf-8"))
    assert told["shot"]["project"] == "\udce4.blend"


def test_a_receipt_tells_nobody_where_uploads_lie_nor_what_folders_are_called(tmp_path: Path, fresh) -> None:
    project, clip = tmp_path / "show" / "cut.blend", tmp_path / "home" / "clip.mp4"
    project.parent.mkdir()
    references = (Reference(ReferenceKind.IMAGE, (str(tmp_path / "private" / "c.png"),)),)
    job = a_job(
        a_shot(project=str(project)), service="fal", file=project.with_name("forest.mp4"), references=references
    )
    strips = tuple(replace(strip, filepath=job.shot.file) for strip in job.shot.strips)
    job, _ = landed(replace(job, shot=replace(job.shot, strips=strips)), fresh(), project.parent / "reshoot")
    uploads = (Upload(str(clip), "https://uploads.example/clip"),)
    notes = (f"The folder {Path.home() / 'films'} cannot be written.",)
    job = replace(
        job,
        state=State.PLACED,
        clip=str(clip),
        uploads=uploads,
        lost_url="https://uploads.example/clip",
        prepared=job.order.references,
        notes=notes,
    )
    write_receipt(job)
    assert job.take
    path = receipt_path(job.take.path)
    text = path.read_text(encoding="utf-8")
    assert not [told for told in (str(tmp_path), str(Path.home()), "uploads.example") if told in text]
    back = settled(from_json(Job, json.loads(text)["row"]), path)
    assert (back.project, back.shot, back.take) == (job.project, job.shot, job.take)
    moved = path.parent.rename(tmp_path / "reshoot") / path.name
    assert settled(from_json(Job, json.loads(text)["row"]), moved).project == str(tmp_path / "cut.blend")


# Room


def test_a_folder_with_room_is_taken_and_nothing_is_made(tmp_path: Path) -> None:
    check_room(tmp_path / "takes", 1)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_files_is_made_and_left_empty(tmp_path: Path) -> None:
    check_writable(tmp_path / "takes")
    assert list((tmp_path / "takes").iterdir()) == []


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "takes").touch()
    for check in (lambda folder: check_room(folder, 1), check_writable):
        with pytest.raises(StorageError, match="takes cannot be written"):
            check(tmp_path / "takes")


def test_a_folder_whose_disk_is_gone_is_not_made_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="takes cannot be written"):
        check_room(tmp_path / "net" / "takes", 1)
    with pytest.raises(StorageError, match="takes cannot be written"):
        path_for(a_job(), tmp_path / "net" / "takes")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_is_told_with_numbers(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"has \d+ MB left; about 1000000000000 MB are needed") as refusal:
        check_room(tmp_path, 10**18)
    assert str(tmp_path) in refusal.value.message and refusal.value.remedy


@pytest.mark.skipif(sys.platform == "win32", reason="made of what only POSIX has")
def test_a_folder_that_takes_no_file_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(StorageError, match="/proc/reshoot"):
        check_writable(Path("/proc/reshoot"))


def test_what_came_and_is_no_video_is_kept_as_it_came(tmp_path: Path) -> None:
    result = tmp_path / "result.mp4"
    result.write_bytes(b"no video")
    kept = keep(a_job(), result, tmp_path / "takes")
    assert kept.read_bytes() == result.read_bytes() == b"no video"
    assert keep(a_job(), result, tmp_path / "takes") != kept


@pytest.mark.parametrize("job_id", ["", "..", "../../etc", "A" * 32, "0" * 31, "0" * 33, "0" * 31 + "\n"])
def test_no_path_is_made_of_an_id_that_is_none(tmp_path: Path, job_id: str) -> None:
    with pytest.raises(StorageError, match="no job's id"):
        path_for(replace(a_job(), id=job_id), tmp_path)
