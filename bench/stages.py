"""Where the time of ``batten check`` goes: CPU milliseconds of each stage in one process, without the stages inside it.

    python bench/stages.py APP_DIR [--runs 3]

Stages are functions that are wrapped with a clock, which costs small and often called ones a little. At the end: what following values costs (the stages
``values`` and ``link: flows``, with the names that these ask for first) against parsing and lowering the same files, and the memory of the process.
"""

import argparse
import contextlib
import functools
import gc
import importlib
import io
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

STAGES: tuple[tuple[str, str], ...] = (
    ("rules loaded", "batten.setting:settle"),
    ("discover", "batten.outcome:discover"),
    ("read files", "batten.scan:read"),
    ("skim imports", "batten.extract.file:skim"),
    ("trigger words", "batten.skim.triggers:Triggers.hits"),
    ("migrations", "batten.extract.file:migration_facts"),
    ("packages", "batten.extract.packages:file_facts"),
    ("environment", "batten.extract.file:definitions"),
    ("environment", "batten.extract.file:reads"),
    ("environment", "batten.extract.file:is_environment_file"),
    ("secrets", "batten.extract.file:secrets"),
    ("ignore comments", "batten.extract.file:ignores"),
    ("rest of first look", "batten.extract.file:Reader.look"),
    ("rest of parse round", "batten.extract.file:Reader.parse"),
    ("parse", "batten.code.lower_javascript:parse"),
    ("parse", "batten.code.lower_python:parse"),
    ("lower", "batten.code.lower_javascript:lower"),
    ("lower", "batten.code.lower_python:lower"),
    ("summarise", "batten.extract.code:summarise"),
    ("values", "batten.extract.summaries:Values.read"),
    ("values", "batten.extract.summaries:Values.graphs"),
    ("frameworks", "batten.extract.code:code_facts"),
    ("modules", "batten.scan:modules"),
    ("module sides", "batten.link.modules:ModuleGraph.in_browser"),
    ("link: code index", "batten.link:Code"),
    ("link: guards made", "batten.link:Guards"),
    ("link: middleware", "batten.link:NextMiddleware"),
    ("link: routes", "batten.link:routes"),
    ("link: effects", "batten.link.effects:Effects.of"),
    ("link: guards", "batten.link.guards:Guards.at"),
    ("link: names", "batten.link.callgraph:Code.target"),
    ("link: flows", "batten.link:follow"),
    ("link: secrets", "batten.link:secrets"),
    ("link: clients", "batten.link:clients"),
    ("link: schema", "batten.link:schema"),
    ("link: variables", "batten.link:variables"),
    ("link: rest", "batten.scan:link"),
    ("rules", "batten.scan:run"),
    ("ignores", "batten.scan:apply"),
    ("report", "batten.cli.output:write_outputs"),
    ("rest of scan", "batten.outcome:scan"),
)
FLOWS = ("values", "link: flows")
CODE = ("parse", "lower")


class Clock:
    """Own time and calls of each stage; inner stages are taken out of outer ones."""

    def __init__(self) -> None:
        self.own: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self._inner = [0.0]

    def wrap(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        clock, inner, own, calls = time.process_time, self._inner, self.own, self.calls

        @functools.wraps(function, updated=())
        def timed(*arguments: Any, **named: Any) -> Any:
            inner.append(0.0)
            start = clock()
            try:
                return function(*arguments, **named)
            finally:
                spent = clock() - start
                own[stage] += spent - inner.pop()
                calls[stage] += 1
                inner[-1] += spent

        return timed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("app", type=Path, metavar="APP_DIR")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    start = time.process_time()
    from batten.cli import run

    clock = Clock()
    absent = [target for stage, target in STAGES if not install(clock, stage, target)]
    imported = time.process_time() - start
    rounds: list[dict[str, float]] = []
    for _ in range(options.runs):
        clock.own.clear()
        clock.calls.clear()
        gc.collect()
        gc.disable()  # as in the processes that read files; its pauses would fall on any stage
        start = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            code = run(["check", str(options.app), "--jobs", "1", "--no-progress", "--no-cache", "--output-format", "json"])
        spent = time.process_time() - start
        rounds.append({**clock.own, "all the rest": spent - sum(clock.own.values()), "total": spent})
        if code > 1:
            sys.exit("batten could not check it")
    print(f"{'imports':20}{imported * 1000:9.0f} ms, once")
    order = {stage: number for number, (stage, _) in enumerate(STAGES)}
    for stage in sorted(rounds[0], key=lambda name: order.get(name, len(order) + (name == "total"))):
        print(f"{stage:20}{median(each.get(stage, 0.0) for each in rounds) * 1000:9.0f} ms {clock.calls.get(stage, 0):8,} calls")
    flows, code = (median(sum(each.get(stage, 0.0) for stage in stages) for each in rounds) for stages in (FLOWS, CODE))
    print(f"values and flows are {flows / code:.2f} of parsing and lowering")
    print(f"memory at its highest: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB in this one process")
    for target in absent:
        print(f"no longer there: {target}")


def install(clock: Clock, stage: str, target: str) -> bool:
    """Put the clock round a function, under the name by which its callers find it."""
    module, _, path = target.partition(":")
    *owners, name = path.split(".")
    try:
        holder: Any = importlib.import_module(module)
        for owner in owners:
            holder = getattr(holder, owner)
        setattr(holder, name, clock.wrap(stage, getattr(holder, name)))
    except (ImportError, AttributeError):
        return False
    return True


if __name__ == "__main__":
    main()
