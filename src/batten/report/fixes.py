"""Says what was fixed, what may stop by it, and what is left for a person."""

from collections.abc import Sequence
from typing import Protocol, TextIO

from msgspec import Struct

from batten.finding import Finding, Fix, Safety
from batten.report.escape import path as plain_path
from batten.report.escape import plain
from batten.report.run import Run, Texts

_NAMED = 5


class Fixed(Struct, frozen=True):
    """One finding, the fix that holds for it if any, whether it was taken, and how many were tried and did not hold. ``gone``: another fix has closed it; ``outlined``: there is an outline."""

    finding: Finding
    fix: Fix | None
    taken: bool
    tried: int = 0
    gone: bool = False
    outlined: bool = False


class _Change(Protocol):
    @property
    def path(self) -> str: ...


def write_fixes(run: Run, fixed: Sequence[Fixed], changes: Sequence[_Change], stream: TextIO, *, written: bool) -> None:
    """A line for each fix that is taken, with the places whose work it may stop; then those that want a look; then the counts."""
    texts = Texts(run.sources)
    taken = [each for each in fixed if each.taken and each.fix is not None]
    left = [each for each in fixed if not each.taken and each.fix is not None]
    for each in taken:
        _one(run, texts, each, stream)
    if left:
        stream.write("\nnot applied, as they may stop something that works today (--unsafe applies them):\n")
        for each in left:
            _one(run, texts, each, stream)
    if changes:
        stream.write(f"\n{'written' if written else 'to write'}:\n")
        stream.writelines(f"  {plain_path(run.shown(change.path))}\n" for change in changes)
    without = sum(each.fix is None and not each.gone for each in fixed)
    failed = sum(each.fix is None and each.tried > 0 for each in fixed)
    closed = len(taken) + sum(each.gone for each in fixed)
    parts = [f"{closed} of {len(fixed)} findings fixed" if written else f"{closed} of {len(fixed)} findings can be fixed"]
    if left:
        parts.append(f"{len(left)} more with --unsafe")
    if without:
        parts.append(f"{without} have no fix that holds" + (f" ({failed} were tried)" if failed else ""))
    outlined = sum(each.outlined for each in fixed)
    if outlined:
        parts.append(f"{outlined} of these have an outline (batten explain KEY)")
    stream.write("\n" * bool(fixed) + "; ".join(parts) + ".\n")


def _one(run: Run, texts: Texts, each: Fixed, stream: TextIO) -> None:
    if each.fix is None:
        return
    at = texts.start(each.finding.place).line
    where = f"{plain_path(run.shown(each.finding.place.path))}:{at}"
    sign = "" if each.fix.safety is Safety.SAFE else f" [{each.fix.safety.value}]"
    stream.write(f"{plain(each.fix.title)}{sign}\n  for {where} {plain(each.finding.rule)}\n")
    stream.writelines(
        f"  {plain_path(run.shown(step.place.path))}:{texts.start(step.place).line}: {plain(step.note)}\n"
        for step in (*each.fix.left, *each.fix.stops[:_NAMED])
    )
    if len(each.fix.stops) > _NAMED:
        stream.write(f"  and {len(each.fix.stops) - _NAMED} more places\n")
