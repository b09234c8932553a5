# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: one shot of real footage goes from a Blender timeline to the service and comes back as a strip in its
place, through the installed extension. Leaves the project and everything about it in build/demo.

CLIP, PROMPT and IMAGES in the environment take the place of the demo's own. It is a rehearsal unless LIVE=1.
"""

from __future__ import annotations

import argparse
import importlib
import math
import os
import shlex
import shutil
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import demo_console as console
import demo_report as report
from demo_console import DemoFailed
from demo_folder import BLENDER, HOME, LIVE_HOME, LOG, OUT, PROJECT, REHEARSAL_HOME, ROOT, check_outside, clear
from footage import FOOTAGE

MODULE = "bl_ext.user_default.reshoot"

LIVE = os.environ.get("LIVE") == "1"
if not LIVE:
    # Whatever service the environment names: a rehearsal is a rehearsal.
    os.environ.pop("RESHOOT_SERVICE_URL", None)
os.environ["RESHOOT_HOME"] = str(LIVE_HOME if LIVE else REHEARSAL_HOME)
# Before bpy is imported: that is when Blender looks for its folders.
os.environ["BLENDER_USER_RESOURCES"] = str(BLENDER)
# For the thumbnails that it makes of what it saves.
os.environ["XDG_CACHE_HOME"] = str(BLENDER / "cache")

import bpy  # noqa: E402

# isort: split
# Blender's own modules can be imported once bpy is.
import addon_utils  # noqa: E402
import demo_picture as picture  # noqa: E402
import demo_timeline as timeline  # noqa: E402

CREDIT = "Big Buck Bunny © Blender Foundation, CC BY 3.0"
PROMPT = "Fresh snow on the meadow, the sky of @Image1, and a red scarf for @Element1"
BUNNY = (
    timeline.Crop("meadow", 0.0, left=0.56, top=0.0, right=1.0, bottom=0.72),
    timeline.Crop("bunny-front", 0.275, left=0.16, top=0.08, right=0.58, bottom=0.83),
    timeline.Crop("bunny-standing", 0.37, left=0.12, top=0.03, right=0.54, bottom=0.97),
)
"""The first is @Image1; the second is the frontal view of @Element1 and the third a further one."""
ANY = (timeline.Crop("start", 0.0), timeline.Crop("middle", 0.5), timeline.Crop("end", 1.0))
SHOWN = (0.13, 0.5, 0.87)
"""Where in the shot the frames of the before/after picture are."""
LARGEST_PICTURE = 400_000


def main() -> None:
    parser = argparse.ArgumentParser(description="One shot, from a Blender timeline to the service and back.")
    parser.add_argument("--zip", type=Path, required=True, help="the extension, as `make build` makes it")
    parser.add_argument("--picture", type=Path, help="write the before/after picture here too, PNG or JPEG by its name")
    arguments = parser.parse_args()
    console.send_blender_to(LOG)
    try:
        run(arguments.zip, arguments.picture)
    except DemoFailed as problem:
        sys.exit(f"demo: {problem}")
    except KeyboardInterrupt:
        sys.exit("demo: stopped")


def run(archive: Path, copy_of_picture: Path | None) -> None:
    began = time.monotonic()
    if LIVE and not os.environ.get("FAL_KEY"):
        raise DemoFailed("LIVE=1 needs a key for fal.ai in FAL_KEY. Without LIVE=1 the demo is a rehearsal, and free.")
    clip, images = given_clip(), given_images()
    clear()
    bpy.ops.wm.read_homefile(app_template="Video_Editing", use_factory_startup=True)
    install(archive)
    scene = build_timeline(clip, images)
    job, times = reshoot(scene)
    timeline.save(PROJECT)
    scene, take = reopen(job)
    shutil.copyfile(job.clip, OUT / "sent-clip.mp4")
    draw(scene, take, job, copy_of_picture)
    close(take, job, times, time.monotonic() - began)


def given_clip() -> Path | None:
    """The file that CLIP names, None where it names none."""
    if not os.environ.get("CLIP"):
        return None
    clip = Path(os.environ["CLIP"]).expanduser()
    check_outside(clip)
    timeline.probe(clip)
    return clip


def given_images() -> list[Path]:
    """The files that IMAGES names, in a shell's quotes where a name has spaces; none where it is empty."""
    try:
        images = [Path(image).expanduser() for image in shlex.split(os.environ.get("IMAGES", ""))]
    except ValueError as error:
        raise DemoFailed(f"IMAGES cannot be read: {error}.") from error
    for image in images:
        check_outside(image)
        if not image.is_file():
            raise DemoFailed(f"there is no image at {image}. In IMAGES, quote a name that has spaces.")
    if images and not 3 <= len(images) <= 5:
        raise DemoFailed(
            f"IMAGES names {len(images)} files; it takes 3 to 5: one for @Image1, then for @Element1 the frontal view "
            "and 1 to 3 more views."
        )
    return images


def install(archive: Path) -> None:
    """Install the zip as a user would, and set what the demo needs."""
    addon_utils.enable("bl_pkg", default_set=True)
    bpy.ops.extensions.package_install_files(
        filepath=str(archive.resolve()), repo="user_default", enable_on_install=True, overwrite=True
    )
    if addon_utils.check(MODULE) != (True, True):
        raise DemoFailed(f"the extension was installed and did not start; {LOG} says why.")
    preferences = bpy.context.preferences
    preferences.filepaths.save_version = 0
    chosen = preferences.addons[MODULE].preferences
    chosen.keep_clips = True
    chosen.service = "FAL" if LIVE else "REHEARSAL"
    if LIVE:
        preferences.system.use_online_access = True


def part(name: str) -> ModuleType:
    """A module of the installed extension."""
    return importlib.import_module(f"{MODULE}.{name}")


def build_timeline(clip: Path | None, images: list[Path]) -> Any:
    """The scene, saved as the project, with its references and the shot's strip selected.

    clip: None for the demo's own. images: none for stills of the clip.
    """
    footage = timeline.probe(timeline.copy_in(clip or FOOTAGE, OUT / "footage"))
    frames = frames_that_fit(footage)
    folder = OUT / "stills"
    folder.mkdir()
    if images:
        stills = [timeline.copy_in(image, folder) for image in images]
    else:
        stills = timeline.cut_stills(footage, frames, ANY if clip else BUNNY, folder)
    name = clip.stem if clip else "Big Buck Bunny"
    scene, strip, image_strips = timeline.build(footage, frames, name, stills)
    # The references and the take are to be kept beside the file, so it needs a name first.
    timeline.save(PROJECT)
    for kind, chosen in (("IMAGE", image_strips[:1]), ("ELEMENT", image_strips[1:])):
        timeline.select(scene, chosen)
        operate(lambda kind=kind: bpy.ops.reshoot.reference_add(kind=kind))
    timeline.select(scene, [strip])

    version = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))["version"]
    console.say(f"Reshoot {version} in Blender {bpy.app.version_string}")
    console.say(f"  footage     {footage.path.name}" + ("" if clip else f" ({CREDIT})"))
    console.say(
        f"  timeline    {frames} frames at {words_of(footage.fps)} fps, {'with' if footage.sound else 'no'} sound"
    )
    if frames < footage.frames:
        console.say(f"              the first {frames} of {footage.frames} frames: longer ones are not taken")
    console.say(f"  references  @Image1: {stills[0].name}; @Element1: {', '.join(still.name for still in stills[1:])}")
    return scene


def frames_that_fit(footage: timeline.Footage) -> int:
    """How many frames of the clip, from its start, the service takes; the product refuses what is too short."""
    model, conform = next(iter(part("core.models.table").MODELS.values())), part("core.planning.conform")
    every_frame = footage.fps <= conform.EVERY_FRAME_UP_TO
    rate = model.every_frame_rate(footage.fps) if every_frame else footage.fps
    most: int = math.floor(model.limits.max_seconds * rate)
    return min(footage.frames, most)


def words_of(fps: Any) -> str:
    """A rate as editors write it."""
    words: str = part("core.values.plan").rate_words(fps)
    return words


def reshoot(scene: Any) -> tuple[Any, dict[str, float]]:
    """Send the shot and wait until its take is placed. Its job, and the seconds of each step."""
    prompt = os.environ.get("PROMPT", "").strip() or PROMPT
    board = part("core.jobs.board")
    scene.reshoot.prompt = prompt
    console.say(f"  prompt      {prompt}")
    planned = part("session.start").preview(scene)
    if LIVE and planned.plan is not None:
        where = os.environ.get("RESHOOT_SERVICE_URL") or "fal.ai"
        console.say(f"  price       about ${planned.plan.price}, charged by {where}")
    elif planned.plan is not None:
        console.say(f"  price       nothing: a rehearsal on this computer (about ${planned.plan.price} at fal.ai)")
    for warning in planned.warnings:
        console.say(f"  note        {warning}")
    console.say()
    with report.Follower(board, live=LIVE) as follower:
        operate(lambda: bpy.ops.reshoot.shoot(prompt=prompt))
    job = follower.job
    # Ends what still runs, so that all of it is on disk: the receipt is completed after the take is placed.
    part("session").close()
    return job, follower.times(job)


def operate(call: Any) -> None:
    """Call an operator; what it reports as an error becomes ours."""
    try:
        result = call()
    except RuntimeError as error:
        said = str(error).strip()
        if "KeyboardInterrupt" in said:
            raise KeyboardInterrupt from error
        raise DemoFailed(said.removeprefix("Error: ")) from error
    if result != {"FINISHED"}:
        raise DemoFailed(f"Blender answered {result}; {LOG} may say more.")


def reopen(job: Any) -> tuple[Any, Any]:
    """Open the saved project afresh and see that all is as it should be. Its scene, and the strip of the take."""
    bpy.ops.wm.open_mainfile(filepath=str(PROJECT))
    for path in timeline.paths_inside():
        there = Path(bpy.path.abspath(path)).resolve()
        if not path.startswith("//") or not there.exists() or not there.is_relative_to(OUT):
            raise DemoFailed(f"{PROJECT.name} names {path}, which is not a file beside it.")
    scene = bpy.context.workspace.sequencer_scene
    takes = [strip for strip in scene.sequence_editor.strips_all if strip.get("reshoot_job") == job.id]
    if len(takes) != 1:
        raise DemoFailed(f"{PROJECT.name} holds {len(takes)} strips of the take, not one.")
    shown, shot = (takes[0].frame_final_start, takes[0].frame_final_end), job.shot
    if shown != (shot.start, shot.start + shot.frames):
        raise DemoFailed(f"the take lies on frames {shown[0]} to {shown[1] - 1}, which are not the shot's.")
    if not report.receipt_of(job).is_file():
        raise DemoFailed("the take has no receipt beside it.")
    return scene, takes[0]


def draw(scene: Any, take: Any, job: Any, copy: Path | None) -> None:
    """Make the before/after picture."""
    frames = [job.shot.start + round(at * (job.shot.frames - 1)) for at in SHOWN]
    prompt = job.order.prompt if len(job.order.prompt) <= 100 else f"{job.order.prompt[:99]}…"
    labels = picture.Labels(
        before=f"{job.shot.name}, {job.shot.frames} frames at {words_of(job.shot.fps)} fps",
        after=job.model.label if LIVE else "a rehearsal: the stand-in picture, made on this computer, free of charge",
        columns=[f"Frame {frame}" for frame in frames],
        credit=f"“{prompt}”" + ("" if os.environ.get("CLIP") else f"   ·   {CREDIT}"),
    )
    targets = [OUT / "before-after.png", *([copy.resolve()] if copy else [])]
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        picture.compose(picture.render_pairs(scene, take, frames, Path(folder)), labels, targets)
    if copy and copy.stat().st_size > LARGEST_PICTURE:
        raise DemoFailed(f"{copy} has {copy.stat().st_size} bytes, more than {LARGEST_PICTURE}; a .jpg is smaller.")


def close(take: Any, job: Any, times: dict[str, float], whole: float) -> None:
    """Print the closing table, and what lies where."""
    sent, returned = (timeline.probe(path) for path in (OUT / "sent-clip.mp4", Path(job.take.path)))
    shot, last = job.shot, take.frame_final_end - 1
    rows = report.closing_rows(
        job,
        shot=f"{shot.frames} frames at {words_of(shot.fps)} fps ({float(shot.frames / shot.fps):.2f} s), "
        f"{shot.width}×{shot.height}",
        sent=movie_words(sent),
        returned=movie_words(returned),
        placed=f"{take.frame_final_duration} frames at {words_of(shot.fps)} fps: {take.frame_final_start} to {last}, "
        f"channel {take.channel}, “{take.name}”",
        times=times,
        whole=whole,
    )
    console.table("What became of the shot", rows)
    files = sorted(path for path in OUT.rglob("*") if path.is_file())
    console.table(
        f"What is in {OUT.relative_to(ROOT)}",
        [(str(path.relative_to(OUT)), console.megabytes(path.stat().st_size)) for path in files],
    )


def movie_words(movie: timeline.Footage) -> str:
    """A movie file in words."""
    return (
        f"{movie.frames} frames at {words_of(movie.fps)} fps ({float(movie.frames / movie.fps):.2f} s), "
        f"{movie.width}×{movie.height}, {console.megabytes(movie.path.stat().st_size)}"
    )


if __name__ == "__main__":
    main()
