"""The next migration of a database, in its tool's own place, name and order; does not know what it is for."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from uuid import NAMESPACE_URL, uuid5

from batten.discover import Unread
from batten.finding import Edit
from batten.regex import regex
from batten.remedies import revisions
from batten.remedies.app import App
from batten.remedies.existing import where_there

_STAMP = "%Y%m%d%H%M%S"
_DIGITS = regex(r"^(\d+)")
_FLYWAY = regex(r"^V(\d+)([._]\d+)*__", re.IGNORECASE)


def migration(app: App, origin: str, root: str, slug: str, statements: Sequence[str]) -> tuple[Edit, ...]:
    """The edits that add the statements to the end of the migrations in ``root``; none where the tool is not one that this knows.

    Nothing that may have run is changed: they go to a new file, or to the one that an earlier fix of the run has begun.
    """
    of_code = {"alembic": revisions.alembic, "django": revisions.django}.get(origin)
    if of_code is not None:
        return tuple(of_code(app, root, slug, statements))
    write = _WRITERS.get(origin)
    body = "\n\n".join(where_there(app, root, statements)) + "\n"
    return tuple(write(app, root, slug, body)) if write is not None else ()


def _supabase(app: App, root: str, slug: str, body: str) -> Iterator[Edit]:
    folder = f"{root}/migrations" if root else "migrations"
    names = _names(app, folder, ".sql")
    yield _next(app, folder, names, f"{_stamp(app, names)}_{slug}.sql", body)


def _prisma(app: App, root: str, slug: str, body: str) -> Iterator[Edit]:
    folder = f"{root}/migrations" if root else "migrations"
    names = sorted(
        {
            str(PurePosixPath(path).relative_to(folder).parts[0])
            for path in app.paths
            if path.startswith(f"{folder}/") and path.endswith("/migration.sql")
        }
    )
    last = f"{folder}/{names[-1]}/migration.sql" if names else ""
    yield _continued(app, last, body) or Edit(f"{folder}/{_stamp(app, names)}_{slug}/migration.sql", None, body)


def _flyway(app: App, root: str, slug: str, body: str) -> Iterator[Edit]:
    numbers = {path: int(found[1]) for path in _names(app, root, ".sql") if (found := _FLYWAY.match(path))}
    if not numbers:
        return
    last = max(numbers, key=lambda path: numbers[path])
    width = len(_DIGITS.sub(lambda found: found[1], last[1:].partition("__")[0]))
    new = f"V{str(numbers[last] + 1).zfill(width if last[1] == '0' else 0)}__{slug}.sql"
    yield _continued(app, f"{root}/{last}" if root else last, body) or Edit(f"{root}/{new}" if root else new, None, body)


def _numbered(app: App, root: str, slug: str, body: str) -> Iterator[Edit]:
    """A folder of SQL files with numbers or times in front: dbmate, goose, sqlx, golang-migrate, and one's own."""
    for name in ("migrations", "migration", "migrate"):
        folder = f"{root}/{name}" if root else name
        names = [path for path in _names(app, folder, ".sql") if _DIGITS.match(path)]
        if names:
            break
    else:
        return
    last = names[-1]
    digits = _DIGITS.match(last)
    number = digits[1] if digits is not None else "1"
    new = _stamp(app, names) if len(number) == len("20260101000000") else str(int(number) + 1).zfill(len(number))
    text = app.text(f"{folder}/{last}").decode("utf-8", "replace")
    if (draft := _continued(app, f"{folder}/{last}", body)) is not None:
        yield draft
    elif last.endswith((".up.sql", ".down.sql")):
        yield Edit(f"{folder}/{new}_{slug}.up.sql", None, body)
    elif "-- +goose Up" in text:
        yield Edit(f"{folder}/{new}_{slug}.sql", None, f"-- +goose Up\n{body}\n-- +goose Down\n")
    elif "-- migrate:up" in text:
        yield Edit(f"{folder}/{new}_{slug}.sql", None, f"-- migrate:up\n{body}\n-- migrate:down\n")
    else:
        yield Edit(f"{folder}/{new}_{slug}.sql", None, body)


def _drizzle(app: App, root: str, slug: str, body: str) -> Iterator[Edit]:
    """As ``drizzle-kit generate --custom`` does: an entry in the journal, and a snapshot that is the last one with an id of its own."""
    journal_path = f"{root}/meta/_journal.json" if root else "meta/_journal.json"
    try:
        journal = json.loads(app.text(journal_path))
        entries = journal["entries"]
        last = entries[-1]
        index, tag, when, version = int(last["idx"]), str(last["tag"]), int(last["when"]), str(last["version"])
    except (Unread, KeyError, IndexError, ValueError, TypeError):
        return
    folder = f"{root}/" if root else ""
    if (draft := _continued(app, f"{folder}{tag}.sql", body, "--> statement-breakpoint\n")) is not None:
        yield draft
        return
    width = len(tag.partition("_")[0])
    new = f"{str(index + 1).zfill(width)}_{slug}"
    now = int(app.now.replace(tzinfo=UTC).timestamp() * 1000)
    entry = {
        "idx": index + 1,
        "version": version,
        "when": max(now, when + 1),
        "tag": new,
        "breakpoints": bool(last.get("breakpoints", True)),
    }
    yield Edit(f"{folder}{new}.sql", None, body)
    yield Edit(journal_path, None, json.dumps({**journal, "entries": [*entries, entry]}, indent=2) + "\n")
    try:
        snapshot = json.loads(app.text(f"{folder}meta/{tag.partition('_')[0]}_snapshot.json"))
        changed = {**snapshot, "id": str(uuid5(NAMESPACE_URL, f"{snapshot['id']}{new}")), "prevId": snapshot["id"]}
    except (Unread, KeyError, ValueError, TypeError):
        return
    yield Edit(f"{folder}meta/{str(index + 1).zfill(width)}_snapshot.json", None, json.dumps(changed, indent=2))


_WRITERS = {"supabase": _supabase, "prisma": _prisma, "flyway": _flyway, "migrations": _numbered, "drizzle": _drizzle}


def _names(app: App, folder: str, ending: str) -> list[str]:
    """The files right in a folder, in order."""
    lead = f"{folder}/" if folder else ""
    inner = (path.removeprefix(lead) for path in app.paths if path.startswith(lead))
    return sorted(name for name in inner if "/" not in name and name.endswith(ending))


def _stamp(app: App, names: Sequence[str]) -> str:
    """Now, or a second after the last migration where that is later."""
    last = max((found[1] for name in names if (found := _DIGITS.match(name)) and len(found[1]) == len("20260101000000")), default="")
    now = app.now.strftime(_STAMP)
    if last < now:
        return now
    try:
        return (datetime.strptime(last, _STAMP) + timedelta(seconds=1)).strftime(_STAMP)  # noqa: DTZ007 - the zone is that of the name
    except ValueError:  # as 20260101000099, which people write by hand
        return str(int(last) + 1)


def _next(app: App, folder: str, names: Sequence[str], new: str, body: str) -> Edit:
    begun = next((name for name in names if f"{folder}/{name}" in app.drafts), "")
    return _continued(app, f"{folder}/{begun}", body) or Edit(f"{folder}/{new}", None, body)


def _continued(app: App, path: str, body: str, between: str = "") -> Edit | None:
    """The draft with more in it, where the last migration is one."""
    if path not in app.drafts:
        return None
    return Edit(path, None, f"{app.text(path).decode()}\n{between}{body}")
