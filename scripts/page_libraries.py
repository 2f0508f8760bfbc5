"""Fetches with npm what the page of ``batten map`` draws with, and checks it: python scripts/page_libraries.py.

The libraries and their licences go where the wheel and an editable install have them; git has them not. A source distribution holds them.
"""

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

TARGET = Path(__file__).parents[1] / "src/batten/report/map/libraries"
PACKAGES = ("cytoscape@3.34.4", "@dagrejs/dagre@3.1.3")
# By the name it is kept under: the package, the file in it, and its SHA-256.
FILES = {
    "cytoscape.min.js": ("cytoscape", "dist/cytoscape.min.js", "081591ab735b2b6a3b31a3c60f8f3a3e2fee8c92939e0c7820ad1208571b6cd8"),
    "cytoscape.LICENSE": ("cytoscape", "LICENSE", "eb319c6e6f233607f71e8e2f450391751883cfc0eeb3ca7ef574c13d1d9c2203"),
    "dagre.min.js": ("@dagrejs/dagre", "dist/dagre.min.js", "54a503e346f93ca0bb10abe7999587e037262935687aca45eb4e4b0f64bbb578"),
    "dagre.LICENSE": ("@dagrejs/dagre", "LICENSE", "6a349742a6cb219d5a2fc8d0844f6d89a6efc62e20c664450d884fc7ff2d6015"),
}
HELP = (
    "The page of `batten map` is drawn with cytoscape and dagre, which building batten fetches with npm: install Node.js with npm (Debian: apt-get install npm), "
    "or build from the source distribution, which holds them. To put them there by hand: python scripts/page_libraries.py"
)


class LibrariesError(Exception):
    """They can't be had, or are not what they should be; the message says what to do."""


def ensure(target: Path = TARGET) -> None:
    """Have them in the folder: what is there and right stays, the rest is fetched. Raises LibrariesError."""
    if all(_is_right(target / name, digest) for name, (_, _, digest) in FILES.items()):
        return
    npm = shutil.which("npm")
    if npm is None:
        raise LibrariesError(f"there is no npm. {HELP}")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", folder, *PACKAGES]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "no reason given")
            raise LibrariesError(f"npm could not fetch {' and '.join(PACKAGES)} ({last.strip()}). {HELP}")
        target.mkdir(parents=True, exist_ok=True)
        for name, (package, inner, digest) in FILES.items():
            data = _member(Path(folder), package, inner)
            if hashlib.sha256(data).hexdigest() != digest:
                raise LibrariesError(f"{inner} of {package} is not what was checked when it was chosen: nothing was written for it")
            (target / name).write_bytes(data)


def _is_right(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def _member(folder: Path, package: str, inner: str) -> bytes:
    (archive,) = folder.glob(f"{package.removeprefix('@').replace('/', '-')}-[0-9]*.tgz")
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as packed:
        member = packed.extractfile(f"package/{inner}")
        return member.read() if member is not None else b""


if __name__ == "__main__":
    try:
        ensure()
    except LibrariesError as error:
        sys.exit(f"error: {error}")
