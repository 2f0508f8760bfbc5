"""Apps in memory and on disk that are changed at random, and what is reported of them."""

import io
import random
import subprocess
from pathlib import Path

from own_rules import RULES

from batten.config import Config
from batten.discover import discover
from batten.report import write
from batten.report.run import Run
from batten.scan import Scan, scan
from batten.testing_keys import expand

ROOT = Path(__file__).parents[2]
PAGES = {page.id: page for page in RULES.pages}
APPS = {f"{kind}/{folder.name}": folder for kind in ("apps", "clean") for folder in sorted((ROOT / "fixtures" / kind).iterdir())}
EXAMPLES = [example for page in RULES.pages for example in page.examples]


def lay_out(folder: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def of_app(name: str) -> dict[str, bytes]:
    folder = APPS[name]
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != "expected.txt")
    return {path.relative_to(folder).as_posix(): expand(path.read_bytes().decode()).encode() for path in paths}


def report(root: Path, found: Scan) -> str:
    stream = io.StringIO()
    notes = tuple(sorted(set(found.notes)))
    run = Run(
        root=root, findings=found.findings, rules=PAGES, sources=lambda path: (root / path).read_bytes(), notes=notes, files=found.files
    )
    write(run, "sarif", stream)
    return stream.getvalue()


def fresh(folder: Path) -> Scan:
    return scan(discover((folder,), Config()), Config(), RULES, 1)


def repository(folder: Path) -> None:
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "add", "-A"], check=True)


def edited(data: bytes, pool: list[bytes], draw: random.Random) -> bytes:
    """What people do to a text: cut, paste, half a line, all of it."""
    lines = data.splitlines(keepends=True)
    match draw.randrange(6):
        case 0 if lines:
            at = draw.randrange(len(lines))
            return b"".join(lines[:at] + lines[at + draw.randint(1, 4) :])
        case 1:
            return data[: draw.randrange(len(data) + 1)]
        case 2:
            return data + draw.choice(pool)
        case 3:
            return draw.choice(pool) + b"\n" + data
        case 4:
            return draw.choice(pool)
    return data + b"\n\n"
