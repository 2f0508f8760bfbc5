"""Runs a command and tells what it cost: wall, CPU and memory of all its processes, and how busy others kept the machine meanwhile. Linux only."""

import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from threading import Thread

from msgspec import Struct

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_EVERY = 0.01


class Cost(Struct, frozen=True):
    """Seconds of wall and CPU (user and system, ended children too), peak memory in bytes, and the cores that others kept busy."""

    wall: float
    cpu: float
    memory: int
    others: float


class FailedError(Exception):
    """The command ended otherwise than it should; the text holds the end of what it said."""


def run(command: Sequence[str], allowed: Sequence[int] = (0, 1), environment: Mapping[str, str] | None = None) -> Cost:
    """The cost of one run with its output thrown away. Memory is the highest sum of resident pages over the process tree, so
    pages that forked processes share count once for each. Raises FailedError."""
    busy = _busy()
    used = _children()
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=dict(environment or os.environ)
    )
    watch = _Watch(process.pid)
    watch.start()
    said = process.communicate()[1]
    wall = time.perf_counter() - start
    watch.ended = True
    watch.join()
    if process.returncode not in allowed:
        raise FailedError(f"{command[0]} ended with {process.returncode}: {said.decode('utf-8', 'replace')[-400:].strip()}")
    cpu = _children() - used
    return Cost(wall, cpu, watch.peak, max(0.0, (_busy() - busy - cpu) / wall))


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(
        median(cost.wall for cost in costs),
        median(cost.cpu for cost in costs),
        int(median(cost.memory for cost in costs)),
        median(cost.others for cost in costs),
    )


def environment(folder: Path) -> dict[str, str]:
    """The environment of measured commands: as after an installation, bytecode is written once (into ``folder``, not beside the sources)."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    source = str(Path(__file__).parents[1] / "src")
    path = os.pathsep.join(filter(None, (source, kept.get("PYTHONPATH", ""))))
    return kept | {"PYTHONPATH": path, "PYTHONPYCACHEPREFIX": str(folder)}


class _Watch(Thread):
    """Looks at the process tree again and again."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.ended = False
        self._process = process

    def run(self) -> None:
        while not self.ended:
            self.peak = max(self.peak, sum(map(_resident, _tree(self._process))))
            time.sleep(_EVERY)


def _tree(process: int) -> list[int]:
    found = [process]
    for each in found:
        try:
            for thread in Path(f"/proc/{each}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
        except OSError:
            continue  # it has ended
    return found


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _busy() -> float:
    """Seconds that all cores together have worked since the machine started."""
    user, nice, system, _idle, _waiting, interrupts, soft, *_rest = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system + interrupts + soft) / _TICK
