"""An app's sources of a schema, read and linked as a scan does it."""

from collections.abc import Callable, Mapping

import pytest

from batten.extract.code import language_of, unit_of
from batten.extract.environment import definitions, is_environment_file
from batten.extract.migrations import look, read_code
from batten.extract.packages import file_facts
from batten.facts.project import FileFacts
from batten.facts.services import Package
from batten.link.schema import SchemaResult, schema, unread

Linker = Callable[..., SchemaResult]
SUPABASE = {".env.example": "DATABASE_URL=postgresql://postgres:secret@db.abcdefghijklmnopqrst.supabase.co:5432/postgres"}


def _facts(path: str, data: bytes) -> FileFacts:
    found = look(path, data)
    return FileFacts(
        path=path,
        language=language_of(path),
        parsed=False,
        statements=found.statements,
        dialect=found.dialect,
        source=found.source,
        notes=found.notes,
        supabase=file_facts(path, data).supabase,
        variables=definitions(path, data) if is_environment_file(path) else (),
    )


def _code(facts: FileFacts, data: bytes) -> FileFacts:
    from msgspec.structs import replace

    found = read_code(data, unit_of(facts.path, data))
    return replace(facts, statements=found.statements, source=found.source)


@pytest.fixture
def linked() -> Linker:
    """The schema of files that are held in memory; their database is one of Supabase's, unless ``on`` says something else."""

    def link(files: Mapping[str, str], packages: tuple[Package, ...] = (), on: Mapping[str, str] = SUPABASE) -> SchemaResult:
        texts = {path: text.encode() for path, text in {**on, **files}.items()}
        facts = {path: _facts(path, data) for path, data in texts.items()}
        supabase = [config for file in facts.values() for config in file.supabase]
        for path in unread(list(facts.values()), supabase, packages):
            facts[path] = _code(facts[path], texts[path])
        return schema(list(facts.values()), supabase, packages)

    return link
