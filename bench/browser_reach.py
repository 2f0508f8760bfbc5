"""Compares what the module graph sends to browsers with what esbuild bundles from the same entries; prints precision and recall for each app.

    python bench/browser_reach.py [--modules FOLDER] [--show 15] REPOSITORY[:PACKAGE]...

Needs node and npm: esbuild and Babel are installed into a temporary folder, or into FOLDER, which is kept. Route modules and pages are cut as
Next and React Router cut them (Babel, dead code elimination: tests/support/bundler), modules that say ``use server`` or ``server-only`` are empty.
"""

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

from batten.extract.file import Reader
from batten.extract.secrets.providers import from_document
from batten.facts.project import FileFacts
from batten.link.modules import ModuleGraph, modules
from batten.link.modules.tree import is_code
from batten.rules.registry import load
from batten.scan import SECRETS

TOOLS = ("esbuild@0.25", "@babel/parser@7", "@babel/traverse@7", "@babel/generator@7", "babel-dead-code-elimination@1")
SKIPPED = {"node_modules", ".git", "dist", ".next", ".svelte-kit", "coverage"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("apps", nargs="+")
    parser.add_argument("--modules", type=Path)
    parser.add_argument("--show", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        tools = options.modules or Path(temporary)
        install(tools)
        for app in options.apps:
            repository, _, package = app.partition(":")
            compare(Path(repository).resolve(), package, tools, options.show)


def install(folder: Path) -> None:
    if not (folder / "node_modules" / "esbuild").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), *TOOLS]
        subprocess.run(command, check=True)


def facts(root: Path) -> list[FileFacts]:
    rules = load(with_plugins=False)
    reader = Reader(rules.vocabulary, from_document(rules.documents[SECRETS]))
    found = []
    for where, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        for name in sorted(names):
            file = Path(where, name)
            if file.is_symlink() or not file.is_file() or file.stat().st_size > 2_000_000:
                continue
            found.append(reader.look(file.relative_to(root).as_posix(), file.read_bytes(), code=False))
    return found


def compare(root: Path, package: str, tools: Path, show: int) -> None:
    graph = modules(facts(root))
    apps = [app for app in graph.apps if app.root == package]
    reach = graph.closure(apps)
    entries = [path for path, arrival in reach.browser.items() if arrival.parent is None and not path.endswith((".html", ".htm"))]
    entries += [path for path, arrival in reach.browser.items() if arrival.parent and arrival.parent.endswith((".html", ".htm"))]
    request = {
        "root": str(root),
        "modules": str(tools),
        "entries": sorted(entries),
        "split": sorted({path for app in apps for path in app.split}),
        "serverNames": next((app.server_names for app in apps if app.server_names), ""),
        "workspaces": {one.name: one.root for one in graph.packages if one.name and one.ecosystem == "npm" and one.root},
        "alias": {pattern: target for one in graph.packages if one.root == package for pattern, target in one.aliases if "*" not in pattern}
        | ({"$lib": f"{package}/src/lib".lstrip("/")} if any(app.framework == "svelte" for app in apps) else {}),
    }
    bundled = bundle(request, tools)
    for error in bundled["errors"]:
        print("   esbuild:", error)
    ours = {path for path in reach.browser if measured(path)}
    theirs = {path for path in map(Path, bundled["inputs"]) if measured(path.as_posix())}
    wanted = {path.as_posix() for path in theirs} - {path for path in map(str, theirs) if cut(graph, path)}
    both = len(ours & wanted)
    print(
        f"{root.name}:{package} [{' '.join(app.framework for app in apps)}] entries {len(entries)}, ours {len(ours)}, esbuild {len(wanted)}:"
        f" precision {both / max(1, len(ours)):.4f}, recall {both / max(1, len(wanted)):.4f}"
    )
    for sign, what in ("only ours", sorted(ours - wanted)), ("only esbuild", sorted(wanted - ours)):
        for path in what[:show]:
            print(f"   {sign}: {path}", "<-", reach.browser[path].parent if path in reach.browser else "")


def measured(path: str) -> bool:
    return is_code(path) and not path.endswith((".html", ".htm", ".json")) and not path.startswith(("..", "/"))


def cut(graph: ModuleGraph, path: str) -> bool:
    """Whether the bundle has only an empty stand-in for a module."""
    file = graph.files[path]
    return "use server" in file.directives or any(one.module == "server-only" for one in file.imports)


def bundle(request: dict[str, object], tools: Path) -> dict[str, list[str]]:
    asked = tools / "request.json"
    asked.write_text(json.dumps(request))
    script = Path(__file__).with_suffix(".mjs")
    done = subprocess.run(["node", str(script), str(asked)], check=True, capture_output=True, text=True)
    answer: dict[str, list[str]] = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    main()
