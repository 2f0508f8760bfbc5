"""``batten fix``: close what can be closed, by changes that a scan of the whole app has proven."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from batten.cli.options import gate_options, paths_argument, rule_options, run_options
from batten.options import Options

if TYPE_CHECKING:
    from batten.finding import Finding, Fix
    from batten.fix import Fixer
    from batten.report.fixes import Fixed


@click.command()
@paths_argument
@click.option("--unsafe", is_flag=True, help="Apply fixes too that may stop something which works today.")
@click.option("--diff", "as_diff", is_flag=True, help="Print a patch that git apply takes, and write nothing.")
@click.option("--check", "only_check", is_flag=True, help="Write nothing, and exit with 1 where a fix is pending.")
@click.option("--interactive", is_flag=True, help="Ask before each fix.")
@click.option(
    "--finding",
    "keys",
    multiple=True,
    metavar="KEY",
    help="Fix this finding alone, whatever its severity; its key or its handle is in the formats json and agent.",
)
@rule_options
@gate_options
@click.option("--baseline", type=click.Path(path_type=Path), metavar="FILE", help="Leave the findings of this file alone.")
@run_options
def fix(unsafe: bool, as_diff: bool, only_check: bool, interactive: bool, keys: tuple[str, ...], **words: Any) -> int:
    """Close findings in PATHS (default: the current folder). Without --unsafe only where nothing that may work today can break."""
    from batten.baseline import load
    from batten.cli.exits import PENDING, TROUBLE
    from batten.cli.line import run_line
    from batten.finding import UsageError
    from batten.fix import Fixer, write
    from batten.report import patch
    from batten.report.fixes import write_fixes
    from batten.setting import settle
    from batten.workspace import Workspace

    if interactive and (as_diff or only_check or not sys.stdin.isatty()):
        raise UsageError("--interactive asks, so it needs a terminal, and neither --diff nor --check", "leave it out to apply what is safe")
    options = Options(**words)
    setting = settle(options)
    known = load(setting.config.baseline) if setting.config.baseline is not None else None
    workspace = Workspace(options.paths or (Path(),), setting.config, setting.rules, options.jobs, setting.cache)
    run = run_line(options, setting, known, workspace).run
    fixer = Fixer(workspace, datetime.now(UTC))
    wanted = _wanted(fixer, run.findings, keys)
    fixed = [_settle(fixer, finding, unsafe=unsafe, ask=interactive) for finding in wanted]
    changes = fixer.changes()
    if as_diff:
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape", newline="")
        patch.write(changes, sys.stdout)
    elif not only_check:
        write(workspace.root, changes)
    sys.stdout.flush()
    write_fixes(run, fixed, changes, sys.stderr if as_diff else sys.stdout, written=not (as_diff or only_check))
    missing = set(keys) - {name for finding in wanted for name in (finding.key, finding.handle)}
    for key in sorted(missing):
        sys.stderr.write(f"error: no finding has the key {key}\n  help: batten check --output-format json shows the keys\n")
    if missing:
        return TROUBLE
    return PENDING if only_check and changes else 0


def _wanted(fixer: "Fixer", shown: tuple["Finding", ...], keys: tuple[str, ...]) -> list["Finding"]:
    """The findings to fix, worst first: those that are shown, or those that are named."""
    from batten.fix import last_first
    from batten.report.run import rank

    chosen = [finding for finding in fixer.findings if finding.key in keys or finding.handle in keys] if keys else list(shown)
    return last_first(sorted(chosen, key=rank))


def _settle(fixer: "Fixer", finding: "Finding", *, unsafe: bool, ask: bool) -> "Fixed":
    from batten.finding import Safety
    from batten.report.fixes import Fixed

    kept: list[Fix] = []

    def keep(fix: "Fix") -> bool:
        taken = unsafe or fix.safety is Safety.SAFE
        if ask:
            taken = _asked(finding, fix)
        if taken:
            kept.append(fix)
        return taken

    proposal = fixer.propose(finding, keep)
    return Fixed(finding, proposal.fix, bool(kept), proposal.tried, proposal.gone, proposal.outline is not None)


def _asked(finding: "Finding", fix: "Fix") -> bool:
    from batten.report.escape import plain

    click.echo(f"\n{plain(finding.rule)}: {plain(finding.message)}\n  {plain(fix.title)} ({fix.safety.value})")
    for step in (*fix.left, *fix.stops):
        click.echo(f"  {plain(step.place.path)}: {plain(step.note)}")
    for edit in fix.edits:
        click.echo(f"  {plain(edit.path)}:")
        click.echo("\n".join(f"    {plain(line)}" for line in edit.text.splitlines()))
    return click.confirm("  Apply?", default=False)
