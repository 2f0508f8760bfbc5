"""Remedies of settings and code hold: what they leave parses, the rest stays byte for byte, and a second run writes nothing."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from batten.config import Config
from batten.finding import Finding
from batten.fix import Fixer, write
from batten.parse.documents import Table, read_yaml
from batten.rules.registry import load
from batten.testing_keys import expand
from batten.workspace import Workspace

RULES = load(with_plugins=False)
PAGES = {page.id: page for page in RULES.pages}
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def lay_out(folder: Path, files: Mapping[str, str], ends: str = "\n") -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.replace("\n", ends).encode())


def fix(folder: Path, rule: str) -> list[tuple[Finding, bool]]:
    """Fixes what a rule finds, writes it, and says of each finding whether it was fixed."""
    fixer = Fixer(Workspace((folder,), Config(), RULES, 1), NOW)
    known = {finding.key: finding for finding in fixer.findings if finding.rule == rule}
    done = []
    for finding in known.values():
        gone = finding.key not in {each.key for each in fixer.findings}
        done.append((finding, gone or fixer.propose(finding, keep=lambda _: True).fix is not None))
    write(folder, fixer.changes())
    return done


def fixed(folder: Path, rule: str, files: Mapping[str, str], ends: str = "\n") -> dict[str, str]:
    """The files that a fix has changed or made, as they are then."""
    lay_out(folder, files, ends)
    fix(folder, rule)
    now = {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in folder.rglob("*") if path.is_file()}
    return {path: text for path, text in now.items() if path not in files or text != files[path].replace("\n", ends)}


HOLD = {
    "exposed-model-server": (8, 1),
    "published-internal-service": (35, 1),
}
"""Of each page's flagged examples: the findings that are fixed, and those that have no fix that holds."""


@pytest.mark.parametrize("page", HOLD)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_fixes_of_examples_hold_and_a_second_run_writes_nothing(tmp_path: Path, page: str, ends: str) -> None:
    count: Counter[bool] = Counter()
    for number, example in enumerate(each for each in PAGES[page].examples if each.kind == "flagged"):
        folder = tmp_path / str(number)
        lay_out(folder, {path: expand(text) for path, text in example.files}, ends)
        count.update(done for _, done in fix(folder, page))
        once = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        assert [path for path, data in once.items() if ends == "\r\n" and b"\n" in data.replace(b"\r\n", b"")] == []
        fix(folder, page)
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == once, example.title
    assert (count[True], count[False]) == HOLD[page]


# Compose files

PORTS = {
    '"5432:5432"': '"127.0.0.1:5432:5432"',
    "'5432:5432/tcp'": "'127.0.0.1:5432:5432/tcp'",
    "15432:5432": "127.0.0.1:15432:5432",
    "5432": '"127.0.0.1::5432"',
    '"0.0.0.0:5432:5432"': '"127.0.0.1:5432:5432"',
    '"[::]:5432:5432"': '"127.0.0.1:5432:5432"',
    '"${DB_PORT:-5432}:5432"': '"127.0.0.1:${DB_PORT:-5432}:5432"',
    '"8.8.8.8:5432:5432"': '"8.8.8.8:5432:5432"',
    '"${BIND}:5432:5432"': '"${BIND}:5432:5432"',
    "{ target: 5432, published: 5432 }": "{ host_ip: 127.0.0.1, target: 5432, published: 5432 }",
    "{ target: 5432, published: 5432, host_ip: 0.0.0.0 }": "{ target: 5432, published: 5432, host_ip: 127.0.0.1 }",
    "target: 5432\n        published: 5432": "host_ip: 127.0.0.1\n        target: 5432\n        published: 5432",
}
COMPOSE = """# of the shop
services:
  web:
    image: acme/shop:1
    ports: ["80:3000",]
  db:
    image: postgres:17
    restart: always
    environment: { POSTGRES_PASSWORD: postgres }
    ports:
      - PORT  # for the reports
      - "127.0.0.1:5433:5432"
"""


@pytest.mark.parametrize("written", PORTS)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_port_gets_the_address_of_the_machine_itself_and_nothing_else_changes(tmp_path: Path, written: str, ends: str) -> None:
    before, after = (COMPOSE.replace("PORT ", f"{text} ").replace("\n", ends) for text in (written, PORTS[written]))
    changed = fixed(tmp_path, "published-internal-service", {"compose.yaml": COMPOSE.replace("PORT ", f"{written} ")}, ends)
    assert changed.get("compose.yaml", before) == after
    document = read_yaml(after.encode())
    assert (document.whole, isinstance(document.table, Table)) == (True, True)


def test_ports_that_another_service_shares_stay(tmp_path: Path) -> None:
    shared = COMPOSE.replace('["80:3000",]', "&all\n      - 5432:5432").replace(
        'ports:\n      - PORT  # for the reports\n      - "127.0.0.1:5433:5432"', "ports: *all"
    )
    assert fixed(tmp_path, "published-internal-service", {"compose.yaml": shared}) == {}
