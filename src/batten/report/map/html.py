"""Writes the map as one page that needs nothing else: a graph, filters, and a table that can be printed and read without scripts."""

import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TextIO

from batten.finding import UsageError
from batten.report.escape import plain
from batten.report.map.json import document
from batten.report.map.model import ACTS, DULL, STATUSES, Map, Risk, Route, Table
from batten.report.run import Run, Texts
from batten.report.summary import missing_line

_HERE = Path(__file__).parent
_LIBRARIES = ("cytoscape", "dagre")
# What cytoscape would put into the page, where this is not there: the policy forbids that.
_OF_CYTOSCAPE = ".__________cytoscape_container { position: relative; }"
_OPEN = ("unauthenticated", "presence", "session", "optional")


def write(found: Map, run: Run, stream: TextIO) -> None:
    """One HTML document. Its scripts and styles are allowed by their hashes, and nothing is fetched. Raises UsageError where it cannot be drawn."""
    scripts = [*_libraries(), (_HERE / "page/page.js").read_text(encoding="utf-8")]
    styles = [_OF_CYTOSCAPE, (_HERE / "page/page.css").read_text(encoding="utf-8")]
    title = f"Map of {plain(_name(found) or run.root.name)}"
    policy = (
        f"default-src 'none'; script-src {_hashes(scripts)}; style-src {_hashes(styles)}; "
        "img-src 'none'; connect-src 'none'; form-action 'none'; base-uri 'none'"
    )
    words = {
        "statuses": {status: words for status, words in STATUSES.items() if status is not None},
        "untold": STATUSES[None],
        "dull": sorted(DULL),
    }
    stream.writelines(
        f"{part}\n"
        for part in (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">',
            f"<title>{escape(title)}</title>",
            f'<style id="__________cytoscape_stylesheet">{styles[0]}</style>\n<style>{styles[1]}</style>\n</head>\n<body>',
            *_body(found, run, title),
            f'<script type="application/json" id="data">{_data(document(found, run))}</script>',
            f'<script type="application/json" id="words">{_data(words)}</script>',
            *(f"<script>{script}</script>" for script in scripts),
            "</body>\n</html>",
        )
    )


def _name(found: Map) -> str:
    """What the app is called: by its only package, or by that of the root."""
    only = found.packages[0] if len(found.packages) == 1 else next((each for each in found.packages if not each.root), None)
    return "" if only is None else only.name or only.root.rpartition("/")[2]


def _libraries() -> Iterator[str]:
    """What the graph is drawn with, each with its licence."""
    for name in _LIBRARIES:
        script, terms = _HERE / f"libraries/{name}.min.js", _HERE / f"libraries/{name}.LICENSE"
        try:
            yield f"/*\n{terms.read_text(encoding='utf-8').strip()}\n*/\n{script.read_text(encoding='utf-8')}"
        except OSError as error:
            raise UsageError(
                f"this installation of batten lacks {name}, which the page is drawn with",
                "in a checkout of its source, run python scripts/page_libraries.py (it wants npm) and install again; what is released has it",
            ) from error


def _hashes(texts: Sequence[str]) -> str:
    return " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts)


def _data(value: object) -> str:
    """JSON that ends no script and begins no comment, whatever is in it."""
    text = json.dumps(_visible(value), ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _visible(value: object) -> object:
    """The same with every letter to be seen, but for ids and paths' own text, which are only compared."""
    match value:
        case str():
            return plain(value)
        case dict():
            return {key: _visible(item) for key, item in value.items()}
        case list():
            return [_visible(item) for item in value]
        case _:
            return value


def _body(found: Map, run: Run, title: str) -> Iterator[str]:
    texts = Texts(run.sources)
    counts = {risk: sum(route.risk is risk for route in found.routes) for risk in Risk}
    said = ", ".join(f"{number} {'without risk' if risk is Risk.NONE else risk.value}" for risk, number in counts.items() if number)
    total = f"{len(found.routes)} {'route' if len(found.routes) == 1 else 'routes'}"
    yield f"<header><h1>{escape(title)}</h1><p>{total}{': ' if said else ''}{said}</p>"
    yield '<button type="button" id="theme">Dark</button></header>\n<main>'
    if (missing := missing_line(run)) is not None:
        yield f'<p class="warning">{escape(missing.replace("findings may be missing", "routes may be missing").replace(" (--verbose names them)", ""))}</p>'
    yield from _filters(found)
    yield (
        '<section id="picture" hidden><div><div id="graph" role="img" aria-label="Graph of routes, tables, files and keys"></div>'
        '<p class="warning" id="cut" hidden>The picture holds the riskiest of these routes; the table below has all of them.</p>'
        '<ul class="legend"><li>rounded: route, in the colour of its risk</li><li>barrel: table</li><li>dashed: file</li><li>tag: key</li>'
        "<li>hexagon: what costs or acts outside</li><li>red: strangers come this way</li></ul></div>"
        '<aside id="detail" aria-live="polite"></aside></section>'
    )
    yield '<h2>Routes</h2>\n<div class="wide"><table>\n<thead><tr><th>Risk</th><th>Route</th><th>Who may call it</th><th>What it does</th></tr></thead>\n<tbody>'
    yield from (_row(route, texts) for route in found.routes)
    yield "</tbody></table></div>"
    reached = [table for table in found.tables if table.strangers is not None]
    if reached:
        yield '<h2>Tables that clients reach round the app</h2>\n<div class="wide"><table>\n<thead><tr><th>Table</th><th>Strangers</th><th>The signed-in</th></tr></thead>\n<tbody>'
        yield from (
            _table(table, texts) for table in sorted(reached, key=lambda table: (not table.open, table.strangers == "nothing", table.name))
        )
        yield "</tbody></table></div>"
    yield "</main>\n<footer>Made by batten from the source alone. What is set by hand in a dashboard or a firewall is not in it; what it does not show is not proven safe.</footer>"


def _filters(found: Map) -> Iterator[str]:
    kinds = [kind for kind in ACTS if any(act.kind == kind for route in found.routes for act in route.acts)]
    roots = sorted({route.package for route in found.routes})
    yield '<form id="filters" hidden><input type="search" id="search" placeholder="Route, file, guard or table" aria-label="Filter by route, file, guard or table">'
    yield "<fieldset><legend>Risk</legend>"
    yield from (f'<label><input type="checkbox" name="risk" value="{risk.value}" checked>{risk.value}</label>' for risk in Risk)
    yield '</fieldset><label>Who <select id="status"><option value="">all</option><option value="open">open to strangers</option>'
    yield '<option value="unsure">can\'t tell</option><option value="guarded">guarded</option></select></label>'
    yield '<label>Does <select id="effect"><option value="">anything</option>'
    yield from (f'<option value="{kind}">{escape(ACTS[kind])}</option>' for kind in kinds)
    yield "</select></label>"
    if len(roots) > 1:
        yield '<label>Package <select id="package"><option value="*">all</option>'
        yield from (f'<option value="{_text(root)}">{_text(root or "(root)")}</option>' for root in roots)
        yield "</select></label>"
    yield '<output id="count"></output></form>'


def _row(route: Route, texts: Texts) -> str:
    where = f"{route.place.path}:{texts.start(route.place).line}"
    acts = dict.fromkeys((act.text, _acting(act.open)) for act in route.acts)
    told = dict.fromkeys((each.rule, each.severity.value) for each in route.findings)
    done = "".join(f'<li class="{name}">{_text(text)}</li>' for text, name in acts)
    done += "".join(
        f'<li><span class="risk {"low" if severity == "info" else severity}">{severity}</span> {_text(rule)}</li>'
        for rule, severity in told
    )
    return (
        f'<tr data-id="{_text(route.id)}"><td><span class="risk {route.risk.value}">{route.risk.value}</span></td>'
        f'<td><button type="button" class="row code">{_text(route.title)}</button><br><span class="faint code">{_text(where)}</span></td>'
        f"<td>{_guarded(route)}</td><td><ul>{done}</ul></td></tr>"
    )


def _acting(opened: bool | None) -> str:
    return {True: "open", None: "unsure"}.get(opened, "")


def _guarded(route: Route) -> str:
    status = STATUSES.get(route.status, route.status or "")
    name = (
        "unsure"
        if route.status is None
        else "open"
        if route.status in _OPEN and not route.intended
        else ""
        if route.status in _OPEN
        else "shut"
    )
    made = " (made for strangers)" if route.intended and route.status in _OPEN else ""
    wanted = None if route.status is None else route.status not in _OPEN
    seen = [guard for guard in route.guards if guard.counts is wanted]
    text = f'<span class="{name}">{_text(status)}</span>{made}'
    if route.status is None and not seen:
        text += f'<br><span class="faint">{_text(route.reason)}</span>'
    for guard in seen[:2]:
        why = "" if guard.counts else f": {_text(guard.why)}"
        text += f'<br><span class="faint"><code>{_text(guard.name)}</code>{why}</span>'
    return text


def _table(table: Table, texts: Texts) -> str:
    where = f"{table.place.path}:{texts.start(table.place).line}" if table.place is not None else ""
    kind = f" ({_text(table.sensitivity)})" if table.sensitivity else ""
    name = ' class="open"' if table.open else ""
    return (
        f'<tr data-id="{_text(table.id)}"><td><button type="button" class="row code">{_text(table.name)}</button>{kind}<br>'
        f'<span class="faint code">{_text(where)}</span></td><td{name}>{_text(table.strangers or "")}</td><td>{_text(table.users or "")}</td></tr>'
    )


def _text(text: str) -> str:
    return escape(plain(text))
