# SPDX-License-Identifier: GPL-3.0-or-later
"""A screen without a monitor, and pictures of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryFile

from blenders import Installation
from patience import LONGEST

SIZE = (1920, 1080)


class Screen:
    """An X server that runs from `with` to its end."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self.display = ""

    def __enter__(self) -> Screen:
        reader, writer = os.pipe()
        self._words = TemporaryFile()
        size = f"{SIZE[0]}x{SIZE[1]}x24"
        command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", size, "+extension", "GLX", "-nolisten", "tcp"]
        self._process = subprocess.Popen(
            self._installation.command(*command), pass_fds=[writer], stdout=self._words, stderr=self._words
        )
        os.close(writer)
        with open(reader, encoding="ascii") as number:
            # It says which display it took when it is ready, and nothing where it cannot start.
            self.display = f":{number.readline().strip()}"
        if self.display == ":":
            self._words.seek(0)
            words = self._words.read().decode(errors="replace")
            self.__exit__()
            raise RuntimeError(f"Xvfb did not start: {words}")
        return self

    def __exit__(self, *_why: object) -> None:
        self._process.terminate()
        self._process.wait(LONGEST)
        self._words.close()

    def picture(self, path: Path) -> None:
        """Write what the screen shows to a PNG file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            self._installation.command("import", "-window", "root", str(path)),
            env={"DISPLAY": self.display, "PATH": os.environ["PATH"], "HOME": "/tmp"},
            check=True,
            capture_output=True,
            timeout=LONGEST,
        )
