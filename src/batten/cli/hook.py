"""``batten hook``: for coding agents to call; see docs/agents.md.

Of its exit codes only 2 reaches the model, and it stops it. So nothing that goes wrong here ends with 2: see ``run``.
"""

import os
import sys
from pathlib import Path

import click

from batten.cli.options import cache_options
from batten.options import Options

UNHEARD = 1
"""The exit code of what is for the person and not for the model."""
_LARGEST = 50_000_000


@click.command()
@click.argument("agent", metavar="claude|cursor")
@cache_options
def hook(agent: str, no_cache: bool, cache_dir: Path | None) -> int:
    """Read an event of a coding agent on standard input, and tell the agent of holes that its changes bring, in its own contract.

    Each is told once after an edit, and once before the agent stops. Nothing is written to the app.
    """
    from batten.finding import UsageError
    from batten.hook.answer import answer
    from batten.hook.events import Agent, read_event, reply

    if agent not in {each.value for each in Agent}:
        raise UsageError(f"there is no agent {agent!r}", f"name one of {', '.join(Agent)}")
    if sys.stdin.isatty():
        raise UsageError("batten hook is for agents to call: it reads an event on standard input", "docs/agents.md says how to set it up")
    data = sys.stdin.buffer.read(_LARGEST)
    event = read_event(Agent(agent), data, Path.cwd(), os.environ.get("CLAUDE_PROJECT_DIR", ""))
    said = reply(event, answer(event, Options(no_cache=no_cache, cache_dir=cache_dir, progress=False)))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")  # what agents read, whatever the terminal is
    sys.stdout.write(said.out)
    sys.stderr.write(said.err)
    return said.code
