"""How long batten takes to start and to check a small app: medians of several runs.

    python bench/start_up.py [--runs 10] [--batten PATH] [--json FILE]

Without ``--batten`` this tree is run; an installed command has its rule packs compiled already, as the tree has after its first run.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from measuring import environment, middle, run
from msgspec import to_builtins

APP = Path(__file__).parents[1] / "fixtures" / "apps" / "moltbook"
WORDS = (("--version",), ("--help",), ("check", str(APP), "--no-progress", "--no-cache"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--batten", metavar="PATH")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    command = (options.batten,) if options.batten else (sys.executable, "-m", "batten")
    report = {}
    print(f"{'':26}{'wall ms':>9}{'CPU ms':>9}{'MB':>6}{'others':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for words in WORDS:
            costs = [run((*command, *words), environment=environment(Path(folder))) for _ in range(options.runs + 1)][1:]
            cost = middle(costs)
            name = " ".join(words).replace(str(APP), APP.name).removesuffix(" --no-progress")
            report[name] = {"median": to_builtins(cost), "runs": to_builtins(costs)}
            print(f"batten {name:19}{cost.wall * 1000:9.0f}{cost.cpu * 1000:9.0f}{cost.memory / 1e6:6.0f}{cost.others:8.1f}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
