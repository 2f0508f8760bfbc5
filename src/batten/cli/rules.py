"""``batten rules`` lists the rules, ``batten explain`` shows one page."""

import os
import sys
from typing import Any

import click

from batten.cli.options import rule_options
from batten.options import Options


@click.command()
@rule_options
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def rules(as_json: bool, **words: Any) -> None:
    """List the rules that a check would run."""
    from batten.report.escape import plain
    from batten.report.style import style_of
    from batten.setting import settle

    pages = settle(Options(**words)).rules.pages
    if as_json:
        _write_json(pages)
        return
    style = style_of(sys.stdout, os.environ)
    width = max((len(page.id) for page in pages), default=0)
    for pack in sorted({page.pack for page in pages}):
        sys.stdout.write(style.paint(plain(pack), "bold") + "\n")
        for page in sorted((page for page in pages if page.pack == pack), key=lambda page: (page.severity.rank, page.id)):
            severity = style.severity(page.severity, f"{page.severity.value:<8}")
            sys.stdout.write(f"  {plain(page.id):<{width}}  {severity}  {plain(page.title)}\n")
        sys.stdout.write("\n")
    count = "1 rule" if len(pages) == 1 else f"{len(pages)} rules"
    sys.stdout.write(f"{count}. One of them in full: batten explain RULE\n")


def _write_json(pages: Any) -> None:
    import json

    fields = ("id", "title", "pack", "severity", "confidence", "cwe", "owasp", "aliases", "since", "summary")
    json.dump([{field: getattr(page, field) for field in fields} for page in pages], sys.stdout, indent=2)
    sys.stdout.write("\n")


def _complete(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    from batten.rules.registry import load

    return [page.id for page in load().pages if page.id.startswith(begun)]


@click.command()
@click.argument("rule", shell_complete=_complete)
@rule_options
def explain(rule: str, **words: Any) -> None:
    """Show the page of RULE: what it finds, why it matters, how to mend it, with examples."""
    from batten.extract.secrets.providers import from_document
    from batten.report.escape import lines, plain
    from batten.report.style import style_of
    from batten.rules.rotation import rotations, where_to_revoke
    from batten.scan import SECRETS
    from batten.setting import settle

    chosen = settle(Options(**words)).rules
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
