"""What one edit costs an editor: an app is scanned once in memory, then one file changes, again and again.

    python bench/relink.py [--edits 20] [--fresh] [--migrations] APP_DIR...

Three steps are timed (CPU milliseconds of one process), each with the median of all edits: the file is read anew (``read``), the module graph is built anew and all its answers are given
(``modules``), and all joins are run again (``link``). Each step has what the one before the edit left for it; ``--fresh``: only the facts of the other
files. Edits change what a file calls and what it exports in turn, in the files with the most functions; ``--migrations``: those of the schema instead.
"""

import argparse
import os
import time
from pathlib import Path
from statistics import median

from batten.config import Config
from batten.discover import discover, read
from batten.discover.reading import Unread
from batten.extract.file import Reader, merged
from batten.extract.secrets.providers import from_document
from batten.facts.project import FileFacts
from batten.link import Linked, Origin, link
from batten.link.kept import Kept
from batten.link.modules import ModuleGraph, modules
from batten.rules import registry
from batten.rules.registry import RuleSet
from batten.scan import SECRETS

SOURCES = (".py", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".sql")
EDITS = {
    ".py": (b"\n# a remark\n", b"\n\ndef added_by_hand(given):\n    return given.strip()\n"),
    ".sql": (b"\n-- a remark\n", b"\ncreate table public.added_by_hand (id int primary key);\n"),
    ".ts": (b"\n// a remark\n", b"\nexport function addedByHand(given: string) {\n  return given.trim();\n}\n"),
}


class App:
    """An app in memory: texts, facts and what is known of its paths."""

    def __init__(self, folder: Path, rules: RuleSet, *, fresh: bool = False) -> None:
        self._fresh = fresh
        self._kept: Kept | None = None
        self._graph: ModuleGraph | None = None
        found = discover((folder,), Config())
        self.rules = rules
        self.texts: dict[str, bytes] = {}
        for entry in found.files:
            try:
                self.texts[entry.path] = read(found.root, entry.path)
            except Unread:
                continue
        self.origins = {entry.path: Origin(entry.tracked, entry.path_class) for entry in found.files}
        self.reader = Reader(rules.vocabulary, from_document(rules.documents[SECRETS]))
        self.facts = {path: self.reader.look(path, data) for path, data in self.texts.items()}
        while (linked := self.link(self.modules())).needs or linked.migrations:
            for path in linked.migrations:
                self.facts[path] = merged(self.facts[path], self.reader.migration(path, self.texts[path]))
            for path in linked.needs:
                self.facts[path] = merged(self.facts[path], self.reader.parse(path, self.texts[path]))

    @property
    def lines(self) -> int:
        return sum(data.count(b"\n") for path, data in self.texts.items() if path.endswith(SOURCES))

    def read(self, path: str, data: bytes) -> FileFacts:
        """As deep as the file was read before."""
        facts = self.reader.look(path, data)
        return merged(facts, self.reader.parse(path, data)) if self.facts[path].parsed and not facts.parsed else facts

    def modules(self) -> ModuleGraph:
        graph = modules(list(self.facts.values()), self._graph)
        _ = graph.modules, graph.packages
        self._graph = None if self._fresh else graph
        return graph

    def link(self, graph: ModuleGraph) -> Linked:
        self._kept = Kept() if self._fresh or self._kept is None else self._kept
        return link(list(self.facts.values()), graph, self.origins, self.rules.vocabulary, kept=self._kept)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("apps", nargs="+", type=Path, metavar="APP_DIR")
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--migrations", action="store_true")
    options = parser.parse_args()
    rules = registry.load(with_plugins=False)
    print(f"{'':36}{'lines':>10}{'files':>7}{'parsed':>7}{'read ms':>9}{'modules ms':>11}{'link ms':>9}{'load':>6}")
    for folder in options.apps:
        app = App(folder.resolve(), rules, fresh=options.fresh)
        times = edit(app, chosen(app, options.edits, migrations=options.migrations))
        parsed = sum(file.parsed for file in app.facts.values())
        row = f"{app.lines:10,}{len(app.texts):7,}{parsed:7,}" + "".join(
            f"{1000 * median(each):{width}.1f}" for each, width in zip(times, (9, 11, 9), strict=True)
        )
        print(f"{folder.name:36}{row}{os.getloadavg()[0]:6.1f}", flush=True)


def edit(app: App, paths: list[str]) -> tuple[list[float], list[float], list[float]]:
    """CPU seconds of each step for each edit."""
    reads, graphs, links = [], [], []
    for number, path in enumerate(paths):
        data = app.texts[path] + EDITS.get(path[path.rindex(".") :], EDITS[".ts"])[number % 2]
        start = time.process_time()
        facts = app.read(path, data)
        reads.append(time.process_time() - start)
        app.facts[path], old = facts, app.facts[path]
        start = time.process_time()
        graph = app.modules()
        graphs.append(time.process_time() - start)
        start = time.process_time()
        app.link(graph)
        links.append(time.process_time() - start)
        app.facts[path] = old
    return reads, graphs, links


def chosen(app: App, edits: int, *, migrations: bool) -> list[str]:
    """Migrations, or parsed files, those with most functions first but for the very largest, which nobody writes by hand."""
    if migrations:
        return [path for path, file in app.facts.items() if file.statements and path.endswith(".sql")][-edits:]
    parsed = [path for path, file in app.facts.items() if file.parsed and path.endswith((".py", ".ts", ".tsx", ".js", ".jsx", ".mjs"))]
    ordered = sorted(parsed, key=lambda path: (-len(app.facts[path].functions), path))
    return ordered[len(ordered) // 20 :][:edits]


if __name__ == "__main__":
    main()
