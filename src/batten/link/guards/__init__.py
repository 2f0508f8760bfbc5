"""Who is let through: what protects a point of a function, and what a dependency, decorator or middleware demands."""

from batten.link.guards.gates import put_before
from batten.link.guards.outside import sounds_like_a_check
from batten.link.guards.protection import Protection, Seen
from batten.link.guards.verdicts import Guards

__all__ = ["Guards", "Protection", "Seen", "put_before", "sounds_like_a_check"]
