"""Writes one finding in full for people: how it comes about, which guards were seen on the way, and why each did or did not count."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import TextIO

from msgspec import Struct

from batten.finding import Finding, Step
from batten.report.escape import path as plain_path
from batten.report.escape import plain
from batten.report.map.model import DULL, STATUSES, Guard, Route
from batten.report.run import Run, Texts
from batten.report.style import Style
from batten.text import Place

# A finding can be about all routes of an app.
_MOST = 10
_MARKS = {True: ("counts", "green"), False: ("does not count", "red"), None: ("can't tell", "yellow")}
# What batten may have misread; of the others it is sure.
_TEACHABLE = ("it is not known to ask who calls", "it asks who calls, and goes on")
_OPEN = ("unauthenticated", "presence", "session", "optional")


class Shown(Struct, frozen=True):
    """What a reader may ask of their own deployment, and what answers as long as the hole is there, and once it is closed."""

    ask: str
    open: str
    closed: str


class Explained(Struct, frozen=True):
    """What there is to say: a finding, or a route alone. ``state`` says why a check does not show it, "" where it does."""

    finding: Finding | None
    state: str
    routes: tuple[Route, ...] = ()
    elsewhere: tuple[tuple[str, int], ...] = ()
    """Guards that stand before other routes of the package and count there, with how many."""
    shown: Shown | None = None
    """How to see it for oneself; None where nothing that only reads would show it."""
    outline: str = ""
    """What a check would look like, where the app has none to take over; for a person to complete."""


def write(explained: Explained, run: Run, stream: TextIO, style: Style) -> None:
    """The finding with its story, then each route that it is about, with its guards."""
    texts = Texts(run.sources)
    lines: list[str] = []
    if explained.finding is not None:
        lines += _finding(explained.finding, explained.state, run, texts, style)
    for route in explained.routes[:_MOST]:
        lines += _route(route, run, texts, style, alone=explained.finding is None)
    if len(explained.routes) > _MOST:
        lines += ["", f"{len(explained.routes) - _MOST} more routes are in it: batten map shows them."]
    lines += _elsewhere(explained, style)
    lines += _teach(
        [guard for route in explained.routes[:_MOST] if route.status is None or route.status in _OPEN for guard in route.guards], style
    )
    if explained.shown is not None:
        lines += _shown(explained.shown, style)
    if explained.outline:
        lines += ["", style.paint("An outline, for you to complete", "bold")]
        lines += [f"  {line}" if line else "" for line in explained.outline.splitlines()]
    if explained.finding is not None:
        lines += ["", f"The rule itself: batten explain {plain(explained.finding.rule)}"]
    stream.writelines(line + "\n" for line in lines)


def _finding(finding: Finding, state: str, run: Run, texts: Texts, style: Style) -> Iterator[str]:
    page = run.rules.get(finding.rule)
    title = page.title if page is not None else finding.rule
    yield f"{style.severity(finding.severity, finding.severity.value.upper())}  {style.paint(plain(title), 'bold')}"
    yield style.paint(f"rule {plain(finding.rule)} · {finding.confidence.value} confidence · {_where(finding.place, run, texts)}", "dim")
    yield ""
    yield from _wrapped(plain(finding.message), style, "")
    if finding.reason:
        yield from _wrapped(f"Less severe or less sure than the rule in general: {plain(finding.reason)}.", style, "")
    if state:
        yield from _wrapped(plain(state), style, "")
    if finding.trail:
        yield ""
        yield style.paint("How it comes about", "bold")
        yield from _steps(finding.trail, run, texts, style)


def _shown(shown: Shown, style: Style) -> Iterator[str]:
    yield ""
    yield style.paint("See for yourself (batten asks nothing)", "bold")
    yield from (f"  {plain(line)}" for line in shown.ask.splitlines())
    yield from _wrapped(f"As long as it is open: {plain(shown.open)}.", style, "  ")
    yield from _wrapped(f"Once it is closed: {plain(shown.closed)}.", style, "  ")


def _steps(steps: Sequence[Step], run: Run, texts: Texts, style: Style) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        yield f"  {number}. {plain(step.note)} {style.paint(_where(step.place, run, texts), 'dim')}"


def _route(route: Route, run: Run, texts: Texts, style: Style, *, alone: bool) -> Iterator[str]:
    if not alone:
        yield ""
    who = STATUSES.get(route.status, route.status or "")
    yield f"{style.paint(plain(route.title), 'bold')} {style.paint(_where(route.place, run, texts), 'dim')}"
    yield from _wrapped(
        f"Who may call it: {who}; {plain(route.reason)}{' (it is made for strangers)' if route.intended else ''}.", style, "  "
    )
    if not route.guards:
        yield from _wrapped("No guard was seen: nothing before the handler, in it, or in what it calls looks like one.", style, "  ")
    dull = [guard for guard in route.guards if guard.counts is False and guard.why in DULL]
    if dull:
        names = ", ".join(dict.fromkeys(guard.name for guard in dull))
        yield f"  - {plain(names)} {style.paint('does not count' if len(dull) == 1 else 'do not count', 'red')}"
        yield from _wrapped("nothing in it asks who calls" if len(dull) == 1 else "nothing in them asks who calls", style, "    ")
    for guard in (guard for guard in route.guards if guard not in dull):
        word, colour = _MARKS[guard.counts]
        yield f"  - {style.paint(plain(guard.name), 'bold')} {style.paint(word, colour)} {style.paint(_where(guard.place, run, texts), 'dim')}"
        yield from _wrapped(plain(guard.why), style, "    ")
    opened = list(dict.fromkeys(act.text for act in route.acts if act.open is not False))
    if opened and route.status in (*_OPEN, None):
        yield from _wrapped(f"{'Strangers reach' if route.status is not None else 'Behind that'}: {plain(', '.join(opened))}.", style, "  ")
    others = list(dict.fromkeys(act.text for act in route.acts if act.open is False))
    if others:
        yield from _wrapped(f"Behind a guard: {plain(', '.join(others))}.", style, "  ")


def _elsewhere(explained: Explained, style: Style) -> Iterator[str]:
    """What the app does elsewhere, where nobody asks here."""
    if explained.elsewhere and all(route.status in _OPEN for route in explained.routes):
        named = ", ".join(
            f"{plain(name)} (before {number} other {'route' if number == 1 else 'routes'})" for name, number in explained.elsewhere
        )
        yield ""
        yield from _wrapped(f"The app's own guards: {named}.", style, "")


def _teach(guards: Sequence[Guard], style: Style) -> Iterator[str]:
    """How to tell batten that one of them is a guard after all."""
    first = next((guard for guard in guards if guard.counts is None and guard.call), None)
    first = first or next((guard for guard in guards if guard.call and guard.why.startswith(_TEACHABLE)), None)
    if first is None:
        return
    yield ""
    yield from _wrapped(
        f"Does {plain(first.name)} let only those through who have shown who they are? Then say so in batten.toml:", style, ""
    )
    yield "  [[vocabulary.rows]]"
    yield f"  call = {_quoted(first.call)}"
    yield '  means = "guard-wrapper"   # or "identity", "identity-raises": see docs/configuration.md#vocabulary'


def _quoted(text: str) -> str:
    escaped = plain(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _wrapped(text: str, style: Style, indent: str) -> list[str]:
    return textwrap.wrap(text, style.width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)


def _where(place: Place, run: Run, texts: Texts) -> str:
    return f"{plain_path(run.shown(place.path))}:{texts.start(place).line}"
