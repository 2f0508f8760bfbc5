"""Writes the map for people on a terminal: a row a route, the riskiest first."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from batten.report.escape import path as plain_path
from batten.report.escape import plain
from batten.report.map.model import ACTS, DULL, STATUSES, Guard, Map, Package, Risk, Route
from batten.report.run import Run, Texts
from batten.report.style import Style
from batten.report.summary import missing_line

if TYPE_CHECKING:
    from rich.text import Text

_COLOURS = {Risk.CRITICAL: "bold magenta", Risk.HIGH: "bold red", Risk.MEDIUM: "bold yellow", Risk.LOW: "cyan", Risk.NONE: "green"}
# No reason that helps where there is little room: batten explain has them.
_VAGUE = ("it is not known", "what is tested says nothing")
# Of what a route does and touches, so much is shown; JSON and HTML have all of it.
_MOST_ACTS, _MOST_TABLES = 5, 4
# Of what is no terminal, lines may be this long.
_WIDE = 130


def write(found: Map, run: Run, stream: TextIO, style: Style) -> None:
    """One table a package, then the counts."""
    from rich.console import Console

    console = Console(
        file=stream,
        width=style.width if style.colour else max(style.width, _WIDE),
        force_terminal=style.colour,
        no_color=not style.colour,
        color_system="standard" if style.colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    texts = Texts(run.sources)
    roots = {route.package for route in found.routes}
    riskiest = list(dict.fromkeys(route.package for route in found.routes))
    for package in sorted(found.packages, key=lambda package: riskiest.index(package.root) if package.root in riskiest else len(riskiest)):
        routes = [route for route in found.routes if route.package == package.root]
        if routes:
            _package(console, package, routes, run, texts, several=len(roots) > 1)
    _tables(console, found, texts, several=len({table.package for table in found.tables}) > 1)
    if not found.routes:
        console.print("No routes found." if run.files else "There was nothing to scan.")
    else:
        console.print(_counts(found.routes))
        console.print(
            "batten explain KEY shows which guards were seen, and why each did or did not count; --output-format json has the keys.",
            style="dim",
        )
    if (missing := missing_line(run)) is not None:
        console.print(missing.replace("findings may be missing", "routes may be missing"), style="yellow")


def _package(console: object, package: Package, routes: Sequence[Route], run: Run, texts: Texts, *, several: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    assert isinstance(console, Console)  # noqa: S101 - rich is only imported here
    if several:
        name = package.root or package.name or "(root)"
        console.print(Text(f"{plain(name)}: {_number(routes)}", style="bold"))
    table = Table(box=SIMPLE_HEAD, expand=True, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Risk", no_wrap=True, width=8)
    table.add_column("Route", ratio=6, overflow="fold")
    table.add_column("Guard", ratio=4, overflow="fold")
    table.add_column("Does", ratio=5, overflow="fold")
    for route in routes:
        table.add_row(
            Text("-" if route.risk is Risk.NONE else route.risk.value, style=_COLOURS[route.risk]),
            _named(route, run, texts),
            _guarded(route),
            _done(route),
        )
    console.print(table)


def _tables(console: object, found: Map, texts: Texts, *, several: bool) -> None:
    """Tables that strangers or accounts reach round the app's own code, the most open first."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    assert isinstance(console, Console)  # noqa: S101 - rich is only imported here
    reached = [table for table in found.tables if table.strangers is not None]
    if not reached:
        return
    shut = [table for table in reached if table.strangers == table.users == "nothing"]
    grid = Grid(box=SIMPLE_HEAD, expand=True, pad_edge=False, padding=(0, 1, 0, 0))
    grid.add_column("Table", ratio=5, overflow="fold")
    grid.add_column("Strangers, round the app", ratio=5, overflow="fold")
    grid.add_column("The signed-in, round the app", ratio=5, overflow="fold")
    for table in sorted(reached, key=lambda table: (not table.open, table.strangers == "nothing", table.sensitivity is None, table.name)):
        if table in shut:
            continue
        text = Text(plain(table.name), style="bold" if table.open else "")
        text.append(f" ({table.sensitivity})" if table.sensitivity else "")
        if table.place is not None:
            # The name of a migration is unlike all others; its folder is always the same.
            name = plain_path(table.place.path.rpartition("/")[2])
            text.append(f"\n{name}:{texts.start(table.place).line}", style="dim not bold")
        text.append(f"\n{plain(table.package)}" if several else "", style="dim not bold")
        grid.add_row(text, Text(table.strangers or "", style="red" if table.open else ""), Text(table.users or ""))
    if grid.row_count:
        console.print(grid)
    if shut:
        console.print(f"{len(shut)} {'table' if len(shut) == 1 else 'tables'} more that nobody reaches round the app.", style="dim")


def _number(routes: Sequence[Route]) -> str:
    return "1 route" if len(routes) == 1 else f"{len(routes)} routes"


def _counts(routes: Sequence[Route]) -> "Text":
    from rich.text import Text

    counts = Counter(route.risk for route in routes)
    text = Text(f"{_number(routes)}: ")
    parts = [(f"{counts[risk]} {risk.value if risk is not Risk.NONE else 'without risk'}", _COLOURS[risk]) for risk in Risk if counts[risk]]
    for number, (part, colour) in enumerate(parts):
        text.append(", " if number else "")
        text.append(part, style=colour)
    unknown = sum(route.status is None for route in routes)
    return text.append(f"; can't tell for {unknown}." if unknown else ".")


def _named(route: Route, run: Run, texts: Texts) -> "Text":
    from rich.text import Text

    text = Text(plain(route.title), style="bold" if route.risk in (Risk.CRITICAL, Risk.HIGH) else "")
    text.append(f"\n{plain_path(run.shown(route.place.path))}:{texts.start(route.place).line}", style="dim not bold")
    if route.test:
        text.append(" (not part of the product)", style="dim not bold")
    return text


def _guarded(route: Route) -> "Text":
    from rich.text import Text

    counting = _names([guard for guard in route.guards if guard.counts])
    if route.status is None:
        unclear = [guard for guard in route.guards if guard.counts is None]
        why = f"{_names(unclear)}: {unclear[0].why}" if unclear else route.reason
        return Text("can't tell", style="yellow").append(f"\n{plain(why)}", style="dim")
    if route.status in ("unauthenticated", "presence", "session", "optional"):
        text = Text(
            "none" if route.status == "unauthenticated" else f"none: {STATUSES[route.status]}", style="dim" if route.intended else "red"
        )
        if route.intended:
            return text.append(" (made for strangers)")
        failing = [guard for guard in route.guards if guard.counts is False and guard.why not in DULL and not guard.why.startswith(_VAGUE)]
        return text.append(f"\n{plain(_names(failing[:1]))}: {plain(failing[0].why)}", style="dim") if failing else text
    text = Text(STATUSES.get(route.status, route.status), style="green")
    return text.append(f"\n{plain(counting)}", style="dim") if counting else text


def _names(guards: Sequence[Guard]) -> str:
    names = dict.fromkeys(guard.name for guard in guards)
    return ", ".join([name for name in names if not any(name.startswith(f"{other}.") for other in names)][:2])


def _done(route: Route) -> "Text":
    from rich.text import Text

    text = Text()
    for number, (act, opened) in enumerate(_acts(route)):
        text.append("\n" if number else "")
        text.append(plain(act), style="" if opened is not False else "dim")
    for told in route.findings[:_MOST_TABLES]:
        text.append("\n" if text else "")
        text.append(f"{told.severity.value}: {plain(told.rule)}", style="yellow")
    return text


def _acts(route: Route) -> Iterator[tuple[str, bool | None]]:
    """What it does in words, targets of one kind together: ``reads users (contact), orders``."""
    kinds = {row.name: row.sensitivity for row in route.touched}
    grouped: dict[tuple[str, bool | None, bool], dict[str, None]] = {}
    for act in route.acts:
        group = grouped.setdefault((act.kind, act.open, act.admin), {})
        if act.target:
            group[f"{act.target} ({kinds[act.target]})" if kinds.get(act.target) else act.target] = None
    said: dict[str, bool | None] = {}
    for (kind, opened, _), names in grouped.items():
        said.setdefault(_group(kind, list(names)), opened)
    lines = list(said.items())
    yield from lines[:_MOST_ACTS]
    if len(lines) > _MOST_ACTS:
        yield f"and {len(lines) - _MOST_ACTS} more", False
    with_key = {admin for kind, _, admin in grouped if kind != "admin-client" and kind.startswith(("database", "file", "account"))}
    if True in with_key:
        yield (
            ("with the service key" if len(with_key) == 1 else "some of it with the service key"),
            any(act.open is not False for act in route.acts if act.admin),
        )


def _group(kind: str, names: Sequence[str]) -> str:
    listed = ", ".join(names[:_MOST_TABLES]) + (f" and {len(names) - _MOST_TABLES} more" if len(names) > _MOST_TABLES else "")
    if kind.startswith("database-"):
        return f"{ACTS[kind]} {listed or 'the database'}"
    return f"{ACTS[kind]} ({listed})" if listed else ACTS[kind]
