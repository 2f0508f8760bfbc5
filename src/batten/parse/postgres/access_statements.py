"""The statements that say who may do what: policies, privileges and roles."""

from msgspec import Struct

from batten.parse.postgres.expressions import Expression, Name
from batten.text import Span


class CreatePolicy(Struct, frozen=True, tag_field="node", tag="create-policy"):
    """``command``: ``all``, ``select``, ``insert``, ``update``, ``delete``; ``roles`` is ``("public",)`` where TO is left out; ``lead`` is the comment right above."""

    span: Span
    name: str
    table: Name
    permissive: bool = True
    command: str = "all"
    roles: tuple[str, ...] = ("public",)
    using: Expression | None = None
    check: Expression | None = None
    using_span: Span | None = None
    check_span: Span | None = None
    using_text: str | None = None
    check_text: str | None = None
    lead: str = ""


class AlterPolicy(Struct, frozen=True, tag_field="node", tag="alter-policy"):
    """ALTER POLICY; what is None stays as it was."""

    span: Span
    name: str
    table: Name
    roles: tuple[str, ...] | None = None
    using: Expression | None = None
    check: Expression | None = None
    using_text: str | None = None
    check_text: str | None = None


class Privilege(Struct, frozen=True, gc=False):
    """One privilege, lower case; ``columns`` is empty where it is for the whole object."""

    name: str
    columns: tuple[str, ...] = ()


class Grant(Struct, frozen=True, tag_field="node", tag="grant"):
    """GRANT (``on`` True) or REVOKE. ``kind``: ``table``, ``schema``, ``function``, ``sequence``, ``other``; ``whole_schemas``: ALL … IN SCHEMA.

    ``types`` as in Drop. A REVOKE GRANT OPTION FOR takes nothing away and is not one of these.
    """

    span: Span
    on: bool
    privileges: tuple[Privilege, ...]
    kind: str
    objects: tuple[Name, ...] = ()
    whole_schemas: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    types: tuple[tuple[str, ...] | None, ...] = ()
    grantable: bool = False
    """WITH GRANT OPTION."""


class DefaultPrivileges(Struct, frozen=True, tag_field="node", tag="default-privileges"):
    """ALTER DEFAULT PRIVILEGES; ``owners`` is empty for the current role, ``schemas`` for all."""

    span: Span
    on: bool
    privileges: tuple[Privilege, ...]
    kind: str
    roles: tuple[str, ...]
    owners: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()


class GrantRole(Struct, frozen=True, tag_field="node", tag="grant-role"):
    """GRANT role TO member, or REVOKE."""

    span: Span
    on: bool
    roles: tuple[str, ...]
    members: tuple[str, ...]


class Role(Struct, frozen=True, tag_field="node", tag="role"):
    """CREATE or ALTER ROLE; an attribute is None where the statement leaves it."""

    span: Span
    name: str
    create: bool
    bypass_rls: bool | None = None
    superuser: bool | None = None
    inherit: bool | None = None
    member_of: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


class RoleSetting(Struct, frozen=True, tag_field="node", tag="role-setting"):
    """ALTER ROLE … SET name = value; ``role`` None for ALTER DATABASE and ALL, "" for a plain SET; ``values`` None for RESET."""

    span: Span
    role: str | None
    name: str
    values: tuple[str, ...] | None
