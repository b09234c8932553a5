# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a script of `background/` in a background Blender, follows its progress, ends it when asked.

The other side of the conversation is `background/main.py`: a recipe goes in as a JSON file, lines of progress come
out on standard output, the answer comes back as a JSON file.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ExportError, JobCancelled
from .storage import make_folder, remove, unwritable
from .words import say, spoken

PROGRESS = "reshoot-progress"
"""Starts a line of progress: the word, frames done, frames in all."""
DRAWS = "reshoot-draws"
"""Starts a line that comes before the graphics card draws: as JSON what is told should that be a crash."""

_LOOK_EVERY = 0.05
_SYNCHRONIZE = 0x00100000
"""The right to wait for a process of Windows to end."""
_TAIL = 400
_NO_CRASH = (0, 1, -signal.SIGTERM, -9)
"""Exit codes of what ended by itself, of a script that failed, and of what somebody else has ended."""
_NO_DRIVER = b"EGL"
"""What the graphics of a Blender without a window are called on Linux, in each of its words on their absence."""


@dataclass(frozen=True)
class Blender:
    """How a background Blender is started: program and arguments, up to where the recipe's path follows.

    environment: variables that it gets besides this process's own.
    """

    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()

    def run(
        self,
        module: str,
        recipe: Mapping[str, Any],
        folder: Path,
        *,
        progress: Callable[[int, int], None] = lambda done, total: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """Run `background/<module>.py`'s `main(recipe)` and return its answer.

        folder: for the recipe, the log and the answer; made if need be, with the one it is in. progress: frames done,
        frames in all. Raises ExportError with the script's own words, JobCancelled, or StorageError where the folder
        cannot be written.
        """
        recipe_path = folder / f"{module}.json"
        answer_path = folder / f"{module}.answer.json"
        log_path = folder / f"{module}.log"
        try:
            make_folder(folder)
            remove(answer_path)
            recipe_path.write_text(
                json.dumps(
                    {
                        "module": module,
                        "answer": str(answer_path),
                        "parent": os.getpid(),
                        "words": dict(spoken()),
                        "recipe": dict(recipe),
                    }
                ),
                encoding="utf-8",
            )
            log = log_path.open("wb")
        except OSError as error:
            raise unwritable(folder, error) from error
        with log:
            try:
                process = subprocess.Popen(
                    [*self.command, str(recipe_path)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**_environment(folder), **dict(self.environment)},
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            except OSError as error:
                raise ExportError(
                    say("The background Blender could not be started: {error}.", error=error.strerror),
                    say("Check that Blender's program file is where it was installed."),
                ) from error
            try:
                drawn = _follow(process, log_path, progress, cancelled)
            finally:
                _end(process)
        return _answer(answer_path, log_path, process.returncode, drawn)


def parents_end(parent: int) -> Callable[[], bool]:
    """What tells whether the process `parent`, which started this one, has ended. Called while it is there."""
    if sys.platform != "win32":
        return lambda: os.getppid() != parent
    # There a process keeps no link to its parent, whose number may be another one's once it has ended.
    windows = ctypes.WinDLL("kernel32")
    windows.OpenProcess.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(windows.OpenProcess(_SYNCHRONIZE, False, parent))
    return lambda: handle.value is None or windows.WaitForSingleObject(handle, 0) == 0


def _environment(folder: Path) -> dict[str, str]:
    """This process's environment for a rendering Blender: without the key, and away from the editor's own folders.

    A Blender with other settings than the editor's removes the modules of extensions that it does not have enabled.
    """
    kept = {name: value for name, value in os.environ.items() if name != "FAL_KEY"}
    return {**kept, "BLENDER_USER_RESOURCES": str(folder / "blender")}


def _follow(
    process: subprocess.Popen[bytes],
    log_path: Path,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> str:
    """What is told should it have ended now: the text of its last line of DRAWS where no frame was done since."""
    rest, drawn = b"", ""
    with log_path.open("rb") as lines:
        while True:
            ended = process.poll() is not None
            rest += lines.read()
            *whole, rest = rest.split(b"\n")
            for line in whole:
                words = line.split()
                if len(words) == 3 and words[0] == PROGRESS.encode():
                    drawn = ""
                    progress(int(words[1]), int(words[2]))
                elif words[:1] == [DRAWS.encode()]:
                    drawn = str(json.loads(line.partition(b" ")[2]))
            if ended:
                return drawn
            if cancelled():
                raise JobCancelled(say("The background Blender was stopped."))
            time.sleep(_LOOK_EVERY)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answer(answer_path: Path, log_path: Path, code: int, drawn: str) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(answer_path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        if drawn and code not in _NO_CRASH:
            raise ExportError(drawn, _drawing_remedy(log_path)) from error
        tail = log_path.read_bytes()[-_TAIL:].decode("utf-8", "replace").strip()
        raise ExportError(
            say(
                "The background Blender ended with code {code} before it was done. Its last words: {tail}",
                code=code,
                tail=tail,
            ),
            say("Try again; the whole log is {log}.", log=log_path),
        ) from error
    if "error" in answer:
        raise ExportError(str(answer["error"]), str(answer.get("remedy", "")))
    return answer


def _drawing_remedy(log_path: Path) -> str:
    """What to do where a Blender without a window crashed as it began to draw: Linux tells that it found no driver."""
    if _NO_DRIVER in log_path.read_bytes():
        return say(
            "Without a window it finds no graphics driver: install libEGL and its driver (Debian, Ubuntu: "
            "apt install libegl1 libgl1-mesa-dri), or put a movie or images in its place, then try again."
        )
    return say(
        "Update the graphics driver, or put a movie or images in its place, then try again; the whole log is {log}.",
        log=log_path,
    )
