"""Scans, and sorts findings into those that are shown, hidden and accepted, as the configuration says; the one place that calls scan."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from time import perf_counter

from msgspec import Struct

from batten.baseline import Baseline
from batten.config import Config
from batten.discover import read
from batten.facts.project import Project
from batten.facts.secrets import SecretKind
from batten.facts.surface import Reach
from batten.finding import Finding
from batten.guest import Guest, absent, find
from batten.ignores import Ignored, Rules, accept
from batten.options import Options
from batten.report.run import Accepted, Origin, Run
from batten.setting import Setting
from batten.workers import Progress
from batten.workspace import Workspace


class Outcome(Struct, frozen=True):
    """A run, the app as it was understood, and the paths that were asked for and are not there. ``reaches`` as in Scan; ``hidden`` findings are under the threshold.

    ``read`` counts the files that were read for it; the others were as an earlier run had seen them.
    """

    run: Run
    project: Project
    missing: tuple[str, ...]
    reaches: tuple[Reach, ...] = ()
    hidden: tuple[Finding, ...] = ()
    read: int = 0


def outcome(
    options: Options,
    setting: Setting,
    known: Baseline | None = None,
    workspace: Workspace | None = None,
    progress: Progress | None = None,
    *,
    surface: bool = False,
) -> Outcome:
    """What a run comes to; in ``workspace``, for who goes on from there. Raises BattenError."""
    started = perf_counter()
    root, config, rules = setting.root, setting.config, setting.rules
    patterns = [page.id for page in rules.pages if page.semgrep]
    engine = find(options.semgrep, root) if workspace is None and (patterns or options.semgrep) else None
    guest = Guest(engine, root) if engine is not None else None
    unasked = (absent(patterns),) if patterns and guest is None and workspace is None else ()
    if workspace is None:
        workspace = Workspace(options.paths or (Path(),), config, rules, options.jobs, setting.cache, guest)
    result = workspace.scan(progress, surface=surface)
    ran = frozenset(page.id for page in rules.pages if guest is not None or not page.semgrep)
    left = accept(result.findings, config, root, Rules(ran, setting.known))
    sorted_out = sort_out(left.findings, (*result.ignored, *left.ignored), config, known)
    run = Run(
        root=root,
        findings=sorted_out.shown,
        rules={page.id: page for page in rules.pages},
        sources=lambda path: read(root, path),
        accepted=sorted_out.accepted,
        notes=tuple(sorted({*result.notes, *left.notes, *unasked})),
        files=result.files,
        seconds=perf_counter() - started,
        hidden=sorted_out.hidden,
        secrets=tuple(
            place for secret in result.project.secrets if secret.kind is not SecretKind.PUBLIC for place in (secret.place, *secret.again)
        ),
        foreign=frozenset(pack.name for pack in rules.packs if pack.folder),
        here=Path.cwd().resolve(),
        verbose=options.verbose,
        quiet=options.quiet,
    )
    shown = {finding.key for finding in sorted_out.shown} | {one.finding.key for one in sorted_out.accepted}
    hidden = tuple(finding for finding in left.findings if finding.key not in shown)
    return Outcome(run, result.project, workspace.missing, result.reaches, hidden, len(result.read))


class SortedOut(Struct, frozen=True):
    """Findings that are shown, the number of those under the threshold, and what is accepted."""

    shown: tuple[Finding, ...]
    hidden: int
    accepted: tuple[Accepted, ...]


def sort_out(findings: Sequence[Finding], ignored: Iterable[Ignored], config: Config, known: Baseline | None) -> SortedOut:
    """Sort findings by what the configuration shows and the baseline knows."""
    accepted = [_accepted(one) for one in ignored]
    shown = [finding for finding in findings if config.shows(finding.severity, finding.confidence)]
    hidden = len(findings) - len(shown)
    if known is not None:
        shown, old = known.split(shown)
        accepted += [Accepted(finding, Origin.BASELINE, "known in the baseline") for finding in old]
    return SortedOut(tuple(shown), hidden, tuple(sorted(accepted, key=_order)))


def _accepted(one: Ignored) -> Accepted:
    return Accepted(one.finding, Origin.COMMENT if one.in_source else Origin.CONFIG, one.reason)


def _order(accepted: Accepted) -> tuple[str, int, str, str]:
    finding = accepted.finding
    return finding.place.path, finding.place.span.start, finding.rule, finding.key
