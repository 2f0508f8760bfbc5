"""Starts the process that analyses, with an empty environment, and ends it where it takes too long; believes nothing that it says."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from batten.bot.app.confined import CLEAN, FOUND, TROUBLE
from batten.bot.app.queue import Analysis
from batten.bot.document import LARGEST
from batten.finding import BattenError

SECONDS = 600.0
# Isolated: nothing of the environment, of the user or of the current folder is imported.
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from batten.bot.app.confined import main; main()"


class NotAnalysedError(BattenError):
    """The analysis failed, or took too long."""


async def analyse(folder: Path, base: str, head: str, seconds: float = SECONDS) -> Analysis:
    """Compare two commits of the objects in ``folder``; what is beside it is the analysis's own, too. Raises NotAnalysedError."""
    package = Path(__file__).parents[3]
    file = folder / "findings.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-c", _START, str(package), str(folder), base, head, str(file)),
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        close_fds=True,
    )
    try:
        code = await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        raise NotAnalysedError(f"the analysis took longer than {seconds:.0f} s") from None
    finally:
        _end(process.pid)
        await process.wait()
    if code not in (CLEAN, FOUND) or not file.is_file() or file.is_symlink() or file.stat().st_size > LARGEST:
        raise NotAnalysedError("the analysis failed" if code == TROUBLE else "the analysis was ended: it took more than it may")
    return Analysis(code, file.read_bytes())


def _end(pid: int) -> None:
    """End the process and all that it has started."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
