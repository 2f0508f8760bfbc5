"""What the schema of an app rests on of its files, and nothing else: as long as that is equal, it need not be replayed again."""

from collections.abc import Iterable

from batten.facts.modules import Import
from batten.facts.project import FileFacts
from batten.text import Span


def inputs(files: Iterable[FileFacts]) -> list[FileFacts]:
    """The files that say something of a database, with that alone; where an import stands does not count."""
    return [told for file in files if (told := _told(file)) is not None]


def _told(file: FileFacts) -> FileFacts | None:
    modules = {entry.module for entry in file.imports if "supabase" in entry.module}
    addresses = tuple(variable for variable in file.variables if variable.served_by is not None)
    sql = file.dialect is not None or file.source is not None or bool(file.statements)
    if not (sql or modules or addresses):
        return None
    return FileFacts(
        path=file.path,
        language=file.language,
        parsed=False,
        imports=tuple(Import(Span(0, 0), module, "", "") for module in sorted(modules)),
        variables=addresses,
        statements=file.statements,
        dialect=file.dialect,
        source=file.source,
    )
