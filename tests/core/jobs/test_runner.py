# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs from the order to the placed take, with the real fal client against the rehearsal's server.

What is asserted everywhere: how many submissions arrived. One is what the editor asked for, whatever happens between.
The shots are movies that go out as the file they are, so no Blender is needed.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import gate as gates
import pytest
from gate import CANCEL, DOWNLOAD, RESULT, STATUS, SUBMIT, UPLOAD
from house import KEY, Desk, House, runner_threads, until
from patience import LONGEST
from PIL import Image
from rehearsal_render import make_clip, make_picture
from reshoot.core.blender_process import Blender
from reshoot.core.errors import Paid, PlacementError, StorageError
from reshoot.core.jobs import journal as journal_module
from reshoot.core.jobs import rows, settling
from reshoot.core.jobs import runner as runner_module
from reshoot.core.jobs import steps as steps_module
from reshoot.core.jobs.journal import Journal
from reshoot.core.lanes import Lane
from reshoot.core.media import mp4
from reshoot.core.money.budget import Budget
from reshoot.core.service import download, fal
from reshoot.core.takes.clean_up import same_for_all
from reshoot.core.takes.receipt import receipt_path
from reshoot.core.values.choices import Rating, ReferenceKind, Sound, Timing
from reshoot.core.values.job import Job
from reshoot.core.values.shot import Reference
from reshoot.core.values.state import State
from sample_jobs import a_job, a_shot

pytestmark = pytest.mark.usefixtures("in_haste")

MOST = 20 + 8
"""Status requests in a second: twenty, and those of ten threads which the machine was late with."""
HELPERS = Path(__file__).parents[2] / "helpers" / "core"
WHOLE_WAY = [
    State.PREPARED,
    State.EXPORTING,
    State.UPLOADING,
    State.SUBMITTING,
    State.WAITING,
    State.DOWNLOADING,
    State.LANDED,
    State.PLACED,
]


def close_while(desk: Desk, then: Callable[[], None]) -> None:
    """Close a desk, and do `then` when it has begun to close."""
    closing_thread = threading.Thread(target=desk.close)
    closing_thread.start()
    until(lambda: desk.runner.is_closing)
    then()
    closing_thread.join(LONGEST)
    assert not closing_thread.is_alive()


# The whole way


def test_a_shot_becomes_a_placed_take(house: House, movie: Path) -> None:
    house.stage.thorough = True
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    landed = desk.hear(job, State.LANDED)
    assert house.gate.count(SUBMIT) == 1
    assert landed.take and Path(landed.take.path).parent == house.folder / "takes" / "forest"
    assert Path(landed.take.path).name == f"Forest_take01_{job.id[:8]}.mp4"
    assert (landed.take.frames, landed.take.fps, landed.take.play_fps) == (72, 24, None)
    assert mp4.probe(landed.take.path).frames == 72
    assert landed.notes == ("Sent without encoding it again",)
    assert house.rows() == [("LANDED", landed.request_id)]
    assert landed.request_id in json.loads(Path(landed.take.path).with_suffix(".json").read_text())["request_id"]
    assert desk.runner.folder_of(job).is_dir()

    desk.runner.placed(landed.id, ("Muted 1 sound strip",))
    placed = desk.hear(job, State.PLACED)
    desk.close()
    assert [stage.state for stage in placed.stages] == WHOLE_WAY
    assert [stage.at for stage in placed.stages] == sorted(stage.at for stage in placed.stages)
    told = json.loads(Path(landed.take.path).with_suffix(".json").read_text())
    assert [stage["state"] for stage in told["stages"]] == [state.value for state in WHOLE_WAY]
    assert told["notes"] == ["Sent without encoding it again", "Muted 1 sound strip"]
    assert house.rows() == [("PLACED", landed.request_id)]
    assert not desk.runner.folder_of(job).exists()
    assert house.gate.count(SUBMIT) == 1
    # The interface heard each state in order.
    states = [event.job.state for event in desk.heard]
    assert sorted(set(states), key=WHOLE_WAY.index) == WHOLE_WAY
    assert [WHOLE_WAY.index(state) for state in states] == sorted(WHOLE_WAY.index(state) for state in states)
    words = [event.words for event in desk.heard]
    assert "Uploading the clip" in words and "Downloading" in words


def test_a_shot_at_25_fps_is_sent_at_24_and_comes_back_frame_for_frame(house: House, tmp_path: Path) -> None:
    movie = make_clip(tmp_path / "forest25.mp4", fps=Fraction(25), frames=80)
    pictures = [make_picture(tmp_path / f"{n}.png", width=300 + n) for n in range(3)]
    references = (
        Reference(ReferenceKind.ELEMENT, (str(pictures[0]), str(pictures[1]))),
        Reference(ReferenceKind.IMAGE, (str(pictures[2]),)),
    )
    house.stage.thorough = True
    shot = a_shot(fps=Fraction(25), frames=80)
    desk = house.desk()
    desk.keep_clips = True
    job = desk.shoot(a_job(shot, file=movie, prompt="@Element1 before @Image1", references=references))
    landed = desk.hear(job, State.LANDED)
    sent = mp4.probe(landed.clip)
    assert (sent.frames, sent.fps) == (80, 24)
    assert landed.take and (landed.take.frames, landed.take.play_fps) == (80, None)
    assert house.stage.prompts == ["@Element1 before @Image1"]
    assert house.gate.count(UPLOAD) == 4
    desk.runner.placed(landed.id, ())
    desk.hear(job, State.PLACED)
    desk.close()
    assert Path(landed.clip).exists(), "clips are kept where the editor wants them"


def test_sound_from_the_result_comes_back_in_real_time(house: House, tmp_path: Path) -> None:
    movie = make_clip(tmp_path / "forest30.mp4", fps=Fraction(30), frames=90)
    desk = house.desk()
    shot = a_shot(fps=Fraction(30), frames=90)
    job = desk.shoot(a_job(shot, file=movie, timing=Timing.AUTO, sound=Sound.RESULT))
    landed = desk.hear(job, State.LANDED)
    assert landed.take and (landed.take.frames, landed.take.fps, landed.take.play_fps) == (72, 24, 24)


def test_jobs_side_by_side_keep_to_themselves(house: House, movie: Path) -> None:
    desk = house.desk()
    jobs = [desk.shoot(a_job(a_shot(name=f"Shot {n}"), file=movie, prompt=f"night {n}")) for n in range(5)]
    landed = {}
    while len(landed) < 5:
        event = desk.listen(lambda event: event.job.state is State.LANDED)
        landed[event.job.id] = event.job
    assert house.gate.count(SUBMIT) == 5
    assert sorted(house.stage.prompts) == [f"night {n}" for n in range(5)]
    names = sorted(Path(job.take.path).name for job in landed.values() if job.take)
    assert names == sorted(f"Shot {n}_take01_{job.id[:8]}.mp4" for n, job in enumerate(jobs))


def test_a_submission_is_on_disk_before_it_leaves(house: House, movie: Path) -> None:
    """What counts after a crash is what another process reads at the moment the request arrives."""
    seen: list[list[tuple[str, str]]] = []

    def look(exchange: gates.Exchange) -> None:
        seen.append(house.rows())
        gates.passes(exchange)

    house.gate.at(SUBMIT, look)
    desk = house.desk()
    desk.hear(desk.shoot(a_job(file=movie)), State.LANDED)
    assert seen == [[("SUBMITTING", "")]]


def test_a_journal_that_cannot_be_written_starts_nothing(house: House, movie: Path) -> None:
    desk = house.desk()
    desk.journal.close()
    job = a_job(file=movie)
    desk.runner.add([job])
    event = desk.listen(lambda event: event.job.state is State.FAILED)
    assert "journal" in event.job.error and event.job.remedy
    desk.runner.close()
    desk._closed = True
    assert house.gate.seen == []


def test_a_shot_that_cannot_be_exported_is_told_and_costs_nothing(house: House) -> None:
    desk = house.desk()
    job = desk.shoot(a_job())
    failed = desk.listen(lambda event: event.job.state is State.FAILED).job
    assert "background Blender could not be started" in failed.error and failed.remedy
    assert (failed.paid, failed.retry_to) == (Paid.NO, State.PREPARED)
    assert house.gate.seen == []
    assert desk.row(job) == failed


# Cancelling


def test_a_job_that_is_cancelled_before_it_is_submitted_costs_nothing(house: House, movie: Path) -> None:
    house.gate.at(UPLOAD, gates.holds)
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    until(lambda: house.gate.count(UPLOAD) == 1)
    desk.runner.cancel(job.id)
    cancelled = desk.hear(job, State.CANCELLED)
    assert (cancelled.paid, cancelled.retry_to) == (Paid.NO, State.PREPARED)
    assert "nothing was paid" in cancelled.error
    house.gate.opened.set()
    desk.close()
    assert house.gate.count(SUBMIT) == 0
    assert house.rows() == [("CANCELLED", "")]
    assert desk.last_heard(job) is State.CANCELLED


def test_a_job_that_was_cancelled_can_be_taken_up_again(house: House, movie: Path) -> None:
    house.gate.at(UPLOAD, gates.holds)
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    until(lambda: house.gate.count(UPLOAD) == 1)
    desk.runner.cancel(job.id)
    desk.hear(job, State.CANCELLED)
    house.gate.opened.set()
    desk.runner.retry(job.id)
    landed = desk.hear(job, State.LANDED)
    assert house.gate.count(SUBMIT) == 1
    assert landed.error == "" and landed.retry_to is None


def test_a_background_blender_is_ended_with_its_job(house: House) -> None:
    forever = (
        "import os, sys, time; held = open(sys.argv[-1] + '.held', 'w');"
        "print(os.getpid(), file=open(sys.argv[-1] + '.pid', 'w'), flush=True); time.sleep(60)"
    )
    desk = house.desk(blender=Blender((sys.executable, "-c", forever)))
    job = desk.shoot(a_job())
    note = desk.runner.folder_of(job) / "render_clip.json.pid"
    until(lambda: note.exists() and note.read_text().endswith("\n"))
    desk.runner.cancel(job.id)
    desk.hear(job, State.CANCELLED)

    def is_gone() -> bool:
        if sys.platform == "win32":
            try:
                # What a process has open is in the way while it lives.
                note.with_suffix(".held").unlink(missing_ok=True)
            except PermissionError:
                return False
            return True
        try:
            os.kill(int(note.read_text()), 0)
        except ProcessLookupError:
            return True
        return False

    until(is_gone, 10)
    desk.close()
    assert desk.last_heard(job) is State.CANCELLED
    assert house.rows() == [("CANCELLED", "")]


def test_progress_that_comes_late_does_not_hide_that_a_job_was_cancelled(house: House) -> None:
    """The background Blender goes on talking until it is ended: what is heard last must be that it is cancelled."""
    chatty = """
import sys, time
open(sys.argv[-1] + '.started', 'w').close()
while True:
    print("reshoot-progress 1 72", flush=True)
    time.sleep(0.001)
"""
    desk = house.desk(blender=Blender((sys.executable, "-c", chatty)))
    jobs = [desk.shoot(a_job()) for _ in range(4)]
    for job in jobs[:2]:
        until(lambda job=job: list(desk.runner.folder_of(job).glob("*.started")))
    for job in jobs:
        desk.runner.cancel(job.id)
    until(lambda: house.rows() == [("CANCELLED", "")] * 4)
    desk.close()
    assert [desk.last_heard(job) for job in jobs] == [State.CANCELLED] * 4


def test_a_job_that_waits_is_cancelled_at_the_service(house: House, movie: Path) -> None:
    house.stage.open.clear()
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    desk.hear(job, State.WAITING)
    until(lambda: house.stage.prompts)
    desk.runner.cancel(job.id)
    cancelled = desk.hear(job, State.CANCELLED)
    assert house.gate.count(CANCEL) == 1
    assert (cancelled.paid, cancelled.retry_to) == (Paid.UNKNOWN, State.WAITING)
    assert "may still be charged" in cancelled.error

    # Looking whether a result came anyway costs nothing.
    desk.runner.retry(job.id)
    failed = desk.listen(lambda event: event.job.state is State.FAILED).job
    assert "cancelled at the service" in failed.error
    assert house.gate.count(SUBMIT) == 1


def test_a_job_of_an_earlier_start_is_cancelled_before_it_is_taken_up(house: House, movie: Path) -> None:
    house.stage.open.clear()
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    desk.hear(job, State.WAITING)
    desk.close()
    again = house.desk("two")
    again.runner.cancel(job.id).result(LONGEST)
    assert again.row(job).state is State.CANCELLED
    assert house.gate.count(CANCEL) == 1 and house.gate.count(SUBMIT) == 1


def test_a_wish_to_cancel_that_comes_while_submitting_is_put_to_the_service(house: House, movie: Path) -> None:
    house.stage.open.clear()
    house.gate.at(SUBMIT, gates.holds_the_answer)
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    until(lambda: house.gate.count(SUBMIT) == 1)
    desk.runner.cancel(job.id)
    house.gate.opened.set()
    cancelled = desk.hear(job, State.CANCELLED)
    assert cancelled.request_id, "what was submitted is known"
    assert house.gate.count(CANCEL) == 1 and house.gate.count(SUBMIT) == 1


def test_a_take_that_is_finished_comes_in_though_it_was_cancelled(house: House, movie: Path) -> None:
    """The service says that it is too late: what was paid for is not thrown away."""
    house.gate.at(STATUS, gates.says(202, {"status": "IN_PROGRESS", "logs": []}))

    def too_late(exchange: gates.Exchange) -> None:
        house.gate.at(STATUS, None)
        gates.says(400, {"status": "ALREADY_COMPLETED"})(exchange)

    house.gate.at(CANCEL, too_late)
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    desk.hear(job, State.WAITING)
    desk.runner.cancel(job.id)
    landed = desk.hear(job, State.LANDED)
    assert "Too late to cancel: the take is finished and comes in" in landed.notes
    assert house.gate.count(SUBMIT) == 1 and house.gate.count(CANCEL) == 1


def test_what_a_service_counts_in_its_log_is_how_far_the_job_is(house: House, movie: Path) -> None:
    def counts(words: str) -> Callable[[gates.Exchange], None]:
        return gates.says(202, {"status": "IN_PROGRESS", "logs": [{"message": words, "timestamp": "2026-01-01"}]})

    house.gate.at(STATUS, counts("Frame 33 of 132"))
    desk = house.desk()
    desk.shoot(a_job(file=movie))
    assert desk.listen(lambda event: event.words == "Frame 33 of 132").fraction == 0.25
    for words in ("Loading", "Frame 9 of 0", "Frame 9 of 8"):
        house.gate.at(STATUS, counts(words))
        assert desk.listen(lambda event, words=words: event.words == words).fraction is None
    house.gate.at(STATUS, None)


# Failing, and trying again


def test_a_download_that_breaks_for_a_while_is_told_and_goes_on_from_there(
    house: House, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "FIRST_DELAY", 0.01)

    def half(exchange: gates.Exchange) -> None:
        status, headers, content = exchange.forward()
        exchange.begin(status, headers, len(content))
        exchange.write(content[: len(content) // 2])
        exchange.drop()

    house.gate.at(DOWNLOAD, gates.once(half, gates.Exchange.drop))
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    event = desk.listen(lambda event: "Trying again" in event.words)
    assert event.job.state is State.DOWNLOADING
    house.gate.at(DOWNLOAD, None)
    desk.hear(job, State.LANDED)
    assert house.gate.count(SUBMIT) == 1


def test_a_queue_that_does_not_tell_how_long_it_is(house: House, movie: Path) -> None:
    house.gate.at(STATUS, gates.once(gates.says(202, {"status": "IN_QUEUE"})))
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    assert desk.listen(lambda event: event.job.state is State.WAITING and bool(event.words)).words == "Queued"
    desk.hear(job, State.LANDED)


def test_a_download_that_always_breaks_at_the_same_place_ends(
    house: House, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service knows no ranges, so nothing of what came stays."""
    monkeypatch.setattr(steps_module, "PATIENCE", 1.0)
    monkeypatch.setattr(download, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(download, "CHUNK", 1024)

    def breaks(exchange: gates.Exchange) -> None:
        _status, _headers, content = exchange.forward()
        exchange.begin(200, {"Content-Type": "video/mp4"}, len(content) + 1)
        exchange.write(content)
        exchange.drop()

    house.gate.at(DOWNLOAD, breaks)
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    failed = desk.listen(lambda event: event.job.id == job.id and event.job.state is State.FAILED).job
    assert failed.retry_to is State.DOWNLOADING and house.gate.count(DOWNLOAD) > 3


def test_a_broken_download_is_fetched_again_without_paying_again(house: House, movie: Path) -> None:
    house.gate.at(DOWNLOAD, gates.once(gates.says(200, "<html>busy</html>")))
    desk = house.desk()
    job = desk.shoot(a_job(file=movie, service="http://127.0.0.1"))
    failed = desk.listen(lambda event: event.job.state is State.FAILED).job
    assert (failed.paid, failed.retry_to) == (Paid.YES, State.DOWNLOADING)
    assert failed.error and failed.remedy and failed.request_id
    desk.runner.retry(job.id)
    landed = desk.hear(job, State.LANDED)
    assert landed.request_id == failed.request_id
    assert house.gate.count(SUBMIT) == 1 and house.gate.count(UPLOAD) == 1


def test_a_disk_that_refuses_the_take_is_told_and_the_take_lands_from_where_it_came(house: House, movie: Path) -> None:
    takes = house.folder / "takes"
    takes.rmdir()
    takes.write_text("a file where the folder should be")
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    failed = desk.listen(lambda event: event.job.state is State.FAILED).job
    assert failed.retry_to is State.DOWNLOADING and "takes" in failed.error
    takes.unlink()
    takes.mkdir()
    # Days later the service may have nothing of it any more.
    for kind in (STATUS, RESULT, DOWNLOAD):
        house.gate.at(kind, gates.says(404, {"detail": "Not found"}))
    desk.runner.retry(job.id)
    landed = desk.hear(job, State.LANDED)
    assert landed.take and Path(landed.take.path).is_file()
    assert house.gate.count(SUBMIT) == house.gate.count(DOWNLOAD) == 1


def test_a_job_folder_that_is_no_folder_does_not_leave_the_job_hanging(house: House, movie: Path) -> None:
    desk = house.desk()
    job = a_job(file=movie)
    folder = desk.runner.folder_of(job)
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where the folder should be")
    desk.runner.add([job])
    failed = desk.listen(lambda event: event.job.state is State.FAILED).job
    assert failed.error and failed.remedy and failed.retry_to is State.PREPARED
    folder.unlink()
    desk.runner.retry(job.id)
    desk.hear(job, State.LANDED)
    assert house.gate.count(SUBMIT) == 1


def test_an_upload_that_fails_is_tried_again_by_itself(house: House, movie: Path) -> None:
    house.gate.at(UPLOAD, gates.once(gates.Exchange.drop))
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    event = desk.listen(lambda event: "Trying again" in event.words)
    assert event.job.state is State.UPLOADING
    desk.hear(job, State.LANDED)
    assert house.gate.count(UPLOAD) == 2 and house.gate.count(SUBMIT) == 1


def test_what_was_uploaded_is_not_uploaded_again(house: House, movie: Path, tmp_path: Path) -> None:
    picture = make_picture(tmp_path / "a.png")
    seen: list[str] = []

    def second_fails(exchange: gates.Exchange) -> None:
        seen.append(exchange.path)
        exchange.drop() if len(seen) == 2 else gates.passes(exchange)

    house.gate.at(UPLOAD, second_fails)
    desk = house.desk()
    references = (Reference(ReferenceKind.IMAGE, (str(picture),)),)
    job = desk.shoot(a_job(file=movie, prompt="as @Image1", references=references))
    desk.hear(job, State.LANDED)
    assert len(seen) == 3 and house.gate.count(SUBMIT) == 1


def test_trouble_with_the_status_is_waited_out(house: House, movie: Path) -> None:
    answers = iter([gates.Exchange.drop, gates.says(503, {"detail": "busy"}), gates.says(200, {"status": "?"})])
    house.gate.at(STATUS, lambda exchange: next(answers, gates.passes)(exchange))
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    desk.hear(job, State.LANDED)
    assert sum("Trying again" in event.words for event in desk.heard) == 3
    assert house.gate.count(SUBMIT) == 1


def test_trouble_without_end_is_given_up_and_the_job_can_go_on(
    house: House, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps_module, "PATIENCE", 0.5)
    house.gate.at(STATUS, gates.Exchange.drop)
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    failed = desk.listen(lambda event: event.job.state is State.FAILED).job
    assert (failed.paid, failed.retry_to) == (Paid.UNKNOWN, State.WAITING)
    house.gate.at(STATUS, gates.once(gates.Exchange.drop))
    desk.runner.retry(job.id)
    desk.hear(job, State.LANDED)
    assert house.gate.count(SUBMIT) == 1


def test_a_service_that_is_not_there_is_not_waited_for_without_end(
    house: House, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clip is uploaded, then nothing can be reached any more: nothing was submitted, and the job says so."""
    monkeypatch.setattr(steps_module, "PATIENCE", 0.5)
    desk = house.desk()
    real = desk._connect

    class Unreachable(fal.Connection):
        """The same service, whose queue has another, dead port."""

        def submit(self, endpoint, arguments):
            dead = fal.Connection(fal.Service("dead", "http://127.0.0.1:9", KEY))
            try:
                return dead.submit(endpoint, arguments)
            finally:
                dead.close()

    with desk._lock:
        desk._connections["rehearsal"] = Unreachable(fal.Service("rehearsal", house.gate.base, KEY))
    job = desk.shoot(a_job(file=movie))
    failed = desk.listen(lambda event: event.job.state is State.FAILED).job
    assert (failed.paid, failed.retry_to) == (Paid.NO, State.UPLOADING)
    assert "nothing was sent" in failed.error
    with desk._lock:
        desk._connections.pop("rehearsal").close()
    assert real("rehearsal")
    desk.runner.retry(job.id)
    desk.hear(job, State.LANDED)
    assert house.gate.count(SUBMIT) == 1 and house.gate.count(UPLOAD) == 1


@pytest.mark.parametrize(
    ("answer", "paid"),
    [
        (gates.says(401, {"detail": "invalid key credentials"}), Paid.NO),
        (gates.says(403, {"detail": "User is locked. Reason: Exhausted balance."}), Paid.NO),
        (gates.says(422, {"detail": [{"loc": ["body", "prompt"], "msg": "no", "type": "value_error"}]}), Paid.NO),
        (gates.says(429, {"detail": "Too many requests"}), Paid.NO),
        (gates.says(503, {"detail": "No capacity", "error_type": "startup_timeout"}), Paid.NO),
    ],
)
def test_a_submission_that_is_refused_is_not_unsure_and_not_sent_again_by_itself(
    house: House, movie: Path, answer: Callable[[gates.Exchange], None], paid: Paid
) -> None:
    house.gate.at(SUBMIT, gates.once(answer))
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    failed = desk.listen(lambda event: event.job.state in (State.FAILED, State.UNSURE)).job
    assert (failed.state, failed.paid, failed.retry_to) == (State.FAILED, paid, State.UPLOADING)
    assert failed.error and failed.remedy
    assert house.gate.count(SUBMIT) == 1
    desk.runner.retry(job.id)
    desk.hear(job, State.LANDED)
    assert house.gate.count(SUBMIT) == 2 and house.gate.count(UPLOAD) == 1
    assert len(house.stage.prompts) == 1


def test_a_request_that_the_service_no_longer_knows_is_not_submitted_again_by_a_retry(
    house: House, movie: Path
) -> None:
    """It may have been paid for: that is said, and looking again costs nothing."""
    house.gate.at(STATUS, gates.once(gates.says(404, {"detail": "Request not found"})))
    house.gate.at(gates.HISTORY, gates.says(200, {"items": [], "next_cursor": None, "has_more": False}))
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    failed = desk.listen(lambda event: event.job.state is State.FAILED).job
    assert failed.paid is Paid.UNKNOWN
    desk.runner.retry(job.id)
    desk.hear(job, State.LANDED)
    assert house.gate.count(SUBMIT) == 1


def test_a_clip_that_is_gone_is_made_again_by_a_retry(house: House, movie: Path) -> None:
    """Somebody has emptied the job's folder before the upload."""
    gone: list[Path] = []

    class TakenAway(fal.Connection):
        def upload(self, path):
            if not gone:
                gone.append(path)
                path.unlink()
            return super().upload(path)

    desk = house.desk()
    with desk._lock:
        desk._connections["rehearsal"] = TakenAway(fal.Service("rehearsal", house.gate.base, KEY))
    job = desk.shoot(a_job(file=movie))
    failed = desk.listen(lambda event: event.job.state is State.FAILED).job
    assert (failed.paid, failed.retry_to) == (Paid.NO, State.PREPARED)
    desk.runner.retry(job.id)
    desk.hear(job, State.LANDED)
    assert house.gate.count(SUBMIT) == 1


# An answer that is lost


def test_a_submission_whose_answer_is_lost_is_never_repeated_by_itself(house: House, movie: Path) -> None:
    house.gate.at(SUBMIT, gates.once(gates.drops_the_answer))
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    unsure = desk.listen(lambda event: event.job.state in (State.UNSURE, State.FAILED, State.LANDED)).job
    assert (unsure.state, unsure.paid) == (State.UNSURE, Paid.UNKNOWN)
    assert unsure.error and unsure.remedy
    until(lambda: house.stage.prompts)
    desk.runner.resume(job.id)
    desk.close()
    assert house.gate.count(SUBMIT) == 1

    # Nor by another start.
    again = house.desk("two")
    for job_id in again.journal.unfinished():
        again.runner.resume(job_id)
    again.runner.resume(job.id)
    assert again.listen(lambda event: event.job.id == job.id).job.state is State.UNSURE
    assert house.gate.count(SUBMIT) == 1

    # The editor may, where the service does not say that it has it, and is told so first.
    house.gate.at(gates.HISTORY, gates.says(404, {"detail": "Not Found"}))
    again.runner.retry(job.id)
    again.listen(lambda event: event.job.state is State.UNSURE and "could not be asked" in event.job.error)
    assert house.gate.count(SUBMIT) == 1
    again.runner.retry(job.id)
    landed = again.listen(lambda event: event.job.state is State.LANDED).job
    assert landed.request_id
    assert house.gate.count(SUBMIT) == 2


def test_a_ticket_that_cannot_be_written_down_at_once_is_not_lost(house: House, movie: Path) -> None:
    """The disk is full at the one moment that counts: when the service has answered."""

    class FullDisk(Journal):
        refusals = 2

        def advance(self, before: Job, after: Job) -> Job:
            if after.state is State.WAITING and before.state is State.SUBMITTING and FullDisk.refusals:
                FullDisk.refusals -= 1
                raise StorageError("The journal cannot be written: the disk is full.", "Free some room.")
            return super().advance(before, after)

    desk = house.desk(journal=FullDisk)
    job = desk.shoot(a_job(file=movie))
    landed = desk.hear(job, State.LANDED)
    assert FullDisk.refusals == 0
    assert any("disk is full" in event.words for event in desk.heard)
    assert landed.request_id and house.gate.count(SUBMIT) == 1


def test_a_journal_that_is_out_of_reach_for_a_while_stops_no_job(house: House, movie: Path) -> None:
    class OnANetworkDisk(Journal):
        refusals = 3

        def claim(self, job_id: str) -> Job | None:
            job = self.get(job_id)
            if job and job.state is State.WAITING and OnANetworkDisk.refusals:
                OnANetworkDisk.refusals -= 1
                raise StorageError("The journal cannot be read.", "Look at the network.")
            return super().claim(job_id)

    desk = house.desk(journal=OnANetworkDisk)
    desk.hear(desk.shoot(a_job(file=movie)), State.LANDED)
    assert OnANetworkDisk.refusals == 0 and house.gate.count(SUBMIT) == 1


# Taking up what was left


def finish(house: House, job: Job, holder: str = "two") -> Job:
    """Another start of Blender takes up what is there, until `job` has landed."""
    desk = house.desk(holder)
    assert job.id in desk.journal.unfinished()
    for job_id in desk.journal.unfinished():
        desk.runner.resume(job_id)
    return desk.hear(job, State.LANDED)


# In place of the background Blender: converts with Pillow, as soon as the file `go` is there.
CONVERTER = """
import json, sys, time
from pathlib import Path
from PIL import Image

paper = json.loads(Path(sys.argv[-1]).read_text())
go = Path(sys.argv[-1]).parents[2] / "go"
while not go.exists():
    time.sleep(0.01)
for source, target in paper["recipe"]["images"]:
    Image.open(source).convert("RGB").save(target)
Path(paper["answer"]).write_text("{}")
"""


def test_jobs_that_were_left_before_and_while_exporting_go_on(house: House, movie: Path, tmp_path: Path) -> None:
    Image.new("RGB", (400, 400)).save(tmp_path / "a.bmp")
    references = (Reference(ReferenceKind.IMAGE, (str(tmp_path / "a.bmp"),)),)
    blender = Blender((sys.executable, "-c", CONVERTER))
    desk = house.desk(blender=blender)
    jobs = [desk.shoot(a_job(file=movie, references=references)) for _ in range(3)]
    # Two are exported at a time; the third waits for its turn.
    until(lambda: Counter(state for state, _ in house.rows()) == {"EXPORTING": 2, "PREPARED": 1})
    desk.close()
    assert Counter(state for state, _ in house.rows()) == {"EXPORTING": 2, "PREPARED": 1}
    assert house.gate.seen == []

    (tmp_path / "go").touch()
    again = house.desk("two", blender=blender)
    assert sorted(again.journal.unfinished()) == sorted(job.id for job in jobs)
    for job_id in again.journal.unfinished():
        again.runner.resume(job_id)
    until(lambda: Counter(state for state, _ in house.rows()) == {"LANDED": 3})
    assert house.gate.count(SUBMIT) == 3


def test_a_cancel_that_cannot_be_written_down_at_once_is_not_forgotten(
    house: House, movie: Path, tmp_path: Path
) -> None:
    class FullDisk(Journal):
        refusals = 2

        def advance(self, before: Job, after: Job) -> Job:
            if after.state is State.CANCELLED and FullDisk.refusals:
                FullDisk.refusals -= 1
                raise StorageError("The journal cannot be written: the disk is full.", "Free some room.")
            return super().advance(before, after)

    Image.new("RGB", (400, 400)).save(tmp_path / "a.bmp")
    references = (Reference(ReferenceKind.IMAGE, (str(tmp_path / "a.bmp"),)),)
    desk = house.desk(blender=Blender((sys.executable, "-c", CONVERTER)), journal=FullDisk)
    job = desk.shoot(a_job(file=movie, references=references))
    until(lambda: house.rows() == [("EXPORTING", "")])
    desk.runner.cancel(job.id)
    cancelled = desk.listen(lambda event: event.job.state is State.CANCELLED).job
    assert (cancelled.paid, FullDisk.refusals) == (Paid.NO, 0)
    until(lambda: desk.runner.is_at_rest)


def test_a_job_that_was_left_while_uploading_goes_on(house: House, movie: Path) -> None:
    def holds_and_drops(exchange: gates.Exchange) -> None:
        exchange.gate.opened.wait(LONGEST)
        exchange.drop()

    house.gate.at(UPLOAD, gates.once(holds_and_drops))
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    until(lambda: house.gate.count(UPLOAD) == 1)
    close_while(desk, house.gate.opened.set)
    assert house.rows() == [("UPLOADING", "")] and house.gate.count(SUBMIT) == 0
    finish(house, job)
    assert house.gate.count(SUBMIT) == 1


def test_closing_between_two_steps_does_not_cancel(house: House, movie: Path) -> None:
    """The editor quits at once after the press."""
    written, go_on = threading.Event(), threading.Event()

    class Slow(Journal):
        def advance(self, before: Job, after: Job) -> Job:
            if after.state is State.EXPORTING:
                written.set()
                go_on.wait(LONGEST)
            return super().advance(before, after)

    desk = house.desk(journal=Slow)
    job = desk.shoot(a_job(file=movie))
    assert written.wait(LONGEST)
    close_while(desk, go_on.set)
    assert house.rows() == [("EXPORTING", "")]
    finish(house, job)
    assert house.gate.count(SUBMIT) == 1


def test_closing_waits_for_the_answer_to_a_submission(house: House, movie: Path) -> None:
    house.gate.at(SUBMIT, gates.holds_the_answer)
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    until(lambda: house.gate.count(SUBMIT) == 1)
    close_while(desk, house.gate.opened.set)
    ((state, request_id),) = house.rows()
    assert state == "WAITING" and request_id
    assert finish(house, job).request_id == request_id
    assert house.gate.count(SUBMIT) == 1


def test_a_job_that_was_left_waiting_goes_on(house: House, movie: Path) -> None:
    house.stage.open.clear()
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    waiting = desk.hear(job, State.WAITING)
    desk.close()
    assert house.rows() == [("WAITING", waiting.request_id)]
    house.stage.open.set()
    assert finish(house, job).request_id == waiting.request_id
    assert house.gate.count(SUBMIT) == 1


def test_a_job_that_was_left_while_downloading_goes_on(house: House, movie: Path) -> None:
    house.gate.at(DOWNLOAD, gates.holds_half_of_the_answer)
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    until(lambda: house.gate.count(DOWNLOAD) == 1)
    close_while(desk, house.gate.opened.set)
    assert [state for state, _ in house.rows()] == ["DOWNLOADING"]
    house.gate.at(DOWNLOAD, None)
    finish(house, job)
    assert house.gate.count(SUBMIT) == 1


def test_a_take_that_was_not_placed_waits_for_its_scene(house: House, movie: Path) -> None:
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    landed = desk.hear(job, State.LANDED)
    desk.close()
    again = house.desk("two")
    again.runner.resume(job.id)
    assert again.hear(job, State.LANDED) == landed
    again.runner.placed(landed.id, ())
    again.hear(job, State.PLACED)
    assert house.gate.count(SUBMIT) == 1


def crashing(house: House, movie: Path) -> tuple[subprocess.Popen[bytes], Job]:
    """Another process that shoots, to be ended by a signal. It is the holder “two” of what it begins."""
    job = a_job(file=movie)
    code = f"""
import sys, time
sys.path[:0] = [{str(Path(__file__).parents[2])!r}, {str(HELPERS)!r}]
import conftest
from pathlib import Path
from reshoot.core.service import fal
from reshoot.core.values import serialization
from reshoot.core.blender_process import Blender
from reshoot.core.values.job import Job
from reshoot.core.jobs.journal import Journal
from reshoot.core.lanes import Lane
from reshoot.core.jobs.runner import Runner
from reshoot.core.jobs.steps import Steps
import json
home = Path({str(house.folder)!r})
connection = fal.Connection(fal.Service("rehearsal", {house.gate.base!r}, {KEY!r}))
steps = Steps(Blender(("none",)), lambda name: connection, lambda project: home / "takes" / Path(project).stem)
runner = Runner(Journal(home / "journal.sqlite3", "two"), home / "jobs", steps, keep_clips=lambda: False)
job = serialization.from_json(Job, json.load(sys.stdin))
runner.folder_of(job).mkdir(parents=True)
runner.add([job])
time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    assert process.stdin
    from reshoot.core.values.serialization import to_json

    process.stdin.write(json.dumps(to_json(job)).encode())
    process.stdin.close()
    return process, job


@pytest.mark.parametrize(
    ("kind", "action", "left", "after"),
    [
        (UPLOAD, gates.holds, "UPLOADING", State.LANDED),
        (SUBMIT, gates.holds, "SUBMITTING", State.UNSURE),
        (SUBMIT, gates.holds_the_answer, "SUBMITTING", State.UNSURE),
        (STATUS, gates.holds, "WAITING", State.LANDED),
        (RESULT, gates.holds, "DOWNLOADING", State.LANDED),
        (DOWNLOAD, gates.holds_half_of_the_answer, "DOWNLOADING", State.LANDED),
    ],
    ids=["upload", "before submission", "after submission", "waiting", "result", "download"],
)
def test_a_crash_loses_nothing_and_pays_nothing_twice(
    house: House,
    movie: Path,
    kind: gates.Kind,
    action: Callable[[gates.Exchange], None],
    left: str,
    after: State,
) -> None:
    house.gate.at(kind, action)
    process, job = crashing(house, movie)
    try:
        until(lambda: house.gate.count(kind) == 1)
        until(lambda: [state for state, _ in house.rows()] == [left])
    finally:
        process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        process.wait()
    house.gate.at(kind, None)
    submitted = house.gate.count(SUBMIT)
    desk = house.desk("two")
    for job_id in desk.journal.unfinished():
        desk.runner.resume(job_id)
    ended = desk.listen(lambda event: event.job.state in (State.LANDED, State.UNSURE, State.FAILED)).job
    assert ended.id == job.id and ended.state is after, ended.error
    desk.close()
    assert house.gate.count(SUBMIT) == (submitted if left != "UPLOADING" else 1)
    if after is State.LANDED:
        assert ended.take and mp4.probe(ended.take.path).frames == 72
        assert len(house.stage.prompts) == 1


# Taking up what is already on its way


def test_taking_up_a_job_while_it_is_submitted_changes_nothing(house: House, movie: Path) -> None:
    """As when another file is opened, which takes up whatever is unfinished."""
    house.gate.at(SUBMIT, gates.holds_the_answer)
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    until(lambda: house.gate.count(SUBMIT) == 1)
    before = len(desk.heard)
    desk.runner.resume(job.id)
    desk.runner.dismiss("no such job").result(LONGEST)  # which is done after it
    house.gate.opened.set()
    desk.hear(job, State.LANDED)
    assert State.UNSURE not in [event.job.state for event in desk.heard[before:]]
    assert house.gate.count(SUBMIT) == 1


def test_taking_up_jobs_that_wait_for_their_turn_steps_none_twice(house: House, movie: Path, tmp_path: Path) -> None:
    """Jobs are taken up again while they stand in line: each is exported, uploaded and submitted once all the same."""
    Image.new("RGB", (400, 400)).save(tmp_path / "a.bmp")
    references = (Reference(ReferenceKind.IMAGE, (str(tmp_path / "a.bmp"),)),)
    desk = house.desk(blender=Blender((sys.executable, "-c", CONVERTER)))
    jobs = [desk.shoot(a_job(file=movie, references=references)) for _ in range(2)]
    until(lambda: [state for state, _ in house.rows()] == ["EXPORTING"] * 2)
    jobs += [desk.shoot(a_job(file=movie)) for _ in range(4)]
    until(lambda: len(house.rows()) == 6)
    for _ in range(3):
        for job in jobs:
            desk.runner.resume(job.id)
    (tmp_path / "go").touch()
    until(lambda: Counter(state for state, _ in house.rows()) == {"LANDED": 6})
    # What was queued twice comes to its turn, if it does, before this does.
    for job in jobs:
        desk.runner.placed(job.id, ())
    until(lambda: Counter(state for state, _ in house.rows()) == {"PLACED": 6})
    desk.close()
    assert house.gate.count(SUBMIT) == 6
    for job in jobs:
        assert [stage.state for stage in house.desk("two").row(job).stages] == WHOLE_WAY


def test_a_wish_to_cancel_that_comes_with_the_answer_is_too_late(house: House, movie: Path) -> None:
    """The editor cancels while the status is asked for, and the answer says that the take is done."""
    house.gate.at(STATUS, gates.holds)
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    until(lambda: house.gate.count(STATUS) == 1 and house.is_answered())
    desk.runner.cancel(job.id)
    house.gate.opened.set()
    desk.hear(job, State.LANDED)
    assert house.gate.count(SUBMIT) == 1 and house.gate.count(CANCEL) == 0


def save_at(house: House, desk: Desk, kind: gates.Kind) -> None:
    """Save the untitled file while a request of `kind` is under way, and hear of it."""
    until(lambda: house.gate.count(kind) == 1)
    desk.runner.moved("untitled:1", "/films/saved.blend")
    desk.listen(lambda event: event.job.project == "/films/saved.blend")


def test_a_job_follows_its_file_that_is_saved_while_it_is_on_its_way(house: House, movie: Path) -> None:
    house.gate.at(UPLOAD, gates.holds)
    desk = house.desk()
    job = desk.shoot(replace(a_job(file=movie), project="untitled:1"))
    save_at(house, desk, UPLOAD)
    house.gate.opened.set()
    landed = desk.hear(job, State.LANDED)
    assert landed.project == "/films/saved.blend" and desk.row(job).project == "/films/saved.blend"
    assert landed.take and Path(landed.take.path).parent == house.folder / "takes" / "saved"


def test_a_step_that_goes_on_while_its_file_is_saved_tells_of_the_new_one(house: House, movie: Path) -> None:
    house.gate.at(DOWNLOAD, gates.holds_half_of_the_answer)
    desk = house.desk()
    job = desk.shoot(replace(a_job(file=movie), project="untitled:1"))
    save_at(house, desk, DOWNLOAD)
    since = len(desk.heard)
    house.gate.opened.set()
    desk.hear(job, State.LANDED)
    assert {event.job.project for event in desk.heard[since:]} == {"/films/saved.blend"}


# Two Blenders


def waits_in_one_of_two(house: House, movie: Path) -> tuple[Desk, Desk, Job]:
    """A job that waits at the service in the first of two Blenders; the other one knows nothing of it yet."""
    house.stage.open.clear()
    one, two = house.desk("one"), house.desk("two")
    job = one.shoot(a_job(file=movie))
    one.hear(job, State.WAITING)
    return one, two, job


def test_two_runners_on_one_journal_step_each_job_once(house: House, movie: Path) -> None:
    giver = Journal(house.folder / "journal.sqlite3", "giver")
    jobs = [a_job(file=movie) for _ in range(8)]
    for job in jobs:
        giver.add([job])
    giver.close()
    desks = [house.desk("one"), house.desk("two")]
    for job in jobs:
        for desk in desks:
            desk.runner.resume(job.id)
    until(lambda: Counter(state for state, _ in house.rows()) == {"LANDED": 8}, 30)
    assert house.gate.count(SUBMIT) == 8
    for desk in desks:
        desk.close()
    heard = [
        {event.job.id for event in desk.heard if event.words == "In another Blender"}
        for desk in desks
        if desk.last_heard(jobs[0])
    ]
    assert heard[0] | heard[1] == {job.id for job in jobs} and not heard[0] & heard[1]


def test_a_job_goes_on_here_when_the_blender_that_had_it_is_closed(house: House, movie: Path) -> None:
    one, two, job = waits_in_one_of_two(house, movie)
    two.runner.resume(job.id)
    assert two.listen(lambda event: event.words == "In another Blender").job.state is State.WAITING
    for act in (two.runner.cancel, two.runner.retry, two.runner.dismiss):
        act(job.id).result(LONGEST)
    one.close()
    house.stage.open.set()
    two.runner.resume(job.id)
    two.hear(job, State.LANDED)
    assert house.gate.count(SUBMIT) == 1 and house.gate.count(CANCEL) == 0


@pytest.fixture
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (journal_module, rows, runner_module):
        monkeypatch.setattr(module, "LEASE_SECONDS", 0.6)


def another_gets(house: House, jobs: list[Job]) -> list[Job | None]:
    """What another Blender gets that wants `jobs` for longer than `short_leases` last."""
    with closing(Journal(house.folder / "journal.sqlite3", "other")) as other:
        got = []
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            got += [other.claim(job.id) for job in jobs]
            time.sleep(0.02)
        return got


@pytest.mark.usefixtures("short_leases")
def test_a_lease_is_kept_while_the_service_does_not_answer(house: House, movie: Path) -> None:
    house.gate.at(STATUS, gates.holds)
    desk = house.desk()
    jobs = [desk.shoot(a_job(file=movie)) for _ in range(3)]
    until(lambda: house.gate.count(STATUS) == 2 and house.rows()[2][0] == "WAITING")
    assert set(another_gets(house, jobs)) == {None}
    house.gate.opened.set()
    until(lambda: Counter(state for state, _ in house.rows()) == {"LANDED": 3})
    assert house.gate.count(SUBMIT) == 3


def test_a_take_that_waits_is_heard_of_when_a_dead_blenders_lease_ends(
    house: House, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = house.desk("one")
    job = one.shoot(a_job(file=movie))
    one.hear(job, State.LANDED)
    until(lambda: one.row(job).compared and one.runner.is_at_rest)
    monkeypatch.setattr(rows, "LEASE_SECONDS", 0.3)
    two = house.desk("two")
    two.runner.resume(job.id)
    assert two.listen(lambda event: event.elsewhere).job.state is State.LANDED
    one.close()
    assert not two.listen(lambda event: event.job.state is State.LANDED and not event.elsewhere).words


def test_what_another_blender_has_made_of_a_job_is_heard(
    house: House, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, job = waits_in_one_of_two(house, movie)
    monkeypatch.setattr(rows, "LEASE_SECONDS", 0.3)
    two.runner.resume(job.id)
    two.listen(lambda event: event.elsewhere)
    house.stage.open.set()
    one.runner.placed(one.hear(job, State.LANDED).id, ())
    heard = two.listen(lambda event: event.job.state is State.PLACED)
    assert not heard.elsewhere
    until(lambda: two.runner.is_at_rest)


@pytest.mark.parametrize("act", ["cancel", "retry", "dismiss"])
def test_who_asks_something_of_another_blenders_job_is_told_so(house: House, movie: Path, act: str) -> None:
    _one, two, job = waits_in_one_of_two(house, movie)
    getattr(two.runner, act)(job.id).result(LONGEST)
    assert two.listen(lambda event: event.job.id == job.id).elsewhere


def test_a_job_in_another_blender_does_not_slow_down_those_that_are_here(house: House, movie: Path) -> None:
    _one, two, theirs = waits_in_one_of_two(house, movie)
    two.runner.resume(theirs.id)
    two.listen(lambda event: event.words == "In another Blender")
    mine = two.shoot(a_job(file=movie))
    two.hear(mine, State.WAITING)
    house.stage.open.set()
    began = time.monotonic()
    two.hear(mine, State.LANDED)
    assert time.monotonic() - began < rows.LEASE_SECONDS / 2


def test_a_job_that_has_to_wait_long_does_not_hold_up_the_others(house: House, movie: Path) -> None:
    house.gate.at(STATUS, gates.once(gates.says(429, {"detail": "slow down"}, Retry_After="300")))
    desk = house.desk()
    desk.shoot(a_job(file=movie))
    desk.listen(lambda event: "Trying again" in event.words)
    desk.hear(desk.shoot(a_job(file=movie)), State.LANDED)


# Many jobs


@pytest.mark.parametrize("many", [30, pytest.param(100, marks=pytest.mark.campaign)])
def test_many_jobs_wait_on_ten_threads_and_ask_twenty_times_a_second(house: House, movie: Path, many: int) -> None:
    house.stage.open.clear()
    desk = house.desk()
    threads: set[str] = set()
    jobs = [a_job(file=movie) for _ in range(many)]
    for job in jobs:
        desk.shoot(job)

    def all_wait() -> bool:
        threads.update(runner_threads())
        assert len(runner_threads()) <= 10
        return sum(state == "WAITING" for state, _ in house.rows()) == many

    until(all_wait, 180)
    asked = house.gate.count(STATUS)
    until(lambda: all_wait() and house.gate.count(STATUS) - asked >= 50)
    assert house.gate.count(SUBMIT) == many
    assert _most_in_a_second(house.gate.times(STATUS)) <= MOST

    # Nor when all are taken up at once.
    desk.close()
    assert runner_threads() == []
    again = house.desk("two")
    taken_up, asked = time.monotonic(), house.gate.count(STATUS)
    for job_id in again.journal.unfinished():
        again.runner.resume(job_id)
    until(lambda: house.gate.count(STATUS) - asked >= 50)
    assert len(runner_threads()) <= 10
    assert _most_in_a_second([at for at in house.gate.times(STATUS) if at > taken_up]) <= MOST
    assert house.gate.count(SUBMIT) == many


def _most_in_a_second(times: list[float]) -> int:
    return max(sum(start <= at < start + 1 for at in times) for start in times)


# What is left behind


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED, State.UNSURE, State.PLACED])
def test_dismissing_removes_the_folder_and_keeps_the_row_and_the_take(house: House, movie: Path, state: State) -> None:
    desk = house.desk()
    desk.keep_clips = True
    if state is State.FAILED:
        house.gate.at(DOWNLOAD, gates.says(200, "<html>busy</html>"))
    if state is State.UNSURE:
        house.gate.at(SUBMIT, gates.drops_the_answer)
    if state is State.CANCELLED:
        house.stage.open.clear()
    job = desk.shoot(a_job(file=movie))
    if state is State.CANCELLED:
        desk.hear(job, State.WAITING)
        desk.runner.cancel(job.id)
    if state is State.PLACED:
        desk.runner.placed(desk.hear(job, State.LANDED).id, ())
    ended = desk.listen(lambda event: event.job.state is state).job
    folder = desk.runner.folder_of(job)
    assert folder.is_dir()
    began = time.time()
    desk.runner.dismiss(job.id)
    gone = desk.listen(lambda event: event.marked and event.job.id == job.id).job
    assert gone == replace(ended, dismissed=gone.dismissed) and began <= gone.dismissed <= time.time()
    desk.runner.dismiss(job.id).result(LONGEST)
    assert desk.row(job) == gone, "once"
    desk.close()
    assert not folder.exists() and house.rows() == []
    # Neither does the next Blender do anything with it.
    again = house.desk("two")
    again.runner.resume_all()
    again.runner.written().result(LONGEST)
    assert again.heard == [] and again.journal.get(job.id) == gone
    if state is State.PLACED:
        assert ended.take and Path(ended.take.path).exists()


def test_what_an_editor_thinks_of_a_take_is_in_the_journal_and_in_its_receipt(house: House, movie: Path) -> None:
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    desk.runner.mark(job.id, note="while it runs").result(LONGEST)
    landed = desk.hear(job, State.LANDED)
    desk.runner.placed(job.id, ())
    desk.hear(job, State.PLACED)
    desk.runner.mark(job.id, rating=Rating.PICK).result(LONGEST)
    assert landed.take is not None
    receipt = json.loads(receipt_path(landed.take.path).read_text())
    assert (receipt["rating"], receipt["note"]) == ("PICK", "while it runs")
    row = desk.journal.get(job.id)
    assert row and (row.state, row.rating, row.note) == (State.PLACED, Rating.PICK, "while it runs")
    desk.runner.mark(job.id, rating=Rating.NONE, note=" two\nlines " + "x" * 1000).result(LONGEST)
    row = desk.journal.get(job.id)
    assert row and (row.rating, row.note[:11], len(row.note)) == (Rating.NONE, "two lines x", 500)
    desk.runner.mark("no such job", note="nothing").result(LONGEST)


def test_what_is_on_its_way_cannot_be_dismissed(house: House, movie: Path) -> None:
    house.stage.open.clear()
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    desk.hear(job, State.WAITING)
    desk.runner.dismiss(job.id)
    house.stage.open.set()
    desk.hear(job, State.LANDED)
    assert not any(event.job.dismissed for event in desk.heard) and not desk.row(job).dismissed


def test_a_take_that_waits_to_be_placed_can_be_given_up(house: House, movie: Path) -> None:
    desk = house.desk()
    landed = desk.hear(desk.shoot(a_job(file=movie)), State.LANDED)
    desk.runner.dismiss(landed.id)
    desk.listen(lambda event: event.job.dismissed > 0)
    assert landed.take and Path(landed.take.path).exists() and house.rows() == []


def test_a_dismissed_job_is_retried_once_it_is_brought_back(house: House, movie: Path) -> None:
    house.gate.at(DOWNLOAD, gates.once(gates.says(200, "<html>busy</html>")))
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    failed = desk.listen(lambda event: event.job.state is State.FAILED).job
    desk.runner.dismiss(job.id).result(LONGEST)
    desk.runner.retry(job.id).result(LONGEST)
    desk.listen(lambda event: "bring it back first" in event.words)
    assert desk.row(job).state is State.FAILED
    desk.runner.bring_back(job.id).result(LONGEST)
    assert desk.row(job) == failed
    desk.runner.retry(job.id).result(LONGEST)
    desk.listen(lambda event: event.job.state is State.LANDED)
    assert house.gate.count(SUBMIT) == 1


def test_what_was_to_be_sent_is_made_again_for_a_job_that_is_brought_back(house: House, movie: Path) -> None:
    house.gate.at(SUBMIT, gates.once(gates.says(422, {"detail": "not now"})))
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    failed = desk.listen(lambda event: event.job.state is State.FAILED).job
    desk.runner.dismiss(job.id).result(LONGEST)
    assert failed.retry_to is State.UPLOADING
    desk.runner.bring_back(job.id).result(LONGEST)
    desk.runner.retry(job.id).result(LONGEST)
    desk.listen(lambda event: event.job.state is State.LANDED)


def test_a_take_that_was_given_up_waits_again_once_it_is_brought_back(house: House, movie: Path) -> None:
    desk = house.desk()
    landed = desk.hear(desk.shoot(a_job(file=movie)), State.LANDED)
    until(lambda: desk.runner.is_at_rest)
    desk.runner.dismiss(landed.id).result(LONGEST)
    assert desk.journal.unfinished() == []
    desk.runner.bring_back(landed.id).result(LONGEST)
    back = desk.listen(lambda event: not event.marked and event.job.state is State.LANDED and not event.job.dismissed)
    assert desk.journal.unfinished() == [back.job.id] == [landed.id]


@pytest.mark.parametrize("how", ["the take cannot be put", "its project is gone"])
def test_dismissing_keeps_what_came_and_is_nowhere_else(
    house: House, movie: Path, tmp_path: Path, in_haste: None, how: str
) -> None:
    desk = house.desk()
    beside, at_home = tmp_path / "show" / "reshoot", house.folder / "takes"
    beside.parent.mkdir()
    desk.takes_folder = lambda project: beside if project else at_home
    if how == "the take cannot be put":
        beside.write_text("in the way")
    else:
        beside.parent.rmdir()
    job = desk.shoot(a_job(file=movie, service=house.gate.base))
    desk.listen(lambda event: event.job.id == job.id and event.job.state is State.FAILED)
    desk.runner.dismiss(job.id).result(LONGEST)
    gone = desk.listen(lambda event: event.job.dismissed > 0)
    (kept,) = at_home.glob(f"*_{job.id[:8]}.mp4")
    assert str(kept) in gone.words and kept.stat().st_size
    assert kept.with_suffix(".json").is_file()
    assert not desk.runner.folder_of(job).exists() and house.rows() == []


def test_dismissing_a_take_that_is_not_on_disk_any_more_keeps_what_came(house: House, movie: Path) -> None:
    desk = house.desk()
    landed = desk.hear(desk.shoot(a_job(file=movie, service=house.gate.base)), State.LANDED)
    until(lambda: desk.runner.is_at_rest)
    assert landed.take
    Path(landed.take.path).unlink()
    desk.runner.dismiss(landed.id).result(LONGEST)
    assert Path(landed.take.path).is_file() and house.rows() == []


def test_what_cannot_be_kept_is_not_dismissed(house: House, movie: Path) -> None:
    desk = house.desk()
    landed = desk.hear(desk.shoot(a_job(file=movie, service=house.gate.base)), State.LANDED)
    until(lambda: desk.runner.is_at_rest)
    assert landed.take
    Path(landed.take.path).unlink()
    desk.takes_folder = lambda project: house.folder / "journal.sqlite3" / "takes"
    with pytest.raises(StorageError):
        desk.runner.dismiss(landed.id).result(LONGEST)
    assert desk.row(landed).state is State.LANDED and desk.runner.folder_of(landed).is_dir()


def test_a_placed_take_that_is_not_on_disk_any_more_leaves_what_came(house: House, movie: Path) -> None:
    """Its project was moved before the journal heard of it."""
    desk = house.desk()
    landed = desk.hear(desk.shoot(a_job(file=movie, service=house.gate.base)), State.LANDED)
    until(lambda: desk.runner.is_at_rest)
    assert landed.take
    Path(landed.take.path).unlink()
    desk.runner.placed(landed.id, ()).result(LONGEST)
    assert list(desk.runner.folder_of(landed).glob("result-*.mp4"))


def test_a_take_that_was_never_saved_lands_again_once_the_lease_of_the_dead_blender_ends(
    house: House, movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "LEASE_SECONDS", 0.2)
    dead = house.desk("dead")
    landed = dead.hear(dead.shoot(a_job(file=movie, service=house.gate.base)), State.LANDED)
    dead.runner.placed(landed.id, ()).result(LONGEST)
    desk = house.desk("two")
    desk.runner.land_again(landed.id).result(LONGEST)
    assert desk.row(landed).state is State.PLACED and not desk.runner.is_at_rest
    dead.close()
    assert desk.hear(landed, State.LANDED).take == landed.take
    until(lambda: desk.runner.is_at_rest)
    assert desk.row(landed).state is State.LANDED


@pytest.mark.parametrize("placed", [False, True])
def test_a_take_that_is_gone_is_fetched_again(house: House, movie: Path, placed: bool) -> None:
    desk = house.desk()
    landed = desk.hear(desk.shoot(a_job(file=movie)), State.LANDED)
    if placed:
        desk.runner.placed(landed.id, ())
        desk.hear(landed, State.PLACED)
    until(lambda: desk.runner.is_at_rest)
    assert landed.take
    desk.runner.retry(landed.id).result(LONGEST)
    assert desk.row(landed).state is (State.PLACED if placed else State.LANDED), "it is there"
    desk.listen(lambda event: "nothing to retry" in event.words)
    Path(landed.take.path).unlink()
    desk.runner.retry(landed.id).result(LONGEST)
    again = desk.hear(landed, State.LANDED)
    assert again.take and Path(again.take.path).is_file()
    assert house.gate.count(SUBMIT) == 1


def test_what_was_asked_for_before_closing_is_written_down(house: House, movie: Path) -> None:
    desk = house.desk()
    landed = desk.hear(desk.shoot(a_job(file=movie)), State.LANDED)
    desk.runner.placed(landed.id, ())
    jobs = [desk.shoot(a_job(file=movie)) for _ in range(20)]
    desk.close()
    assert len(house.rows()) == 21 and house.rows()[0][0] == "PLACED"
    submitted = house.gate.count(SUBMIT)
    again = house.desk("two")
    assert all(again.journal.get(job.id) for job in jobs)
    assert submitted == sum(bool(request_id) for _, request_id in house.rows())


def test_what_is_asked_for_is_done_when_it_says_so(house: House, movie: Path) -> None:
    """Scripts wait for it."""
    house.stage.open.clear()
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    desk.hear(job, State.WAITING)
    desk.runner.cancel(job.id).result(LONGEST)
    assert desk.row(job).state is State.CANCELLED
    house.gate.at(STATUS, gates.holds)
    desk.runner.retry(job.id).result(LONGEST)
    assert desk.row(job).state is State.WAITING
    house.gate.opened.set()
    desk.listen(lambda event: event.job.state is State.FAILED)
    desk.runner.dismiss(job.id).result(LONGEST)
    assert house.rows() == [] and desk.row(job).dismissed


def test_closing_leaves_no_thread_and_takes_no_more_work(house: House, movie: Path) -> None:
    house.stage.open.clear()
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    desk.hear(job, State.WAITING)
    assert runner_threads()
    desk.runner.close()
    assert runner_threads() == []
    desk.runner.add([a_job(file=movie)])
    desk.runner.cancel(job.id)
    desk.runner.close()
    assert runner_threads() == []
    assert [state for state, _ in house.rows()] == ["WAITING"]


@pytest.mark.parametrize(
    ("kind", "held", "left_as", "found_as"),
    [
        (UPLOAD, gates.holds, "UPLOADING", State.UPLOADING),
        (SUBMIT, gates.holds_the_answer, "SUBMITTING", State.UNSURE),
        (STATUS, gates.holds, "WAITING", State.WAITING),
        (RESULT, gates.holds, "DOWNLOADING", State.DOWNLOADING),
        (DOWNLOAD, gates.holds_half_of_the_answer, "DOWNLOADING", State.DOWNLOADING),
    ],
)
def test_closing_does_not_wait_for_a_network_that_is_dead(
    house: House, movie: Path, kind: gates.Kind, held: Callable[[gates.Exchange], None], left_as: str, found_as: State
) -> None:
    house.gate.at(kind, held)
    desk = house.desk()
    job = desk.shoot(a_job(file=movie))
    until(lambda: house.gate.count(kind) == 1)
    began = time.monotonic()
    assert desk.runner.close() is False
    desk.journal.close()
    assert time.monotonic() - began < runner_module.CLOSE_SECONDS + 1
    desk._closed = True
    assert [state for state, _ in house.rows()] == [left_as]
    house.gate.opened.set()
    until(lambda: not runner_threads())
    for connection in desk._connections.values():
        connection.close()
    # Whatever came since, the row was not touched: it is the next Blender's.
    assert [state for state, _ in house.rows()] == [left_as]
    again = house.desk("two")
    again.runner.resume(job.id)
    again.listen(lambda event: event.job.state is found_as)
    if found_as is not State.UNSURE:
        again.hear(job, State.LANDED)
    assert house.gate.count(SUBMIT) == 1


def test_closing_does_not_wait_for_a_journal_that_another_blender_writes(house: House, movie: Path) -> None:
    house.stage.open.clear()
    desk = house.desk()
    desk.hear(desk.shoot(a_job(file=movie)), State.WAITING)
    with closing(sqlite3.connect(house.folder / "journal.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        desk.close()
        assert time.monotonic() - began < runner_module.CLOSE_SECONDS + 2


@pytest.mark.usefixtures("short_leases")
def test_no_thread_is_there_while_a_runner_is_paused(house: House, movie: Path) -> None:
    house.gate.at(UPLOAD, gates.holds)
    desk = house.desk()
    jobs = [desk.shoot(a_job(file=movie)) for _ in range(3)]
    until(lambda: house.gate.count(UPLOAD) == 2)
    claimed: list[Job | None] = []

    def look() -> None:
        # While somebody waits for the threads, the jobs are still this runner's.
        claimed.extend(another_gets(house, jobs))
        house.gate.opened.set()

    looking = threading.Thread(target=look)
    looking.start()
    with desk.runner.paused():
        assert runner_threads() == [] and house.gate.opened.is_set()
        done = desk.runner.written()
        assert not done.done() and runner_threads() == []
    looking.join()
    done.result(LONGEST)
    assert set(claimed) == {None}
    until(lambda: Counter(state for state, _ in house.rows()) == {"LANDED": 3})
    assert house.gate.count(SUBMIT) == 3


def test_a_lane_keeps_what_is_put_to_it_while_it_is_paused() -> None:
    lane, done = Lane("reshoot-paused", 2), []
    begun, gate = threading.Event(), threading.Event()
    lane.put(lambda: begun.set() or gate.wait())
    assert begun.wait(LONGEST)
    threading.Timer(0.1, gate.set).start()
    lane.pause()
    assert gate.is_set() and not lane.is_busy
    answers = [lane.put(lambda n=n: done.append(n)) for n in range(5)]
    assert lane.is_busy and not done and not any("reshoot-paused" in each.name for each in threading.enumerate())
    lane.go_on()
    assert [answer.result(LONGEST) for answer in answers] == [None] * 5
    assert sorted(done) == list(range(5))
    lane.close(finish=True)
    assert lane.join(time.monotonic() + LONGEST)


def test_a_lane_does_what_was_put_to_it_before_it_was_closed() -> None:
    kept, dropped = Lane("reshoot-kept", 1), Lane("reshoot-dropped", 1)
    gate = threading.Event()
    for lane in (kept, dropped):
        lane.put(gate.wait)
    answers = [lane.put(lambda: None) for lane in (kept, dropped)]
    kept.close(finish=True)
    dropped.close(finish=False)
    assert not kept.join(time.monotonic())
    gate.set()
    assert kept.join(time.monotonic() + LONGEST) and dropped.join(time.monotonic() + LONGEST)
    assert answers[0].result(0) is None and answers[1].cancelled()
    assert kept.put(lambda: None).cancelled()


# Limits of money


def test_what_would_pass_a_limit_by_now_is_not_submitted(house: House, movie: Path) -> None:
    """Both were allowed when they were pressed: two Blenders know nothing of each other then."""
    house.stage.open.clear()
    first, second = house.desk("one"), house.desk("two")
    for desk in (first, second):
        desk.journal.allowed = Budget(Decimal("0.75"), None)
    sent = first.shoot(a_job(file=movie, service=house.gate.base))
    first.hear(sent, State.WAITING)
    job = second.shoot(a_job(file=movie, service=house.gate.base))
    failed = second.listen(lambda event: event.job.id == job.id and event.job.state is State.FAILED).job
    assert (failed.paid, failed.retry_to, failed.request_id) == (Paid.NO, State.UPLOADING, "")
    assert "of today's $0.75" in failed.error and "preferences" in failed.remedy
    assert house.gate.count(SUBMIT) == 1
    house.stage.open.set()
    second.journal.allowed = Budget(Decimal("1.50"), None)
    second.runner.retry(job.id).result(20)
    second.hear(job, State.LANDED)
    assert house.gate.count(SUBMIT) == house.accepted() == 2


def test_the_file_of_a_rejected_take_goes_and_is_fetched_again(house: House, movie: Path) -> None:
    desk = house.desk()
    landed = desk.hear(desk.shoot(a_job(file=movie)), State.LANDED)
    desk.runner.placed(landed.id, ())
    desk.hear(landed, State.PLACED)
    until(lambda: desk.runner.is_at_rest)
    assert landed.take
    take = Path(landed.take.path)
    with pytest.raises(PlacementError, match="not rejected"):
        desk.runner.clean_up(landed.id, take.parent, ()).result(LONGEST)
    desk.runner.mark(landed.id, rating=Rating.REJECT).result(LONGEST)
    with pytest.raises(PlacementError, match="uses it"):
        desk.runner.clean_up(landed.id, take.parent, {same_for_all(str(take))}).result(LONGEST)
    desk.listen(lambda event: "uses it" in event.words)
    other = house.desk("two")
    with pytest.raises(PlacementError, match="Another Blender"):
        other.runner.clean_up(landed.id, take.parent, ()).result(LONGEST)
    assert take.is_file()
    desk.runner.clean_up(landed.id, take.parent, ()).result(LONGEST)
    told = desk.listen(lambda event: "fetches it again" in event.words)
    assert not take.exists() and receipt_path(take).is_file()
    row = desk.row(landed)
    assert row == told.job and row.take == landed.take and row.state is State.PLACED and told.words in row.notes
    desk.runner.retry(landed.id).result(LONGEST)
    again = desk.hear(landed, State.LANDED)
    assert again.take and Path(again.take.path).is_file() and house.gate.count(SUBMIT) == 1
