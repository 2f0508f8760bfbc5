"""``batten rules`` lists the rules."""

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
