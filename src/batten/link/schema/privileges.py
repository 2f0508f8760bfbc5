"""Who holds which privileges on one object, as statements give and take them; knows nothing of what the object is."""

from collections.abc import Iterable

VERBS = ("select", "insert", "update", "delete")

TABLE_PRIVILEGES = frozenset({*VERBS, "truncate", "references", "trigger", "maintain"})

PRIVILEGES = {
    "table": TABLE_PRIVILEGES,
    "schema": frozenset({"usage", "create"}),
    "function": frozenset({"execute"}),
    "sequence": frozenset({"usage", "select", "update"}),
}


class Privileges:
    """Who holds which privileges on one object.

    ``revoked`` remembers what a statement of the app has taken from a role; ``unclear`` what it may or may not have changed.
    """

    def __init__(self, held: dict[str, set[str]] | None = None) -> None:
        self.held = {role: set(found) for role, found in (held or {}).items()}
        self.columns: dict[tuple[str, str], set[str]] = {}
        self.revoked: set[tuple[str, str]] = set()
        self.unclear: set[tuple[str, str]] = set()
        self.was_given = False

    @property
    def touched(self) -> bool:
        """Whether a statement has changed them since they were made."""
        return self.was_given or bool(self.revoked)

    def give(self, role: str, privileges: Iterable[str], columns: Iterable[str] = ()) -> None:
        """GRANT."""
        self.was_given = True
        columns = set(columns)
        for privilege in privileges:
            if columns:
                self.columns.setdefault((role, privilege), set()).update(columns)
            else:
                self.held.setdefault(role, set()).add(privilege)
                self.revoked.discard((role, privilege))
            self.unclear.discard((role, privilege))

    def take(self, role: str, privileges: Iterable[str], columns: Iterable[str] = ()) -> None:
        """REVOKE; of the whole object it takes the columns' privileges too."""
        columns = set(columns)
        for privilege in privileges:
            given = self.columns.get((role, privilege))
            if columns:
                if given is not None:
                    given.difference_update(columns)
                continue
            self.held.get(role, set()).discard(privilege)
            self.columns.pop((role, privilege), None)
            self.revoked.add((role, privilege))
            self.unclear.discard((role, privilege))

    def hand_over(self, old: str, new: str) -> None:
        """OWNER TO: what was granted to the old owner by name is the new one's."""
        if old != new:
            self.held.setdefault(new, set()).update(self.held.get(old, ()))
            self.forget(old)

    def forget(self, role: str) -> None:
        """DROP OWNED BY."""
        self.held.pop(role, None)
        self.columns = {key: found for key, found in self.columns.items() if key[0] != role}

    def drop_column(self, label: str) -> None:
        """DROP COLUMN: what was granted on it goes with it."""
        for columns in self.columns.values():
            columns.discard(label)

    def rename_column(self, label: str, to: str) -> None:
        """RENAME COLUMN."""
        for columns in self.columns.values():
            if label in columns:
                columns.remove(label)
                columns.add(to)

    def doubt(self, role: str, privileges: Iterable[str]) -> None:
        """A GRANT or REVOKE that may not have run."""
        self.unclear.update((role, privilege) for privilege in privileges)

    def copy(self) -> "Privileges":
        """An equal one of its own."""
        other = Privileges(self.held)
        other.columns = {key: set(found) for key, found in self.columns.items()}
        other.revoked, other.unclear = set(self.revoked), set(self.unclear)
        return other
