# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service gets that refuses, breaks or lies: words for the editor, an honest journal, and never a second bill.

In every case the timeline is as it was, exactly as many submissions left as must have, and the job can be taken up
again: without another submission wherever the service had accepted the first.
"""

from __future__ import annotations

import resource
import threading
from pathlib import Path
from typing import Any

import av
import bad_service
import bpy
import footage
import pytest
from bad_service import Answer, BadService, Exchange, accepts_and_drops, cuts_downloads, drops, says, sends
from campaign import CAMPAIGN, sampled
from editing import PROMPT, Timeline, add_movie, refusal, retry, takes, the_job
from footage import FRAMES
from reshoot import session
from reshoot.core.jobs import board, steps
from reshoot.core.service import download
from reshoot.timeline import compat

pytestmark = pytest.mark.usefixtures("selected_movie", "short_patience", "uncompared")

LOCKED = "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."
BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
BEFORE = ("token", "upload")
"""Where trouble comes before anything is submitted."""
AFTER = ("status", "result", "download")
"""Where it comes after the service has accepted the job."""


def shoot_stopped(
    scene: bpy.types.Scene,
    service: BadService,
    *words: str,
    state: str = "FAILED",
    paid: str,
    submitted: int,
    accepted: int,
) -> None:
    """The shot ends in `words` and `state`, and nothing has changed in the timeline."""
    timeline = Timeline(scene)
    said = refusal(bpy.ops.reshoot.shoot)
    missing = [each for each in words if each not in said]
    assert not missing, f"{missing} not in: {said}"
    assert bad_service.KEY not in said
    timeline.is_as_it_was()
    job = the_job()
    assert job.error in said
    assert (job.state, job.paid) == (state, paid)
    assert job.request_id == ("request-1" if accepted and state != "UNSURE" else "")
    assert (service.count("submit"), len(service.accepted)) == (submitted, accepted)


def always_for_the_first(wrong: Answer) -> Answer:
    """`wrong` for the first request that was accepted, as often as it is asked about; the others are served."""

    def answer(exchange: Exchange) -> None:
        if exchange.asked.job == "request-1":
            wrong(exchange)
        else:
            exchange.service.rightly(exchange)

    return answer


def retry_placed(
    scene: bpy.types.Scene, service: BadService, *, submitted: int, accepted: int, behaves: bool = True
) -> None:
    """The service behaves again: the job goes on and its take is placed."""
    if behaves:
        service.behave()
    timeline = Timeline(scene)
    retry()
    timeline.has_only_gained_a_take()
    (take,) = takes(scene)
    assert take["reshoot_job"] == the_job().id
    assert compat.length(take) == FRAMES
    assert (the_job().state, the_job().paid, the_job().error) == ("PLACED", "YES", "")
    assert (service.count("submit"), len(service.accepted)) == (submitted, accepted)


def detail(kind: str, loc: tuple[object, ...], message: str = "words of the service", **context: Any) -> dict[str, Any]:
    """A refusal as the service writes it."""
    entry = {"loc": ["body", *loc], "msg": message, "type": kind, "input": "https://files.example/clip.mp4"}
    return {"detail": [entry | ({"ctx": context} if context else {})]}


# ---- the service as it should be


def test_a_service_that_behaves_places_the_take(scene: bpy.types.Scene, service: BadService) -> None:
    timeline = Timeline(scene)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    timeline.has_only_gained_a_take()
    assert (the_job().state, the_job().request_id, the_job().paid) == ("PLACED", "request-1", "YES")
    (body,) = service.accepted.values()
    assert body.keys() == {"prompt", "video_url", "keep_audio"}
    assert (body["prompt"], body["keep_audio"]) == (PROMPT, False)
    assert [request.point for request in service.requests] == [
        "token",
        "upload",
        "submit",
        "status",
        "result",
        "download",
    ]
    (fetched,) = service.heard("download")
    assert "authorization" not in fetched.headers and bad_service.KEY not in str(fetched.headers)


# ---- the account


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (401, "invalid key credentials", ("does not accept the key", "Check the key in Reshoot's preferences")),
        (
            403,
            LOCKED,
            ("has locked the account", "Exhausted balance", "Top up the balance"),
        ),
        (403, "Forbidden", ("does not allow this with the key", "Check the key")),
    ],
    ids=["401", "403 balance", "403"],
)
@pytest.mark.parametrize("point", sampled(["token", "upload", "submit", "status", "result"], "submit", "status"))
def test_the_account_is_refused(
    scene: bpy.types.Scene, service: BadService, point: str, status: int, said: str, words: tuple[str, ...]
) -> None:
    service.misbehave(point, says(status, {"detail": said}))
    sent = int(point not in BEFORE)
    accepted = int(point in AFTER)
    shoot_stopped(scene, service, *words, paid="UNKNOWN" if accepted else "NO", submitted=sent, accepted=accepted)
    # What was refused at the door may be submitted again; what was accepted is asked for, not ordered again.
    retry_placed(scene, service, submitted=2 if point == "submit" else 1, accepted=1)


# ---- refusals of the very request


@pytest.mark.parametrize(
    ("kind", "loc", "context", "words", "paid"),
    [
        (
            "content_policy_violation",
            ("prompt",),
            {},
            ("The prompt goes against the service's content rules",),
            "UNKNOWN",
        ),
        ("no_media_generated", (), {}, ("made no video", "Say the prompt more plainly"), "UNKNOWN"),
        ("image_too_small", ("image_urls", 1), {"min_width": 300}, ("@Image2 is too small", "at least 300 px"), "NO"),
        ("image_too_large", ("image_urls", 0), {}, ("@Image1 is too large", "smaller picture"), "NO"),
        (
            "image_load_error",
            ("elements", 0, "frontal_image_url"),
            {},
            ("frontal view of @Element1", "another picture"),
            "NO",
        ),
        ("file_download_error", ("video_url",), {}, ("The clip could not be fetched by the service",), "NO"),
        ("file_too_large", ("video_url",), {"max_size": 200000000}, ("The clip", "200,000,000 bytes"), "NO"),
        (
            "video_duration_too_long",
            ("video_url",),
            {"max_duration": 10.05, "provided_duration": 33.6},
            ("The clip is too long", "at most 10.05 s", "it has 33.6 s", "Shorten the shot"),
            "NO",
        ),
        (
            "video_duration_too_short",
            ("video_url",),
            {"min_duration": 3},
            ("too short", "at least 3 s", "handles"),
            "NO",
        ),
        ("unsupported_image_format", ("image_urls", 0), {}, ("@Image1", "does not take", "PNG or JPEG"), "NO"),
        ("unsupported_video_format", ("video_url",), {}, ("The clip", "does not take", "MP4"), "NO"),
        ("string_too_long", ("prompt",), {"max_length": 2500}, ("The prompt is too long", "2,500", "Shorten it"), "NO"),
        ("a_type_of_next_year", ("video_url",), {}, ("The clip was refused", "words of the service"), "NO"),
    ],
    ids=lambda value: value if isinstance(value, str) and "_" in value else "",
)
def test_the_request_is_refused_when_it_is_worked_on(
    scene: bpy.types.Scene,
    service: BadService,
    kind: str,
    loc: tuple[object, ...],
    context: dict[str, Any],
    words: tuple[str, ...],
    paid: str,
) -> None:
    service.misbehave("result", always_for_the_first(says(422, detail(kind, loc, **context))))
    shoot_stopped(scene, service, *words, paid=paid, submitted=1, accepted=1)
    # The same result is asked for once more; as it is refused again, a retry is a new submission.
    retry_placed(scene, service, submitted=2, accepted=2, behaves=False)


def test_a_refusal_that_is_taken_back_is_not_paid_for_again(scene: bpy.types.Scene, service: BadService) -> None:
    service.misbehave("result", says(500, {"detail": "Internal error", "error_type": "internal_error"}))
    shoot_stopped(scene, service, paid="NO", submitted=1, accepted=1)
    retry_placed(scene, service, submitted=1, accepted=1)


@pytest.mark.parametrize("kind", ["content_policy_violation", "video_duration_too_long"])
def test_the_request_is_refused_at_the_door(scene: bpy.types.Scene, service: BadService, kind: str) -> None:
    service.misbehave("submit", says(422, detail(kind, ("video_url",))))
    shoot_stopped(scene, service, "The clip", paid="NO", submitted=1, accepted=0)
    retry_placed(scene, service, submitted=2, accepted=1)


def test_a_failure_that_the_status_tells(scene: bpy.types.Scene, service: BadService) -> None:
    told = {"status": "COMPLETED", "logs": [], "error": "Request timed out", "error_type": "request_timeout"}
    service.misbehave("status", always_for_the_first(says(200, told)))
    shoot_stopped(scene, service, "ran out of time", "not billed", paid="NO", submitted=1, accepted=1)
    retry_placed(scene, service, submitted=2, accepted=2, behaves=False)


# ---- a service out of order


@pytest.mark.parametrize("status", sampled([500, 502, 503, 504], 502))
@pytest.mark.parametrize("point", ["upload", *AFTER])
def test_the_service_is_out_of_order(scene: bpy.types.Scene, service: BadService, point: str, status: int) -> None:
    service.misbehave(point, says(status, BAD_GATEWAY if status == 502 else {"detail": "Something broke"}))
    accepted = int(point in AFTER)
    paid = {"download": "YES"}.get(point, "UNKNOWN" if accepted else "NO")
    shoot_stopped(
        scene,
        service,
        f"HTTP {status}" if point == "download" else "out of order",
        paid=paid,
        submitted=accepted,
        accepted=accepted,
    )
    assert service.count(point) > 1, "it was not asked again before the editor was told"
    retry_placed(scene, service, submitted=1, accepted=1)


@pytest.mark.parametrize("point", sampled([*BEFORE, *AFTER], "token", "status"))
def test_trouble_that_passes_needs_nobody(
    scene: bpy.types.Scene, service: BadService, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    monkeypatch.setattr(steps, "PATIENCE", 60.0)
    service.misbehave(point, says(503, {"detail": "Service Unavailable"}), times=2)
    timeline = Timeline(scene)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    timeline.has_only_gained_a_take()
    assert (service.count("submit"), len(service.accepted)) == (1, 1)
    assert service.count(point) == 3


@pytest.mark.parametrize("status", sampled([429, 500, 503], 429))
def test_a_busy_service_does_not_take_the_submission(scene: bpy.types.Scene, service: BadService, status: int) -> None:
    service.misbehave("submit", says(status, {"detail": "Try later"}))
    shoot_stopped(scene, service, "too busy or out of order", "Try later", paid="NO", submitted=1, accepted=0)
    retry_placed(scene, service, submitted=2, accepted=1)


def test_the_service_goes_away_before_the_submission(scene: bpy.types.Scene, service: BadService) -> None:
    def last_words(exchange: bad_service.Exchange) -> None:
        service.close_the_door()
        service.rightly(exchange)

    service.misbehave("upload", last_words)
    shoot_stopped(scene, service, "could not be reached", "nothing was sent", paid="NO", submitted=0, accepted=0)
    service.open_the_door()
    retry_placed(scene, service, submitted=1, accepted=1)
    assert service.count("upload") == 1, "what was uploaded was uploaded again"


# ---- answers that are lost


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        (accepts_and_drops, 1),
        pytest.param(drops, 0, marks=CAMPAIGN),
        (says(502, BAD_GATEWAY), 0),
        pytest.param(says(504, {"detail": "Gateway Timeout"}), 0, marks=CAMPAIGN),
        pytest.param(says(200, {"status": "IN_QUEUE"}), 0, marks=CAMPAIGN),
        pytest.param(says(200, "<html>Welcome to the hotel's network</html>"), 0, marks=CAMPAIGN),
    ],
    ids=["accepted and lost", "dropped", "502", "504", "no id", "a page"],
)
def test_the_answer_to_the_submission_is_lost(
    scene: bpy.types.Scene, service: BadService, answer: bad_service.Answer, accepted: int
) -> None:
    service.misbehave("submit", answer)
    shoot_stopped(
        scene,
        service,
        "whether it was accepted is unknown",
        "if it is there it was accepted",
        "may cost the price again",
        state="UNSURE",
        paid="UNKNOWN",
        submitted=1,
        accepted=accepted,
    )
    # Nothing but the editor sends it again: not another look, not taking up what is unfinished.
    assert bpy.ops.reshoot.resume() == {"FINISHED"}
    assert service.count("submit") == 1
    # This service has no list of its requests: whoever retries is told that first.
    assert "refused looking for the request" in refusal(bpy.ops.reshoot.job_retry, job=the_job().id)
    assert the_job().state == "UNSURE" and service.count("submit") == 1
    retry_placed(scene, service, submitted=2, accepted=1 + accepted)


def test_taking_up_jobs_leaves_a_submission_alone_that_is_on_its_way(
    scene: bpy.types.Scene, service: BadService
) -> None:
    def while_it_is_on_its_way(exchange: bad_service.Exchange) -> None:
        runner = session.current().runner
        assert the_job().state == "SUBMITTING"
        runner.resume(the_job().id)
        runner.retry("nobody").result(10)  # one thread takes what is asked in order: it has been looked at now
        service.rightly(exchange)

    service.misbehave("submit", while_it_is_on_its_way, times=1)
    timeline = Timeline(scene)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    timeline.has_only_gained_a_take()
    assert (the_job().state, the_job().request_id) == ("PLACED", "request-1")
    assert (service.count("submit"), len(service.accepted)) == (1, 1)


# ---- results that are none


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (says(200, "<html><body>Your session has expired</body></html>"), "a page or a message, not a video"),
        pytest.param(says(200, {"detail": "all is well"}), "a page or a message, not a video", marks=CAMPAIGN),
        (sends(b"<html>a page that says it is a video</html>" * 100), "not an MP4 or MOV file"),
        (sends(b"\0\0\0\x20ftypisom" + b"and then nothing of the kind " * 1000), "not a video that can be read"),
    ],
    ids=["a page", "JSON", "a page as a video", "an MP4 in name"],
)
def test_the_result_is_not_a_video(
    scene: bpy.types.Scene, service: BadService, answer: bad_service.Answer, words: str
) -> None:
    _announce_nothing(service)
    service.misbehave("download", answer)
    shoot_stopped(scene, service, words, paid="YES", submitted=1, accepted=1)
    assert _files(service_takes()) == [], "what is no take was left among the takes"
    retry_placed(scene, service, submitted=1, accepted=1)


def test_the_result_is_a_picture_named_as_a_video(scene: bpy.types.Scene, service: BadService, tmp_path: Path) -> None:
    picture = footage.png(tmp_path / "picture.png").read_bytes()
    _announce_nothing(service)
    service.misbehave("download", sends(picture))
    shoot_stopped(scene, service, "not an MP4 or MOV file", paid="YES", submitted=1, accepted=1)
    retry_placed(scene, service, submitted=1, accepted=1)


def test_a_whole_result_of_another_size_than_announced_is_placed(scene: bpy.types.Scene, service: BadService) -> None:
    _announce(service, 12_345)
    timeline = Timeline(scene)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    timeline.has_only_gained_a_take()
    assert Path(takes(scene)[0].filepath).read_bytes() == service.clip_of("request-1")
    assert (service.count("submit"), service.count("download"), len(service.accepted)) == (1, 1, 1)


def test_a_part_of_the_result_is_told_by_the_size_announced(
    scene: bpy.types.Scene, service: BadService, movie: Path
) -> None:
    service.misbehave("download", sends(movie.read_bytes()[:-100]))
    shoot_stopped(scene, service, "which is not the whole file", paid="YES", submitted=1, accepted=1)
    retry_placed(scene, service, submitted=1, accepted=1)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, marks=CAMPAIGN),
        pytest.param({"video": None}, marks=CAMPAIGN),
        {"video": {"url": ""}},
        {"video": {"url": "http://files.example/output.mp4"}},
        "<html></html>",
    ],
    ids=["nothing", "null", "no address", "not https", "a page"],
)
def test_the_result_has_no_video(scene: bpy.types.Scene, service: BadService, body: object) -> None:
    service.misbehave("result", says(200, body))
    shoot_stopped(scene, service, "in a form that Reshoot does not know", paid="UNKNOWN", submitted=1, accepted=1)
    retry_placed(scene, service, submitted=1, accepted=1)


def test_the_result_is_gone(scene: bpy.types.Scene, service: BadService) -> None:
    service.misbehave("download", says(404, {"detail": "Not Found"}))
    shoot_stopped(scene, service, "no longer at the service", paid="YES", submitted=1, accepted=1)
    retry_placed(scene, service, submitted=1, accepted=1)


# ---- downloads that break


def test_the_download_is_cut_at_every_try(scene: bpy.types.Scene, service: BadService) -> None:
    service.misbehave("download", cuts_downloads(0.3))
    shoot_stopped(scene, service, "could not be fetched", "Resume the job", paid="YES", submitted=1, accepted=1)
    assert service.count("download") >= 2 * download.ATTEMPTS, "it was not asked again before the editor was told"
    assert _files(service_takes()) == []
    retry_placed(scene, service, submitted=1, accepted=1)
    assert _pictures(Path(takes(scene)[0].filepath)) == FRAMES


def test_the_download_is_cut_once_and_goes_on_from_there(
    scene: bpy.types.Scene, service: BadService, tmp_path: Path
) -> None:
    add_movie(scene, footage.movie(tmp_path / "noise.mp4", frames=FRAMES, noise=True), channel=3)
    service.misbehave("download", cuts_downloads(0.5), times=1)
    timeline = Timeline(scene)
    assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    timeline.has_only_gained_a_take()
    first, second = service.heard("download")
    assert "range" not in first.headers
    assert int(second.headers["range"].removeprefix("bytes=").removesuffix("-")) > 0
    assert second.headers["if-range"] == '"1"'
    assert Path(takes(scene)[0].filepath).read_bytes() == service.clip_of("request-1")
    assert (service.count("submit"), len(service.accepted)) == (1, 1)


# ---- the disk, while the service works


def test_the_takes_folder_is_taken_away_meanwhile(scene: bpy.types.Scene, service: BadService) -> None:
    folder = service_takes()

    def meanwhile(exchange: bad_service.Exchange) -> None:
        folder.rmdir()
        folder.touch()
        service.rightly(exchange)

    service.misbehave("status", meanwhile, times=1)
    shoot_stopped(
        scene, service, str(folder), "cannot be written", "Make it writable", paid="YES", submitted=1, accepted=1
    )
    folder.unlink()
    retry_placed(scene, service, submitted=1, accepted=1)


def test_the_room_runs_out_while_the_take_comes(scene: bpy.types.Scene, service: BadService) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def meanwhile(exchange: bad_service.Exchange) -> None:
        # The journal, which is smaller, is written all the same.
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(service.clip_of("request-1")) - 1, before[1]))
        service.rightly(exchange)

    service.misbehave("download", meanwhile)
    try:
        shoot_stopped(scene, service, "no room left", "Make room on that disk", paid="YES", submitted=1, accepted=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    retry_placed(scene, service, submitted=1, accepted=1)


def test_the_journal_cannot_be_written_when_the_answer_comes(scene: bpy.types.Scene, service: BadService) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    told: list[str] = []
    over = threading.Event()

    def make_room() -> None:
        while "Trying again" not in board.all_jobs()[0].words and not over.wait(0.01):
            pass
        told.append(board.all_jobs()[0].words)
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    def meanwhile(exchange: bad_service.Exchange) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
        threading.Thread(target=make_room, daemon=True).start()
        service.rightly(exchange)

    service.misbehave("submit", meanwhile, times=1)
    timeline = Timeline(scene)
    try:
        assert bpy.ops.reshoot.shoot() == {"FINISHED"}
    finally:
        over.set()
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "The journal" in told[0] and "cannot be read or written" in told[0]
    timeline.has_only_gained_a_take()
    assert (the_job().state, the_job().request_id) == ("PLACED", "request-1")
    assert (service.count("submit"), len(service.accepted)) == (1, 1)


def service_takes() -> Path:
    """Where the takes of the open file go."""
    return session.home() / "takes"


def _announce_nothing(service: BadService) -> None:
    """Let the service not tell how long its result is."""
    _announce(service, None)


def _announce(service: BadService, size: int | None) -> None:
    """Let the service say that its result has `size` bytes."""

    def answer(exchange: bad_service.Exchange) -> None:
        says(200, {"video": {"url": service.result_url("request-1"), "file_size": size}})(exchange)

    service.misbehave("result", answer)


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def _pictures(path: Path) -> int:
    with av.open(str(path)) as video:
        return sum(1 for _ in video.decode(video=0))
