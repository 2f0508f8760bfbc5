"""What tests need of npm: fetched once, kept in the user's cache; where it can't be had, the test skips and says why."""

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

_LOCKED = ("package.json", "package-lock.json")


def installed(project: Path, what: str) -> Path:
    """The folder whose node_modules hold what the lock file of a project names. ``what`` it fetches, for the reason of a skip."""
    wanted = [project / name for name in _LOCKED]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in wanted)).hexdigest()[:16]

    def fill(folder: Path) -> None:
        for path in wanted:
            shutil.copy(path, folder)
        _npm(what, folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")

    return _kept(f"{project.name}-{digest}", fill)


def member(package: str, sha512: str, path: str, what: str) -> bytes:
    """One file of a published package (``name@version``), whose archive has a known digest in base64."""

    def fill(folder: Path) -> None:
        _npm(what, folder, "pack", "--silent", package)
        (archive,) = folder.glob("*.tgz")
        assert base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() == sha512
        with tarfile.open(archive) as members:
            found = members.extractfile(path)
            assert found is not None
            (folder / "member").write_bytes(found.read())
        archive.unlink()

    return (_kept(hashlib.sha256(f"{sha512} {path}".encode()).hexdigest()[:16], fill) / "member").read_bytes()


def _kept(name: str, fill: Callable[[Path], None]) -> Path:
    """A folder of the cache; it comes into being whole or not at all, whoever else makes it at the same time."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "batten-tests"
    kept = cache / name
    if not kept.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=cache))
        try:
            fill(folder)
            folder.rename(kept)
        except OSError:
            if not kept.is_dir():
                raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return kept


def _npm(what: str, folder: Path, *words: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"npm is not installed, and it fetches {what}")
    done = subprocess.run([npm, *words], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"npm can't fetch {what}: {done.stderr[:200]}")
