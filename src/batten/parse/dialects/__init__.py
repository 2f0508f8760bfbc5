"""SQL that is no migration of PostgreSQL: of other databases, and inside code; and a second reading of conditions. The only room of sqlglot, which is imported when it is first needed."""
