"""Writes the map as a Mermaid flowchart, for Markdown: who comes to which routes, and to what these lead."""

from collections.abc import Iterable
from typing import TextIO

from batten.regex import regex
from batten.report.escape import plain
from batten.report.map.model import STATUSES, Link, Map, Risk, Route, Table

# Mermaid draws no more than 500 edges, and nobody reads that many.
_MOST_ROUTES = 60
_LONGEST = 80
_LETTERS = regex(r"[^A-Za-z0-9 /._:,()-]")
_CLASSES = {
    Risk.CRITICAL: "fill:#fbd5e5,stroke:#a3004f,color:#1b1b1b",
    Risk.HIGH: "fill:#fddcd6,stroke:#b3261e,color:#1b1b1b",
    Risk.MEDIUM: "fill:#fdeec4,stroke:#8a6100,color:#1b1b1b",
    Risk.LOW: "fill:#dcecf7,stroke:#2b6290,color:#1b1b1b",
    Risk.NONE: "fill:#e2f0dc,stroke:#3c6e2f,color:#1b1b1b",
}


def write(found: Map, stream: TextIO) -> None:
    """The riskiest routes, each package in a box."""
    routes = found.routes[:_MOST_ROUTES]
    numbers = {route.id: f"r{number}" for number, route in enumerate(routes)}
    links = [link for link in found.links if link.source in numbers and link.target.partition(":")[0] != "key"]
    targets = {link.target for link in links} | {table.id for table in found.tables if table.open}
    tables = [table for table in found.tables if table.id in targets]
    numbers |= {table.id: f"t{number}" for number, table in enumerate(tables)}
    numbers |= {f"service:{service}": f"s{number}" for number, service in enumerate(found.services)}
    stream.write("flowchart LR\n")
    if len(found.routes) > len(routes):
        stream.write(f"  %% {len(found.routes) - len(routes)} routes of less risk are left out\n")
    several = len({route.package for route in routes}) > 1
    for number, package in enumerate(package for package in found.packages if any(route.package == package.root for route in routes)):
        own = [route for route in routes if route.package == package.root]
        if several:
            stream.write(f'  subgraph p{number}["{label(package.root or package.name or "(root)")}"]\n')
        stream.writelines(f'  {"  " if several else ""}{numbers[route.id]}["{label(route.title)}"]:::{route.risk.value}\n' for route in own)
        if several:
            stream.write("  end\n")
    stream.writelines(f'  {numbers[table.id]}[("{_titled(table)}")]\n' for table in tables)
    stream.writelines(f'  {numbers[f"service:{name}"]}{{{{"{label(name)}"}}}}\n' for name in found.services if f"service:{name}" in targets)
    stream.writelines(f"  {line}\n" for line in _callers(routes, tables, numbers))
    stream.writelines(f"  {line}\n" for line in _edges(links, numbers))
    stream.writelines(
        f"  classDef {risk.value} {style}\n" for risk, style in _CLASSES.items() if any(route.risk is risk for route in routes)
    )


def _callers(routes: Iterable[Route], tables: Iterable[Table], numbers: dict[str, str]) -> Iterable[str]:
    """Who may call what; a table that is open to everybody is called round the app."""
    groups: dict[str, list[str]] = {}
    for route in routes:
        groups.setdefault(STATUSES.get(route.status, route.status or ""), []).append(numbers[route.id])
    opened = [numbers[table.id] for table in tables if table.open]
    if opened:
        groups.setdefault(STATUSES["unauthenticated"], [])
    for number, (who, theirs) in enumerate(groups.items()):
        yield f'c{number}(["{label(who)}"])'
        yield from (f"c{number} --> {each}" for each in theirs)
        if who == STATUSES["unauthenticated"]:
            yield from (f"c{number} -- round the app --> {each}" for each in opened)


def _edges(links: Iterable[Link], numbers: dict[str, str]) -> Iterable[str]:
    verbs: dict[tuple[str, str], list[str]] = {}
    for link in links:
        if link.target in numbers:
            verbs.setdefault((link.source, link.target), []).append(link.kind if link.kind in ("read", "write", "delete") else "")
    for (source, target), kinds in verbs.items():
        said = ", ".join(kind for kind in kinds if kind)
        yield f"{numbers[source]} -- {said} --> {numbers[target]}" if said else f"{numbers[source]} --> {numbers[target]}"


def _titled(table: Table) -> str:
    return label(f"{table.name} ({table.sensitivity})" if table.sensitivity else table.name)


def label(text: str) -> str:
    """Text that Mermaid shows as it is: no quote, tag, link or Markdown in it can mean anything.

    https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
    """
    shown = plain(text)
    shown = shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
    return _LETTERS.sub(lambda found: f"#{ord(found[0])};", shown)
