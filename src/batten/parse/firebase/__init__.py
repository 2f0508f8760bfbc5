"""The rules of Firebase, for Firestore and Storage in their own language and for the Realtime Database in JSON; knows nothing of what they allow."""

from batten.parse.firebase.expressions import (
    Binary,
    Expression,
    Index,
    Invoke,
    Items,
    Literal,
    Member,
    Name,
    Path,
    Unary,
    Unclear,
    expression,
)
from batten.parse.firebase.rules import Allow, Block, Function, Read, read

__all__ = [
    "Allow", "Binary", "Block", "Expression", "Function", "Index", "Invoke", "Items", "Literal", "Member", "Name", "Path", "Read", "Unary", "Unclear",
    "expression", "read",
]  # fmt: skip
