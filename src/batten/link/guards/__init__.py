"""Who is let through: what protects a point of a function, and what a dependency, decorator or middleware demands."""

from batten.link.guards.protection import Protection
from batten.link.guards.verdicts import Guards

__all__ = ["Guards", "Protection"]
