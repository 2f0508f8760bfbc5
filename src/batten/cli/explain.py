"""``batten explain``: the page of a rule, or one finding of the app with the guards that were seen on the way."""

import os
import re
import sys
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from batten.cli.options import paths_argument, rule_options, run_options
from batten.finding import UsageError
from batten.options import Options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batten.report.map.model import Route

_HANDLE = re.compile("[0-9a-f]{12}")


def _complete(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    from batten.rules.registry import load

    return [page.id for page in load().pages if page.id.startswith(begun)]


@click.command()
@click.argument("subject", metavar="RULE|KEY", shell_complete=_complete)
@paths_argument
@rule_options
@run_options
def explain(subject: str, **words: Any) -> None:
    """Show the page of RULE: what it finds, why it matters, how to mend it, with examples.

    With the KEY or the handle of a finding, or the KEY of a route (all are in JSON reports), show that one in PATHS (default: the current folder): how it comes about,
    which guards were seen on the way, and why each did or did not count.
    """
    options = Options(**words)
    if "|" in subject or _HANDLE.fullmatch(subject):
        _finding(subject, options)
    else:
        _page(subject, options)


def _finding(key: str, options: Options) -> None:
    from batten.cli.line import run_line
    from batten.report.explained import Explained, write
    from batten.report.style import style_of
    from batten.setting import settle
    from batten.surface import surface

    outcome = run_line(options, settle(options), surface=True)
    accepted = {one.finding.key: one for one in outcome.run.accepted}
    every = {finding.key: finding for finding in (*outcome.run.findings, *outcome.hidden, *(one.finding for one in accepted.values()))}
    routes = surface(outcome.project, outcome.reaches, tuple(every.values())).routes
    key = next((each for each, told in every.items() if told.handle == key), key)
    finding = every.get(key)
    about = [route for route in routes if route.id == key or any(told.key == key for told in route.findings)]
    if finding is None and not about:
        near = get_close_matches(key, [*every, *(route.id for route in routes)], 1, 0.6)
        advice = (
            f"did you mean '{near[0]}'?"
            if near
            else "the JSON reports of batten check and batten map have the keys; run it where they were made"
        )
        raise UsageError(f"nothing here has the key '{key}'", advice)
    shown = finding is None or finding in outcome.run.findings
    state = (
        ""
        if shown
        else f"accepted ({accepted[key].origin.value}): {accepted[key].reason}"
        if key in accepted
        else "under the threshold: batten check does not show it"
    )
    write(Explained(finding, state, tuple(about), _elsewhere(about, routes)), outcome.run, sys.stdout, style_of(sys.stdout, os.environ))


def _elsewhere(about: "Sequence[Route]", routes: "Sequence[Route]") -> tuple[tuple[str, int], ...]:
    """The guards of the app that count before most other routes of the same packages, with how many."""
    from collections import Counter

    packages, keys = {route.package for route in about}, {route.id for route in about}
    others = (route for route in routes if route.package in packages and route.id not in keys)
    return tuple(
        Counter(name for route in others for name in {guard.name for guard in route.guards if guard.counts and guard.call}).most_common(3)
    )


def _page(rule: str, options: Options) -> None:
    from batten.extract.secrets.providers import from_document
    from batten.report.escape import lines, plain
    from batten.report.style import style_of
    from batten.rules.rotation import rotations, where_to_revoke
    from batten.scan import SECRETS
    from batten.setting import settle

    chosen = settle(options).rules
    page = chosen.page(rule)
    revoking = (
        where_to_revoke(page, from_document(chosen.documents[SECRETS]), rotations(chosen.documents)) if SECRETS in chosen.documents else ""
    )
    style = style_of(sys.stdout, os.environ)
    sys.stdout.write(f"{style.severity(page.severity, page.severity.value.upper())}  {style.paint(plain(page.title), 'bold')}\n")
    facts = [f"rule {page.id}", f"pack {page.pack}", f"{page.confidence.value} confidence", f"since {page.since}"]
    facts += [f"CWE-{number}" for number in page.cwe] + list(page.owasp) + list(page.aliases)
    sys.stdout.write(style.paint(plain(" · ".join(facts)), "dim") + "\n\n")
    text = lines(f"{page.markdown.strip()}\n\n{revoking}").strip()
    if not style.colour:
        sys.stdout.write(text + "\n")
        return
    from rich.console import Console
    from rich.markdown import Markdown

    # Links are shown with their address: a pack is anyone's text.
    Console(width=style.width, force_terminal=True, color_system="standard").print(Markdown(text, hyperlinks=False))
