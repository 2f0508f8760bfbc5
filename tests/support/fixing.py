"""Lays small apps out, and fixes them as ``batten fix --unsafe`` does."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from own_rules import RULES

from batten.config import Config
from batten.finding import Finding
from batten.fix import Fixer, last_first, write
from batten.workspace import Workspace

PAGES = {page.id: page for page in RULES.pages}
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def lay_out(folder: Path, files: Mapping[str, str], ends: str = "\n") -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.replace("\n", ends).encode())
    return folder


def fixer_of(folder: Path) -> Fixer:
    return Fixer(Workspace((folder,), Config(), RULES, 1), NOW)


def settle(fixer: Fixer, rule: str = "") -> list[tuple[Finding, bool]]:
    """Fixes what there is to find, or what a rule finds, in memory, and says of each finding whether it was fixed."""
    wanted = [finding for finding in fixer.findings if rule in ("", finding.rule)]
    done = []
    for finding in last_first(wanted):
        proposal = fixer.propose(finding, keep=lambda _: True)
        done.append((finding, proposal.gone or proposal.fix is not None))
    return done


def fix(folder: Path, rule: str = "") -> list[tuple[Finding, bool]]:
    """The same, and writes it."""
    fixer = fixer_of(folder)
    done = settle(fixer, rule)
    write(folder, fixer.changes())
    return done


def texts(folder: Path) -> dict[str, str]:
    """All files of a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in folder.rglob("*") if path.is_file()}


def fixed(folder: Path, rule: str, files: Mapping[str, str], ends: str = "\n") -> dict[str, str]:
    """The files that a fix has changed or made, as they are then."""
    lay_out(folder, files, ends)
    fix(folder, rule)
    return {path: text for path, text in texts(folder).items() if path not in files or text != files[path].replace("\n", ends)}
