"""Asks git which files a repository has, without letting the repository run anything; does not look at the files."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from msgspec import Struct

_SECONDS = 60


class Repository(Struct, frozen=True):
    """A working tree and its git folder (they are apart in submodules and worktrees)."""

    top: Path
    folder: Path


class Listing(Struct, frozen=True):
    """Paths relative to the top.

    ``tracked`` are in the index, ``others`` are neither there nor ignored, ``nested`` are repositories inside that the index does
    not know, ``submodules`` those that .gitmodules names.
    """

    tracked: tuple[str, ...]
    others: tuple[str, ...]
    nested: tuple[str, ...]
    submodules: tuple[str, ...]


def repository(folder: Path) -> Repository | None:
    """The repository that ``folder`` (absolute) lies in."""
    for top in (folder, *folder.parents):
        git = top / ".git"
        if (git / "HEAD").is_file():
            return Repository(top, git)
        if git.is_file():
            try:
                text = git.read_bytes()[:4096].decode("utf-8", "replace")
            except OSError:
                return None
            if named := re.fullmatch(r"gitdir: (.+?)\s*", text):
                return Repository(top, Path(os.path.normpath(top / named[1])))
    return None


def listing(where: Repository, folder: Path) -> Listing | None:
    """The files of the repository in ``folder``; None where git is absent or fails."""
    git = command(where)
    if git is None:
        return None
    inside = folder.relative_to(where.top).as_posix()
    try:
        answer = subprocess.run(  # noqa: S603 - fixed arguments, and the repository's own configuration is overruled
            [*git, "ls-files", "-z", "-t", "--cached", "--others", "--exclude-standard", "--full-name", "--", inside],
            cwd=where.top,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return _parse(answer.stdout, where.top) if answer.returncode == 0 else None


def command(where: Repository) -> list[str] | None:
    """The words by which git is called so that the configuration of the repository runs nothing; None where there is no git to trust."""
    git = _executable(where.top)
    if git is None:
        return None
    return [
        git,
        f"--git-dir={where.folder}",
        f"--work-tree={where.top}",
        "--no-pager",
        "--no-optional-locks",
        "--literal-pathspecs",
        *_settings("core.fsmonitor=false", f"core.hooksPath={os.devnull}", f"core.excludesFile={os.devnull}"),
        *_settings("protocol.allow=never", "core.quotePath=false"),
    ]


def _settings(*settings: str) -> list[str]:
    return [word for setting in settings for word in ("-c", setting)]


def _executable(top: Path) -> str | None:
    """The git of PATH, but never one that the scanned tree brings along."""
    found = shutil.which("git")
    if found is None or not Path(found).is_absolute() or Path(found).resolve().is_relative_to(top.resolve()):
        return None
    return found


def environment() -> dict[str, str]:
    """The environment that git is called in: nothing of it asks, fetches, or reads what the user has set up."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP") if name in os.environ}
    return kept | {
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
    }


def _parse(output: bytes, top: Path) -> Listing:
    tracked: list[str] = []
    others: list[str] = []
    nested: list[str] = []
    for row in os.fsdecode(output).split("\0"):
        if not row:
            continue
        path = row[2:]
        if row[0] != "?":
            tracked.append(path)
        elif path.endswith("/"):
            nested.append(path[:-1])
        else:
            others.append(path)
    return Listing(tuple(tracked), tuple(others), tuple(nested), _submodules(top))


def _submodules(top: Path) -> tuple[str, ...]:
    modules = top / ".gitmodules"
    if modules.is_symlink() or not modules.is_file():
        return ()
    try:
        text = modules.read_bytes()[:1_000_000].decode("utf-8", "replace")
    except OSError:
        return ()
    return tuple(re.findall(r"^\s*path\s*=\s*(.+?)\s*$", text, re.MULTILINE))
