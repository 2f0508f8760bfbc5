"""What an editor waits for: a server is started on a copy of an app, and a person types into it.

    python bench/editor.py [--keys 60] [--files 40] [--soak EDITS] APP_DIR

Printed are milliseconds of wall time (and in brackets of CPU of the process that scans, for the start of the server too, which a busy machine changes little): until the server answers, until the
first index is there, without a memory and with one, of a key that is typed to the diagnostics that follow from it (in comments and in a line of code, of the file with the most
functions, of ``--files`` that are drawn, always the same ones, and in a migration), and the memory at rest. ``--soak``: so many edits, and the memory before and after; a fourth more ends it with an error.
"""

import argparse
import asyncio
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client
from remembering import busiest, copied

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
LINE = {
    "sql": "create table typed_now (id int primary key, note text);",
    "py": "    total = compute(first, second)",
    "ts": "  const total = compute(first, second);",
}
SIGN = {"sql": "--", "py": "#", "ts": "//"}
_MOST_GROWTH = 1.25
# Keys for each of the files that are drawn: what a file costs differs more from file to file than from key to key.
_FEW_KEYS = 4
_CODE = {".py", ".js", ".jsx", ".ts", ".tsx", ".mjs"}


class Session:
    """A server with one open document."""

    def __init__(self, client: LanguageClient, folder: Path) -> None:
        self.client, self.folder, self.version = client, folder, 0

    def server(self) -> int:
        """The process that the editor speaks with."""
        if self.client._server is None:
            raise RuntimeError("the server is not there")
        return self.client._server.pid

    def scanning(self) -> int:
        """The process that scans."""
        server = self.server()
        children = [int(each) for each in Path(f"/proc/{server}/task/{server}/children").read_text().split()]
        return max(children, key=_memory)

    def open(self, path: Path) -> None:
        self.version += 1
        item = types.TextDocumentItem(path.as_uri(), "any", self.version, path.read_text())
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    async def type(self, path: Path, text: str) -> tuple[float, float]:
        """Milliseconds of wall and CPU from a text to its diagnostics."""
        self.version += 1
        pid = self.scanning()
        used, start = _cpu(pid), time.perf_counter()
        changes = [types.TextDocumentContentChangeWholeDocument(text)]
        document = types.VersionedTextDocumentIdentifier(self.version, path.as_uri())
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, changes))
        await self.shown(path)
        return 1000 * (time.perf_counter() - start), 1000 * (_cpu(pid) - used)

    async def shown(self, path: Path) -> None:
        await self.client.text_document_diagnostic_async(types.DocumentDiagnosticParams(types.TextDocumentIdentifier(path.as_uri())))


def main() -> None:
    """Print one figure a line."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measure(options.app, Path(folder), options.keys, options.files, options.soak))


async def _measure(app: Path, folder: Path, keys: int, drawn: int, soak: int) -> None:
    copy, kept = folder / "app", folder / "kept"
    copied(app, copy)
    code = busiest(copy)
    migrations = sorted(path for path in copy.rglob("*.sql") if "migrations" in path.parts)
    files = sorted(path for path in copy.rglob("*") if path.suffix in _CODE and path.is_file())
    lines = sum(path.read_bytes().count(b"\n") for path in [*files, *copy.rglob("*.sql")])
    print(f"{app.name}: {lines:,} lines of code; load {os.getloadavg()[0]:.1f}")
    for name in ("without a memory", "with a memory", "with a memory"):
        session, (ready, ready_cpu), (index, index_cpu) = await _start(copy, kept, code)
        print(f"  {name:18} ready after {ready:.0f} ms ({ready_cpu:.0f}), first index after {index:.0f} ms ({index_cpu:.0f})")
        if name == "with a memory" or soak:
            break
        await session.client.shutdown_session()
    await asyncio.sleep(0.3)
    await _typing(session, [code], keys)
    await _typing(session, random.Random(0).sample(files, min(drawn, len(files))), _FEW_KEYS)
    if migrations:
        await _typing(session, migrations[-1:], keys)
    await asyncio.sleep(2)
    both = _own(session.scanning()) + _own(session.server())
    print(f"  at rest: {both / 1e6:.0f} MB, {_own(session.scanning()) / 1e6:.0f} of it in the process that scans")
    if soak:
        await _soak(session, code, text_of(code), soak)
    await session.client.shutdown_session()
    shutil.rmtree(kept, ignore_errors=True)


async def _start(copy: Path, kept: Path, code: Path) -> tuple[Session, tuple[float, float], tuple[float, float]]:
    client = make_test_lsp_client()
    start = time.perf_counter()
    await client.start_io(sys.executable, "-m", "batten", "server", "--cache-dir", str(kept))
    folders = [types.WorkspaceFolder(copy.as_uri(), copy.name)]
    capabilities = client_capabilities("neovim")
    await client.initialize_session(types.InitializeParams(capabilities=capabilities, workspace_folders=folders, root_uri=copy.as_uri()))
    session = Session(client, copy)
    ready = 1000 * (time.perf_counter() - start), 1000 * _cpu(session.server())
    session.open(code)
    await session.shown(code)
    return session, ready, (1000 * (time.perf_counter() - start), 1000 * (_cpu(session.server()) + _cpu(session.scanning())))


async def _typing(session: Session, paths: list[Path], keys: int) -> None:
    """Keys typed at the end of each file, twice: as a comment, and as a line of code."""
    costs: dict[str, list[tuple[float, float]]] = {"in a comment": [], "in a line of code": []}
    for path in paths:
        text, ending = text_of(path), path.suffix[1:] if path.suffix in (".py", ".sql") else "ts"
        session.open(path)
        await session.type(path, text + "\n")  # what an answer from memory left for the first edit
        for name, line in zip(costs, (f"{SIGN[ending]} what is typed here is read by people alone", LINE[ending]), strict=True):
            costs[name] += [await session.type(path, f"{text}\n{line[: 1 + at % len(line)]}\n") for at in range(keys)]
        await session.type(path, text)
    of = paths[0].name if len(paths) == 1 else f"{len(paths)} files that are drawn"
    for name, found in costs.items() if paths else ():
        wall, cpu = ([cost[each] for cost in found] for each in (0, 1))
        last = [quantiles(each, n=20)[-1] for each in (wall, cpu)]
        print(f"  {name} of {of}: p50 {median(wall):.0f} ms ({median(cpu):.0f}), p95 {last[0]:.0f} ms ({last[1]:.0f})")


async def _soak(session: Session, path: Path, text: str, edits: int) -> None:
    line = LINE["py" if path.suffix == ".py" else "ts"]
    before = 0
    for number in range(edits):
        await session.type(path, f"{text}\n{line[: 1 + number % len(line)]} {number}\n")
        if number == min(200, edits // 5):
            before = _memory(session.scanning())
    after = _memory(session.scanning())
    print(f"  {edits:,} edits: {before / 1e6:.0f} MB after the first few, {after / 1e6:.0f} MB after all")
    if after > _MOST_GROWTH * before:
        sys.exit("the memory grows with the edits")


def text_of(path: Path) -> str:
    """What is in a file."""
    return path.read_text()


def _memory(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def _own(pid: int) -> int:
    """Memory where pages that several processes share count in parts."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(1024 * int(row.split()[1]) for row in rows if row.startswith("Pss:"))


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICK  # and of those that it has started, and that have ended


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("app", type=Path)
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--soak", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
