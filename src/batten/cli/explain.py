"""``batten explain``: the page of a rule, or one finding of the app with the guards that were seen on the way."""

import os
import sys
from typing import Any

import click

from batten.cli.options import paths_argument, rule_options, run_options
from batten.options import Options
from batten.regex import regex

_HANDLE = regex("[0-9a-f]{12}")


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
    from batten.explanation import explanation
    from batten.report.explained import write
    from batten.report.style import style_of
    from batten.setting import settle

    outcome = run_line(options, settle(options), surface=True)
    write(explanation(outcome, key), outcome.run, sys.stdout, style_of(sys.stdout, os.environ))


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
