# SPDX-License-Identifier: GPL-3.0-or-later
"""What exports are compared with: the ffmpeg program making the same clip at the same quality."""

from __future__ import annotations

import json
import re
import resource
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from cases import Case
from film import FFMPEG, ffmpeg, files

DEFAULT = "medium"
_FAST = ("veryfast", "superfast", "ultrafast")
_LIKE = 0.1
"""dB by which the mean PSNR of two clips may differ to be called the same quality."""
_TRIES = 8
_DB_PER_CRF = 0.6
"""About what one step of x264's constant rate factor changes on this footage."""
_TO_YUV = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"


@dataclass(frozen=True)
class Rival:
    """How the ffmpeg program is run. preset, crf: x264's. psnr: of its clip against the source, dB."""

    preset: str
    crf: float
    psnr: float


@dataclass(frozen=True)
class Range:
    """Frames of the footage that a clip shows. first: of the lowest strip. width, height: of the clip, pixels."""

    first: int
    frames: int
    width: int
    height: int


def words(case: Case, part: Range, footage: Path, rival: Rival, target: Path) -> list[object]:
    """The ffmpeg program's arguments for a clip of `case` at `target`."""
    out = ["-frames:v", part.frames, "-an", "-c:v", "libx264", "-preset", rival.preset, "-crf", f"{rival.crf:.2f}"]
    layers = [(0, 0), *case.above]
    read = [word for index in range(len(layers)) for word in _input(case, part.first + index * case.apart, footage)]
    return [*read, "-filter_complex", f"{_picture(case, part)}[v]", "-map", "[v]", *out, target]


def psnr(clip: Path, case: Case, part: Range, footage: Path) -> float:
    """Mean PSNR of a clip's frames against those of the source, dB; by the ffmpeg program's own filter."""
    # One clock for both, in which a frame is one tick: the filter pairs frames by their times.
    count = "settb=1/30,setpts=N"
    graph = f"{_picture(case, part)},{count}[source];[{1 + len(case.above)}:v]{count}[clip];[clip][source]psnr"
    read = _input(case, part.first, footage)
    said = ffmpeg(*read, "-i", clip, "-filter_complex", graph, "-frames:v", part.frames, "-f", "null", "-")
    found = re.findall(r"PSNR .*average:(\S+)", said)
    if not found:
        raise RuntimeError(f"ffmpeg told no PSNR of {clip}: {said[-500:]}")
    return float(found[-1])


def _input(case: Case, first: int, footage: Path) -> list[object]:
    paths = files(footage, case.footage)
    if len(paths) > 1:
        return ["-framerate", case.fps, "-start_number", first, "-i", paths[0].parent / "%04d.png"]
    # Half a frame early: the first frame whose time has come is then the one that is meant.
    return ["-ss", f"{max(0.0, (first - 0.5) / case.fps):.4f}", "-i", paths[0]]


def _picture(case: Case, part: Range) -> str:
    """The filter graph that makes the clip's picture, without its last label."""
    if case.above:
        wide, tall = (round(side * case.scale / 2) * 2 for side in case.size)
        graph = [f"[{index}:v]scale={wide}:{tall}:flags=bilinear[l{index}]" for index in range(1, 1 + len(case.above))]
        below = "0:v"
        for index, (across, up) in enumerate(case.above, 1):
            place = f"x=(W-w)/2+{across}:y=(H-h)/2-{up}"
            last = index == len(case.above)
            graph.append(f"[{below}][l{index}]overlay={place}:shortest=1" + ("" if last else f"[o{index}]"))
            below = f"o{index}"
        return ";".join(graph)
    if len(files(Path(), case.footage)) > 1:
        return f"[0:v]{_TO_YUV}"
    if (part.width, part.height) != case.size:
        return f"[0:v]scale={part.width}:{part.height}:flags=bicubic"
    return "[0:v]null"


def matched(case: Case, part: Range, footage: Path, wanted: float) -> tuple[Rival, Rival]:
    """The default preset, and the fastest of the fast ones, each at the rate factor whose PSNR is `wanted` (dB).

    Found once by trying, and kept beside the footage until `wanted` or the ffmpeg program is another.
    """
    kept_at = footage / "rivals.json"
    kept = json.loads(kept_at.read_text(encoding="utf-8")) if kept_at.is_file() else {}
    found = kept.get(case.name)
    if not found or found["ffmpeg"] != Path(FFMPEG).name or abs(found["wanted"] - wanted) > _LIKE / 2:
        trial = footage / f"trial-{case.name}.mp4"
        default, _ = _search(DEFAULT, case, part, footage, wanted, trial)
        fast = min((_search(preset, case, part, footage, wanted, trial) for preset in _FAST), key=lambda pair: pair[1])
        trial.unlink()
        found = kept[case.name] = {
            "wanted": wanted,
            "ffmpeg": Path(FFMPEG).name,
            "rivals": [asdict(default), asdict(fast[0])],
        }
        kept_at.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    default, fastest = (Rival(**each) for each in found["rivals"])
    return default, fastest


def _search(preset: str, case: Case, part: Range, footage: Path, wanted: float, trial: Path) -> tuple[Rival, float]:
    """A preset at the quality that is wanted, and the processor seconds that it took."""
    tried: list[tuple[Rival, float]] = []
    crf = 17.0
    for _ in range(_TRIES):
        before = _processor_seconds()
        ffmpeg(*words(case, part, footage, Rival(preset, crf, 0.0), trial))
        took = _processor_seconds() - before
        tried.append((Rival(preset, crf, psnr(trial, case, part, footage)), took))
        best = min(tried, key=lambda pair: abs(pair[0].psnr - wanted))
        if abs(best[0].psnr - wanted) <= _LIKE / 2:
            break
        crf = round(max(0.0, best[0].crf + (best[0].psnr - wanted) / _slope(rival for rival, _ in tried)), 2)
    return best


def _slope(tried: Iterable[Rival]) -> float:
    """dB per step of the rate factor, by the last two that were tried."""
    last = list(tried)[-2:]
    if len(last) < 2 or abs(last[0].crf - last[1].crf) < 0.05:
        return _DB_PER_CRF
    return max(0.2, (last[0].psnr - last[1].psnr) / (last[1].crf - last[0].crf))


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
