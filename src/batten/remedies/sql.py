"""Writes SQL: names, literals and statements; knows nothing of where they go."""

from collections.abc import Sequence


def name(text: str) -> str:
    """One identifier, quoted: a fix must mean the object that it was made for, whatever its letters."""
    return '"' + text.replace('"', '""') + '"'


def qualified(text: str) -> str:
    """``schema.name`` with both parts quoted."""
    schema, _, inner = text.partition(".")
    return f"{name(schema)}.{name(inner)}"


def signature(text: str) -> str:
    """``schema.name(types)`` with the name quoted."""
    title, bracket, rest = text.partition("(")
    return f"{qualified(title)}{bracket}{rest}"


def literal(text: str) -> str:
    """A string."""
    return "'" + text.replace("'", "''") + "'"


def policy(
    title: str,
    table: str,
    command: str,
    using: str | None,
    check: str | None,
    roles: Sequence[str] = ("authenticated",),
    *,
    permissive: bool = True,
) -> str:
    """CREATE POLICY; ``using`` and ``check`` are conditions without parentheses round them."""
    kind = "" if permissive else " as restrictive"
    lines = [f"create policy {name(title)}", f"  on {qualified(table)}{kind} for {command} to {', '.join(roles)}"]
    if using is not None:
        lines.append(f"  using ({using})")
    if check is not None:
        lines.append(f"  with check ({check})")
    return "\n".join(lines) + ";"
