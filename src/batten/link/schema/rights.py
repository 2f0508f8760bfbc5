"""What roles are given before any condition is looked at: privileges, the use of schemas, and which policies are for them."""

from batten.link.schema.callers import Caller
from batten.link.schema.once import once
from batten.link.schema.privileges import VERBS
from batten.link.schema.state import Database, PolicyState, Relation, Routine


class Rights:
    """The rights of roles in one database, at the end of its migrations."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.answers: dict[tuple[object, ...], object] = {}

    @once
    def granted(self, relation: Relation, role: str, verb: str) -> tuple[bool | None, tuple[str, ...]]:
        """Whether a role holds the privilege and may use the schema, and the columns it is limited to."""
        usage = self.usage(relation.schema, role)
        held, columns = self.held(relation, role, verb)
        if usage is False or held is False:
            return False, ()
        return (None if usage is None or held is None else True), columns

    @once
    def held(self, relation: Relation, role: str, verb: str) -> tuple[bool | None, tuple[str, ...]]:
        """Whether a role holds the privilege, as it counts below views and in conditions, whose names were resolved when they were made."""
        whole = self.database.holds(role, verb, relation.privileges, relation.owner)
        columns = () if whole or verb == "delete" else self.database.columns_held(role, verb, relation.privileges)
        return (True if columns else whole), columns

    @once
    def usage(self, schema: str, role: str) -> bool | None:
        """Whether a role may use a schema."""
        found = self.database.schemas.get(schema)
        return False if found is None else self.database.holds(role, "usage", found)

    def may_call(self, routine: Routine, caller: Caller) -> bool | None:
        """Whether a caller may execute a function that a condition or view names."""
        return self.database.holds(caller.role, "execute", routine.privileges, routine.owner)

    @once
    def applies(self, policy: PolicyState, role: str) -> bool:
        """Whether a policy is for a role."""
        return self.database.applies(policy, role)

    @once
    def _sorted(self, relation: Relation, role: str) -> dict[tuple[str, bool, bool], list[PolicyState]]:
        """The policies of a table for a role by verb, by whether they are permissive, and all or those that such a server makes."""
        found: dict[tuple[str, bool, bool], list[PolicyState]] = {}
        for policy in relation.policies.values():
            if self.applies(policy, role):
                for verb in VERBS if policy.command == "all" else (policy.command,):
                    for made in (False,) if policy.premature else (False, True):
                        found.setdefault((verb, policy.permissive, made), []).append(policy)
        return found

    def applicable(self, relation: Relation, role: str, verb: str, permissive: bool, made: bool = False) -> list[PolicyState]:
        """The permissive or the restrictive policies of a table that count for a role and a verb. ``made``: those alone that a server makes which runs nothing but the migrations."""
        return self._sorted(relation, role).get((verb, permissive, made), [])

    def bypasses(self, relation: Relation, role: str) -> bool:
        """Whether the policies of a table do not count for a role."""
        state = self.database.roles.get(role)
        if state is not None and (state.bypass_rls or state.superuser):
            return True
        return relation.owner in self.database.closure(role) and not relation.forced
