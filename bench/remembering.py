"""What a memory saves: a check that remembers nothing, one that starts to, one where nothing has changed, and ones where a single file has.

    python bench/remembering.py [--pairs 3] [--jobs 2] APP_DIR...

Each app is copied, with git, and its files are touched there alone. Each pair runs all five in turn; printed are medians of wall and CPU seconds, what they are of
the check that remembers nothing, and how many bytes the memory takes of those that were read. ``remark``: a comment is added to the file with the most routes or
functions; ``call``: a function that calls something.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import Cost, environment, middle, run

from batten.config import Config
from batten.discover import discover

ADDED = {
    ".py": ("\n# a remark {0}\n", "\n\ndef added_{0}(given):\n    return given.strip()\n"),
    ".ts": ("\n// a remark {0}\n", "\nexport function added{0}(given: string) {{\n  return given.trim();\n}}\n"),
}
SOURCES = {".py": ".py", ".ts": ".ts", ".tsx": ".ts", ".js": ".ts"}


def main() -> None:
    """Print one table an app."""
    options = _options()
    for app in options.apps:
        with tempfile.TemporaryDirectory() as folder:
            _measure(app, Path(folder), options.pairs, options.jobs)


def _measure(app: Path, folder: Path, pairs: int, jobs: int) -> None:
    copy, kept = folder / "app", folder / "kept"
    size, files = copied(app, copy)
    words = [sys.executable, "-P", "-m", "batten", "check", "--jobs", str(jobs), "--no-progress", "--output-format", "sarif", str(copy)]
    around = environment(folder / "bytecode")
    changed = busiest(copy)
    remark, call = ADDED[SOURCES[changed.suffix]]
    run([*words, "--no-cache"], environment=around)
    costs: dict[str, list[Cost]] = {}

    def note(name: str, *more: str) -> None:
        costs.setdefault(name, []).append(run([*words, *more], environment=around))

    for number in range(pairs):
        shutil.rmtree(kept, ignore_errors=True)
        note("nothing remembered", "--no-cache")
        note("remembering begins", "--cache-dir", str(kept))
        time.sleep(0.1)
        note("nothing changed", "--cache-dir", str(kept))
        _add(changed, remark.format(2 * number))
        note("one file, a remark", "--cache-dir", str(kept))
        _add(changed, call.format(2 * number + 1))
        note("one file, a call", "--cache-dir", str(kept))
    taken = sum(path.stat().st_size for path in kept.iterdir())
    cold = middle(costs["nothing remembered"])
    print(f"{app.name}: {files:,} files, {size / 1e6:.1f} MB read; changed: {changed.relative_to(copy)}")
    for name, all_costs in costs.items():
        cost = middle(all_costs)
        ratios = f"{cold.wall / cost.wall:5.1f} times faster, {cold.cpu / cost.cpu:5.1f} by CPU"
        print(f"  {name:20} {cost.wall:7.2f} s {cost.cpu:7.2f} s CPU {cost.memory / 1e6:6.0f} MB  {ratios}")
    print(f"  memory on disk after one run and {2} edits: {taken / 1e6:.2f} MB, {100 * taken / size:.1f} % of what was read")


def copied(app: Path, copy: Path) -> tuple[int, int]:
    """Make a repository of what a scan of an app reads: its bytes and files."""
    found = discover((app,), Config())
    for entry in found.files:
        target = copy / entry.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(found.root / entry.path, target)
    quiet = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    for words in (["init", "-q"], ["add", "-A", "-f"]):
        subprocess.run(["git", "-C", str(copy), *words], check=True, env=quiet)
    return sum(entry.size for entry in found.files), len(found.files)


def busiest(copy: Path) -> Path:
    """The source file that waits most often."""
    files = [path for path in copy.rglob("*") if path.suffix in SOURCES and path.is_file() and path.stat().st_size < 900_000]
    return max(files, key=lambda path: (path.read_bytes().count(b"await "), path.as_posix()))


def _add(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("apps", nargs="+", type=Path)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
