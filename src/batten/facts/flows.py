"""What the values of a function are made of, as a small graph that composes over calls, and the flows that come of it.

A node is known by its number in ``Graph.nodes``; ``HARMLESS`` stands for a value that carries no text of anybody's. The graph is flow-sensitive:
what a name stands for is settled where it is used, and a way that a constant closes is not in it.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from batten.facts.linked import LinkedFact
from batten.regex import regex
from batten.text import Span

HARMLESS = -1
"""A number, a truth value, or nothing: no text travels in it."""
RIGHTS = frozenset((
    "role", "roles", "isAdmin", "is_admin", "admin", "userRole", "user_role", "accountType", "account_type", "isStaff", "is_staff", "is_superuser",
    "permissions", "roleId", "role_id", "privileges",
    "userType", "user_type", "isSuperAdmin", "is_super_admin", "superAdmin", "isSuperuser",
))  # fmt: skip
"""What records of accounts call what an account may do."""

OF_FEW = regex(r"(?:super|site|system|global|app)?[-_ ]?(?:admins?|administrators?)|root|super[-_ ]?user|staff|moderator", re.IGNORECASE)
"""What accounts are called that may do more than others."""

LISTED_RIGHTS = "listed-rights"
"""What tests say of a value that is one of a list in which there is what few may be: ``admin``."""
RESOLVED = "resolved:"
"""Before how a test went that says something of an address, as it asked about the number of its server, which was looked up."""
SELF = -1
"""The index of the object that a method is called on, among parameters."""
ANY = "[]"
"""The key of an element that can't be told from others."""
KEYED = "record->key->key"
"""What is assigned to where a key of a record in a record is put, and neither key is written out: its arguments are the two keys."""
COMPONENT = "<"
"""Before the name of a component, as the callee of an element that shows it: its only argument is the record of its properties."""
SUPER = ".<super>."
"""Between a class and a method, in the name of a callee: the method is that of the class above."""
GRANTED = "granted:"
"""Before the number of a call and that of a slot, as what a test says of a value: the call that was handed it has given a yes, or something."""
PASSED = "passed:"
"""The same where the call has come back, whatever it gave."""
DEEP = "**"
"""As a step of a path: all that is in there, however deep."""


class Constant(Struct, frozen=True, tag="c", array_like=True, gc=False):
    """A value that is written in the code or follows from what is."""

    value: str | int | float | bool | None


class Given(Struct, frozen=True, tag="g", array_like=True, gc=False):
    """A parameter, by its index; ``SELF`` is the object that a method is called on. ``rest``: it is the first of those that are collected here."""

    index: int
    rest: bool = False


class Named(Struct, frozen=True, tag="n", array_like=True, gc=False):
    """Something of the module or of another one, as a qualified name: ``flask#request``, ``#SETTINGS``, ``Math``."""

    name: str


class Outer(Struct, frozen=True, tag="o", array_like=True, gc=False):
    """A variable of the function around, known by the node it has in the graph of that function."""

    function: str
    node: int


class Field(Struct, frozen=True, tag="f", array_like=True, gc=False):
    """What is under a key of a value; lists have their positions as keys."""

    of: int
    key: str


class Result(Struct, frozen=True, tag="r", array_like=True, gc=False):
    """What a call gives."""

    call: int


class Changed(Struct, frozen=True, tag="m", array_like=True, gc=False):
    """A value after it was handed to a call, as argument ``slot`` or as the object that it is called on (``SELF``)."""

    before: int
    call: int
    slot: int


class Object(Struct, frozen=True, tag="b", array_like=True, gc=False):
    """A record or a list, with what is under the keys that are known; ``base`` has the others."""

    fields: tuple[tuple[str, int], ...]
    base: int = HARMLESS


class Choice(Struct, frozen=True, tag="j", array_like=True, gc=False):
    """One of several values; ``in_order``: the first of them that there is (``sent || own``)."""

    of: tuple[int, ...]
    in_order: bool = False


class Text(Struct, frozen=True, tag="t", array_like=True, gc=False):
    """Text put together of parts, in their order."""

    parts: tuple[int, ...]


class Checked(Struct, frozen=True, tag="k", array_like=True, gc=False):
    """A value where tests have passed: pairs of the node that was tested and what the test says of it."""

    of: int
    tests: tuple[tuple[int, str], ...]


Node = Constant | Given | Named | Outer | Field | Result | Changed | Object | Choice | Text | Checked


class FlowCall(Struct, frozen=True, array_like=True, gc=False):
    """One call. ``callee`` is its qualified name, None where it has none; ``method`` the last step of what is called, ``receiver`` what that is taken from.

    ``arguments`` are those by position, with ``spread`` true where one of them stands for many; ``keywords`` those by name (``**`` for a spread record).
    ``twice`` are the positions that are given one and the same object: what is put into it at one of them is there at the others.
    ``callee`` is ``=`` for an assignment to ``method`` of ``receiver``, ``==`` for a comparison, and begins with ``<`` for an element.
    """

    span: Span
    callee: str | None
    receiver: int
    method: str
    arguments: tuple[int, ...]
    keywords: tuple[tuple[str, int], ...] = ()
    new: bool = False
    spread: bool = False
    twice: tuple[int, ...] = ()


class Graph(Struct, frozen=True, array_like=True, gc=False):
    """The values of one function: what it calls with what, what it gives back, and what it leaves in what it was given.

    ``left`` are the parameters whose contents it changes, as they are at the end. ``stored`` are values put under a key of something named elsewhere.
    ``form_alone``: it asks of an address no more than whether it is one. ``demands`` are what tests say of a parameter (``0``), or of what is under a key of one (``0.from``), wherever it comes to its end, ``grants`` wherever it gives more than nothing. ``loops`` are its loops, and whether only an answer ends them, where that is so of one. ``variables`` are those of the module body at its end. ``places`` tell where fields are read. ``complete`` is False where a limit cut something off.
    """

    function: str
    parameters: tuple[str, ...]
    nodes: tuple[Node, ...]
    calls: tuple[FlowCall, ...]
    returns: tuple[tuple[int, Span], ...]
    left: tuple[tuple[int, int], ...] = ()
    stored: tuple[tuple[int, str, int, Span], ...] = ()
    variables: tuple[tuple[str, int], ...] = ()
    places: tuple[tuple[int, int, int], ...] = ()
    complete: bool = True
    form_alone: bool = False
    demands: tuple[tuple[str, str], ...] = ()
    grants: tuple[tuple[str, str], ...] = ()
    loops: tuple[tuple[Span, bool], ...] = ()


class Flow(LinkedFact, frozen=True):
    """Text of somebody else's that comes to where it does harm.

    ``kind`` says what the place does with it (``sql``, ``command``, ``html`` …), ``source`` whose text it is (``request``, ``model-output`` …), ``sink`` what is called
    there. ``certain`` is None where the way leads through something that is not known. ``function`` is where the harm is done. ``served``: the package answers requests.
    ``caller`` is who can send it: ``anyone``, an ``account``, or one with a role (``privileged``); None can't tell. ``whose`` is the source in words.
    ``function`` and ``place`` are those of the caller where a helper is handed the whole of what it runs: the trail ends at the helper's own call.
    """

    kind: str
    source: str
    sink: str
    function: str
    certain: bool | None = True
    served: bool = False
    caller: str | None = None
    whose: str = "a request"

    @property
    def in_helper(self) -> bool:
        """What does the harm is not called at the place itself, but in a function that is called there."""
        return bool(self.trail) and self.trail[-1].place != self.place


class Use(LinkedFact, frozen=True):
    """A call whose arguments decide whether it is safe, or a setting that says what such a call would.

    ``name`` is the canonical name of what is called, ``kind`` what the vocabulary says of it. ``arguments`` are those that are constant, as ``slot=text``, and
    ``slots`` all that are given (``**`` where some can't be told). ``served``: the package that it is part of answers requests. ``reads``: the keys that are read of what it gives, where that matters; ``*`` where it goes on as it is, ``given`` where a function gives it back that nothing calls.
    ``in_browser``: the code is sent to browsers.
    """

    kind: str
    name: str
    arguments: tuple[str, ...]
    slots: tuple[str, ...]
    function: str
    served: bool = False
    reads: tuple[str, ...] = ()
    in_browser: bool | None = None


def name_of(nodes: Sequence[Node], number: int) -> str | None:
    """The qualified name that a node is, with the keys taken from it; None where it is none."""
    tail = ""
    while number >= 0:
        node = nodes[number]
        if type(node) is Field:
            tail, number = f".{node.key}{tail}", node.of
        elif type(node) is Named:
            return f"{node.name}{tail[1:] if node.name.endswith('#') else tail}"
        else:
            return None
    return None
