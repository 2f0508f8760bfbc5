"""Compares ``batten check`` with other linters on whole apps: wall, CPU and peak memory, cold, run in turns, medians.

    python bench/speed.py [--pairs 5] [--json FILE] [--semgrep PATH] [--bandit PATH] [--ast-grep PATH] APP_DIR...

Every tool gets two processes and throws its output away. Semgrep and ast-grep carry out the rules of ours that can be said as a pattern
(``semgrep_rules``, ``ast_grep_rules``: one file a rule page); ``equal`` is batten with the rules alone that semgrep gets, and ``again`` batten with what an
earlier run has remembered. Bandit runs its own rules on Python alone. ``parse`` reads and parses every file and
does nothing else. A tool that is not there is skipped. CPU time is the figure to trust on a machine that others use, too: ``others`` says how many
cores they kept busy meanwhile.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from measuring import Cost, FailedError, environment, middle, run
from msgspec import Struct, to_builtins

HERE = Path(__file__).parent
PAGES = sorted(path.stem for path in HERE.parent.glob("rulepacks/*/*.md"))
SOURCES = (".py", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".sql")


class Contender(Struct, frozen=True):
    """A tool, how it is called on an app (the folder comes last), and the exit codes of a run that went well."""

    name: str
    command: tuple[str, ...]
    allowed: tuple[int, ...] = (0, 1)
    note: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("apps", nargs="+", type=Path, metavar="APP_DIR")
    parser.add_argument("--pairs", type=int, default=5, help="rounds in which every tool runs once")
    parser.add_argument("--json", type=Path, metavar="FILE")
    for tool in ("batten", "semgrep", "bandit", "ast-grep"):
        parser.add_argument(f"--{tool}", metavar="PATH", help=f"the {tool} to run (default: this tree)" if tool == "batten" else None)
    options = parser.parse_args()
    reports = []
    with tempfile.TemporaryDirectory() as folder:
        tools = contenders(options, Path(folder) / "remembered")
        for app in options.apps:
            reports.append(compare(app.resolve(), tools, options.pairs, environment(Path(folder))))
            show(reports[-1])
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "apps": reports}, indent=2) + "\n")


def contenders(options: argparse.Namespace, remembered: Path) -> list[Contender]:
    own = (options.batten,) if options.batten else (sys.executable, "-m", "batten")
    own = (*own, "check", "--jobs", "2", "--no-progress", "--output-format", "json")
    equal = sorted(path.stem for path in (HERE / "semgrep_rules").glob("*.yml"))
    chosen = tuple(word for page in equal for word in ("--select", page))
    found = [
        Contender("batten", (*own, "--no-cache"), note=f"{len(PAGES)} rule pages"),
        Contender("equal", (*own, "--no-cache", *chosen), note=f"the {len(equal)} rule pages that semgrep gets"),
        Contender("again", (*own, "--cache-dir", str(remembered)), note="nothing has changed since the run before"),
        Contender("parse", (sys.executable, str(HERE / "parse_everything.py")), (0,), "reads and parses every file, and no more"),
    ]
    if semgrep := located(options.semgrep, "semgrep"):
        rules = HERE / "semgrep_rules"
        words = ("scan", "--metrics=off", "--disable-version-check", "--jobs", "2", "--json", "--config", str(rules))
        found.append(Contender("semgrep", (semgrep, *words), note=count(rules, r"- id:")))
    if ast_grep := located(options.ast_grep, "ast-grep"):
        rules = HERE / "ast_grep_rules"
        words = ("scan", "--threads", "2", "--json=stream", "--config", str(HERE / "ast_grep.yml"))
        found.append(Contender("ast-grep", (ast_grep, *words), note=count(rules, "id:")))
    if bandit := located(options.bandit, "bandit"):
        found.append(Contender("bandit", (bandit, "--quiet", "--format", "json", "--recursive"), note="its own rules, Python only"))
    return found


def located(given: str | None, name: str) -> str | None:
    found = shutil.which(given or name)
    if found is None:
        print(f"{name} is skipped: {given or 'it'} is not there; name it with --{name} PATH")
        return None
    done = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    print(f"{name}: {(done.stdout or done.stderr).split(chr(10))[0].strip()}")
    return found


def count(folder: Path, mark: str) -> str:
    files = list(folder.glob("*.yml"))
    stray = sorted({path.stem for path in files} - set(PAGES))
    if stray:
        sys.exit(f"{folder.name}: no rule page is called {', '.join(stray)}")
    rules = sum(row.strip().startswith(mark) for path in files for row in path.read_text().splitlines())
    return f"{len(files)} of {len(PAGES)} rule pages as {rules} patterns"


def compare(app: Path, tools: list[Contender], pairs: int, around: Mapping[str, str]) -> dict[str, object]:
    costs: dict[str, list[Cost]] = {tool.name: [] for tool in tools}
    failures: dict[str, str] = {}
    for turn in range(pairs + 1):
        for tool in tools:
            if tool.name in failures or (turn == 0 and tool.name not in ("batten", "again", "parse")):
                continue
            try:
                cost = run([*tool.command, str(app)], tool.allowed, around)
            except FailedError as failure:
                failures[tool.name] = str(failure)
                continue
            if turn:  # the first round writes bytecode and fills the cache of the file system
                costs[tool.name].append(cost)
    return {
        "app": app.name,
        **sizes(app),
        "pairs": pairs,
        "load": os.getloadavg(),
        "tools": [
            {"tool": tool.name, "note": failures.get(tool.name, tool.note), **figures(costs[tool.name], costs["batten"])} for tool in tools
        ],
    }


def figures(costs: list[Cost], ours: list[Cost]) -> dict[str, object]:
    if not costs or not ours:
        return {}
    own, base = middle(costs), middle(ours)
    return {"median": to_builtins(own), "runs": to_builtins(costs), "wall_ratio": own.wall / base.wall, "cpu_ratio": own.cpu / base.cpu}


def sizes(app: Path) -> dict[str, int]:
    """Files, lines and bytes of code that batten reads in the app."""
    from batten.config import Config
    from batten.discover import discover

    found = discover((app,), Config())
    texts = [(found.root / entry.path).read_bytes() for entry in found.files if entry.path.endswith(SOURCES)]
    return {
        "files": len(found.files),
        "code_files": len(texts),
        "lines": sum(text.count(b"\n") for text in texts),
        "bytes": sum(map(len, texts)),
    }


def show(report: Mapping[str, object]) -> None:
    print(f"\n{report['app']}: {report['files']:,} files, of them {report['code_files']:,} of code with {report['lines']:,} lines")
    print(f"medians of {report['pairs']}, load average {' '.join(f'{load:.1f}' for load in os.getloadavg())}")
    print(f"  {'':10}{'wall s':>8}{'CPU s':>8}{'MB':>7}{'others':>8}{'wall x':>8}{'CPU x':>8}")
    tools = report["tools"]
    assert isinstance(tools, list)
    for tool in tools:
        if "median" not in tool:
            print(f"  {tool['tool']:10}failed: {tool['note']}")
            continue
        cost = tool["median"]
        row = f"{cost['wall']:8.2f}{cost['cpu']:8.2f}{cost['memory'] / 1e6:7.0f}{cost['others']:8.1f}"
        print(f"  {tool['tool']:10}{row}{tool['wall_ratio']:8.2f}{tool['cpu_ratio']:8.2f}  {tool['note']}", flush=True)


def machine() -> dict[str, object]:
    return {"cores": os.cpu_count(), "python": sys.version.split()[0], "system": " ".join(os.uname()[:3:2])}


if __name__ == "__main__":
    main()
