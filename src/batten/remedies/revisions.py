"""Migrations that are code: the next revision of Alembic, the next migration of Django. Statements go in as they are, one by one."""

import re
from collections.abc import Iterator, Sequence
from uuid import NAMESPACE_URL, uuid5

from batten.discover import Unread
from batten.finding import Edit
from batten.parse.postgres.split import pieces
from batten.regex import regex
from batten.remedies.app import App

_REVISION = regex(rb"^revision\b[^=\n]*=\s*[\"']([\w-]+)[\"']", re.MULTILINE)
_REVISES = regex(rb"^down_revision\b[^=\n]*=\s*(.+)$", re.MULTILINE)
_QUOTED = regex(rb"[\"']([\w-]+)[\"']")
# What SQLAlchemy would take for a parameter.
_PARAMETER = regex(r"(?<![:\w]):\w")
_DJANGO = regex(r"(?:(?P<app>.*)/)?migrations/(?P<name>(?P<number>\d{4})_\w+)\.py")
_REVISION_TEXT = '''"""{title}

Revision ID: {revision}
Revises: {revises}
Create Date: {date}
"""

from alembic import op

revision = "{revision}"
down_revision = "{revises}"
branch_labels = None
depends_on = None


def upgrade() -> None:
{statements}

def downgrade() -> None:
    pass
'''
_MIGRATION_TEXT = """from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
{dependencies}    ]

    operations = [
{statements}    ]
"""


def alembic(app: App, root: str, slug: str, statements: Sequence[str]) -> Iterator[Edit]:
    """After the one revision that none comes after; none where there are several."""
    known: dict[str, str] = {}
    before: set[str] = set()
    for path in _python_files(app, root):
        if "/versions/" in f"/{path}":
            data = app.text(path)
            found = _REVISION.search(data)
            if found is not None:
                known[found[1].decode()] = path
                revises = _REVISES.search(data)
                before |= {each.decode() for each in _QUOTED.findall(revises[1])} if revises is not None else set()
    heads = sorted(set(known) - before)
    if len(heads) != 1 or any(_PARAMETER.search(each) for each in statements):
        return
    head = heads[0]
    written = "".join(f"    op.execute({_text(each)})\n" for each in _each(statements))
    if known[head] in app.drafts:
        text = app.text(known[head]).decode()
        yield Edit(known[head], None, text.replace("\n\ndef downgrade", f"{written}\n\ndef downgrade", 1))
        return
    revision = uuid5(NAMESPACE_URL, f"{head}{slug}").hex[:12]
    text = _REVISION_TEXT.format(
        title=slug.replace("_", " "), revision=revision, revises=head, date=app.now.strftime("%Y-%m-%d %H:%M:%S"), statements=written
    )
    yield Edit(f"{known[head].rpartition('/')[0]}/{revision}_{slug}.py", None, text)


def django(app: App, root: str, slug: str, statements: Sequence[str]) -> Iterator[Edit]:
    """In the app with the most migrations, after the last one of each app."""
    last: dict[str, str] = {}
    counts: dict[str, int] = {}
    paths: dict[str, str] = {}
    for path in _python_files(app, root):
        found = _DJANGO.fullmatch(path)
        if found is not None and b"django" in app.text(path):
            label = found["app"] or ""
            last[label] = max(last.get(label, ""), found["name"])
            counts[label] = counts.get(label, 0) + 1
            paths[f"{label}/{found['name']}"] = path
    if not counts:
        return
    chosen = max(counts, key=lambda each: (counts[each], each))
    written = "".join(f"        migrations.RunSQL({_text(each)}, migrations.RunSQL.noop),\n" for each in _each(statements))
    draft = paths[f"{chosen}/{last[chosen]}"]
    if draft in app.drafts:
        text = app.text(draft).decode()
        yield Edit(draft, None, f"{text.removesuffix('    ]' + chr(10))}{written}    ]\n")
        return
    needed = "".join(f'        ("{label.rpartition("/")[2]}", "{name}"),\n' for label, name in sorted(last.items()))
    number = int(last[chosen][:4]) + 1
    folder = draft.rpartition("/")[0]
    yield Edit(f"{folder}/{number:04}_{slug}.py", None, _MIGRATION_TEXT.format(dependencies=needed, statements=written))


def _python_files(app: App, root: str) -> Iterator[str]:
    lead = f"{root}/" if root else ""
    for path in app.paths:
        if path.startswith(lead) and path.endswith(".py"):
            try:
                app.text(path)
            except Unread:
                continue
            yield path


def _each(statements: Sequence[str]) -> Iterator[str]:
    """Single statements: some drivers take no more than one at a time."""
    for text in statements:
        data = text.encode()
        yield from (data[piece.span.start : piece.span.end].decode().strip() for piece in pieces(data))


def _text(statement: str) -> str:
    """A literal of Python."""
    if '"""' in statement or "\\" in statement or statement.endswith('"'):
        return repr(statement)
    return f'"""{statement}"""' if "\n" in statement or '"' in statement else f'"{statement}"'
