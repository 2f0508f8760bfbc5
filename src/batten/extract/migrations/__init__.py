"""Sources of a schema, one file at a time: SQL, and later code of migration tools; which files form a database is for ``link`` to find."""

from batten.extract.migrations.paths import is_migration
from batten.extract.migrations.sql import dialect_of, migration_facts

__all__ = ["dialect_of", "is_migration", "migration_facts"]
