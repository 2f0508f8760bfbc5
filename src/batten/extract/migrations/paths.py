"""What a path tells of a source of a schema: whether it may take part in one at all; never looks into files."""

import re
from pathlib import PurePosixPath

from batten.regex import regex

JOURNAL = "meta/_journal.json"
"""Drizzle's list of migrations, below its folder."""

_SEED_FOLDERS = frozenset({"seeds", "seed"})
_SEEDS = frozenset({"seed.sql", "seeds.sql", "fixtures.sql"})
_SKIPPED_FOLDERS = frozenset({"snippets"})
# One migration a folder: its name is what its author gave it, and says nothing of whether it counts.
_ONE_A_FOLDER = frozenset({"migration.sql", "up.sql", "down.sql"})
_OUT = r"old|bak|backups?|archived?|archives|deprecated|disabled|unused|obsolete|outdated|trash|graveyard"
_BACK = r"rollbacks?|rolled[-_]?back|downs?|undo|undos|reverts?|reverted"
_DISCARDED = regex(
    rf"[._-]*(?:{_OUT}|{_BACK}|rollback[-_]?(?:scripts?|migrations?)|do[-_]?not[-_]?use)[-_.]?\d*"
    rf"|(?:{_OUT})[-_. ]?(?:migrations?|versions|sql|schemas?|scripts?|database|db|supabase)(?:[-_]?\d+)?"
    rf"|(?:supabase[-_])?(?:migrations?|versions|sql|schemas?|scripts?|database|db|supabase)[-_. ](?:{_OUT}|{_BACK}|copy)(?:[-_]?\d+)?"
)
_UNDO = regex(r"^U\d|\.undo\.|\.down\.|(?:^|[_./-])(?:down|rollback|revert)\.sql$", re.IGNORECASE)
_SET_ASIDE = regex(r"\.(?:bak|old|orig|backup|disabled|skip)\.sql$", re.IGNORECASE)


def is_migration(path: str) -> bool:
    """Whether a file may take part in building a schema: SQL that is no test, no rollback and not set aside, or drizzle's journal."""
    if path.endswith(JOURNAL):
        return True
    if not path.lower().endswith(".sql"):
        return False
    pure = PurePosixPath(path)
    folders = _folders(pure)
    if _UNDO.search(pure.name) or _SET_ASIDE.search(pure.name) or is_discarded(path) or _SKIPPED_FOLDERS.intersection(folders):
        return False
    if is_seed(path) and "supabase" not in folders:
        return False
    return not ("supabase" in folders and "tests" in folders)


def is_seed(path: str) -> bool:
    """Whether a file fills tables and makes none: of a Supabase project it still tells which buckets there are."""
    pure = PurePosixPath(path)
    return pure.name.lower() in _SEEDS or bool(_SEED_FOLDERS.intersection(_folders(pure)))


def is_discarded(path: str) -> bool:
    """Whether a file lies in a folder of what was given up, or of ways back: ``old``, ``migrations_backup``, ``rollback``."""
    return any(_DISCARDED.fullmatch(folder.lower()) for folder in _folders(PurePosixPath(path)))


def _folders(path: PurePosixPath) -> tuple[str, ...]:
    """The folders that say what a file is for; what lies further up is where the app lies, and says nothing of it."""
    return path.parts[-5:-2] if path.name in _ONE_A_FOLDER else path.parts[-4:-1]
