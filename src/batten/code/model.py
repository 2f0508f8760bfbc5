"""The code model: one small tree for Python, JavaScript and TypeScript; knows no framework and no file but its own.

Every node has a ``span`` of byte offsets. ``Unknown`` stands for syntax that has no node of its own
and keeps its children, so that calls inside it are never lost.
"""

from enum import StrEnum

from msgspec import Struct

from batten.text import Span


class Language(StrEnum):
    """The languages that have a code model."""

    PYTHON = "python"
    JAVASCRIPT = "javascript"
    TYPESCRIPT = "typescript"


class Expression(Struct, frozen=True, gc=False):
    """Anything with a value."""

    span: Span


class Name(Expression, frozen=True, gc=False):
    """A plain identifier; ``this`` and ``self`` too."""

    id: str


class Attribute(Expression, frozen=True):
    """``value.name``, ``value?.name`` and ``value["name"]`` with a constant key."""

    value: Expression
    name: str


class Subscript(Expression, frozen=True):
    """``value[index]`` with an index that is no constant string."""

    value: Expression
    index: Expression


class Keyword(Struct, frozen=True):
    """A named argument (Python) or an attribute (JSX); ``name`` is None for ``**rest`` / ``{...rest}``."""

    span: Span
    name: str | None
    value: Expression


class Call(Expression, frozen=True):
    """A call, a construction (``new``), a tagged template, a decorator's call or a JSX element (``callee`` = the tag).

    ``types`` are TypeScript's type arguments.
    """

    callee: Expression
    args: tuple[Expression, ...] = ()
    keywords: tuple[Keyword, ...] = ()
    new: bool = False
    jsx: bool = False
    types: tuple[Expression, ...] = ()


class Literal(Expression, frozen=True, gc=False):
    """A constant: str, bytes (as str), int, float, bool or None; ``undefined`` is None; a regular expression is its source text."""

    value: str | int | float | bool | None


class Template(Expression, frozen=True):
    """A template literal or f-string; constant parts are ``Literal``."""

    parts: tuple[Expression, ...]


class Entry(Struct, frozen=True):
    """One entry of a record: ``key`` is None for a spread or a computed key."""

    span: Span
    key: str | None
    value: Expression


class Record(Expression, frozen=True):
    """An object literal or dict."""

    entries: tuple[Entry, ...]


class Sequence(Expression, frozen=True):
    """An array, list, tuple or set; a spread item is ``Operation("...", (x,))``."""

    items: tuple[Expression, ...]


class Lambda(Expression, frozen=True):
    """A function used as a value: arrow, function expression, lambda."""

    function: "Function"


class Await(Expression, frozen=True):
    """``await value``."""

    value: Expression


class Operation(Expression, frozen=True):
    """An operator over its operands, in source order.

    ``operator`` is normalised over the languages: ``!`` (not), ``&&`` ``||`` ``??`` ``==`` ``!=`` ``is``→``==``,
    ``is not``→``!=``, ``in``, ``not in``, ``instanceof``, ``typeof``, ``?:`` (test, then, else), ``...`` (spread), ``yield``,
    ``delete``, arithmetic as written. ``===`` is ``==``. Chains of one associative operator are flat.
    """

    operator: str
    operands: tuple[Expression, ...]


class Unknown(Expression, frozen=True):
    """Syntax without a node of its own; its children are kept."""

    kind: str
    children: tuple[Expression, ...] = ()


class Statement(Struct, frozen=True):
    """Anything that is executed."""

    span: Span


class Assign(Statement, frozen=True):
    """``target = value``; a destructuring target is a Record or Sequence of Names (entry key = property, value = Name, with default ``Operation("=", (Name, default))``).

    ``value`` is None for a bare declaration. ``operator`` is ``=`` or an augmented form such as ``+=``.
    ``annotation`` is the declared type, where one stands: Python's models and settings live in it.
    """

    target: Expression
    value: Expression | None
    declares: bool = False
    operator: str = "="
    annotation: Expression | None = None


class Return(Statement, frozen=True):
    """``return value``; an arrow function's expression body is one too."""

    value: Expression | None


class Raise(Statement, frozen=True):
    """``raise`` / ``throw``."""

    value: Expression | None


class Jump(Statement, frozen=True):
    """``break`` or ``continue``."""

    kind: str


class Branch(Statement, frozen=True):
    """``if``; an ``else if``/``elif`` is a Branch alone in ``orelse``. ``switch``/``match`` become chains of ``==`` tests."""

    test: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...] = ()


class Loop(Statement, frozen=True):
    """``for`` and ``while``: ``target`` is bound from ``source`` on each turn; ``test`` for ``while``/C-style loops. ``by_key``: it is bound to the keys (``for … in`` of JavaScript)."""

    target: Expression | None
    source: Expression | None
    test: Expression | None
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...] = ()
    by_key: bool = False


class Handler(Struct, frozen=True):
    """One ``except``/``catch``: ``types`` are the exception expressions (empty: catches all)."""

    span: Span
    types: tuple[Expression, ...]
    name: str | None
    body: tuple[Statement, ...]


class Try(Statement, frozen=True):
    """``try`` with its handlers; ``orelse`` is Python's ``else``."""

    body: tuple[Statement, ...]
    handlers: tuple[Handler, ...]
    orelse: tuple[Statement, ...] = ()
    final: tuple[Statement, ...] = ()


class Block(Statement, frozen=True):
    """Statements with resources bound before them: Python's ``with`` (``items`` are Assign or Evaluate), a bare JS block."""

    items: tuple[Statement, ...]
    body: tuple[Statement, ...]


class Evaluate(Statement, frozen=True):
    """An expression for its effect."""

    value: Expression


class Define(Statement, frozen=True):
    """A function or class declared where it stands."""

    value: "Function | Class"


class Parameter(Struct, frozen=True):
    """One parameter. ``target`` is a Name or a destructuring pattern; ``annotation`` and ``default`` are expressions.

    ``kind``: ``positional``, ``keyword`` (Python keyword-only), ``rest`` (``*args``/``...rest``), ``keywords`` (``**kwargs``).
    """

    span: Span
    target: Expression
    kind: str = "positional"
    annotation: Expression | None = None
    default: Expression | None = None
    decorators: tuple[Expression, ...] = ()


class Function(Struct, frozen=True):
    """A function, method, arrow or lambda.

    ``name`` is the declared name, or that of the variable or property it is assigned to, else "".
    ``head`` is the range from the first decorator (or ``export``) to the end of the signature. ``block`` is the body's range.
    ``returns`` is the declared result type.
    """

    span: Span
    head: Span
    block: Span
    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    decorators: tuple[Expression, ...] = ()
    directives: tuple[str, ...] = ()
    is_async: bool = False
    returns: Expression | None = None


class Class(Struct, frozen=True):
    """A class: its methods are Functions inside ``Define`` statements of ``body``; fields are Assigns.

    ``keywords`` are the named arguments of a Python class head: ``metaclass=M``, ``table=True``. ``implements`` are the interfaces of a TypeScript one.
    """

    span: Span
    head: Span
    name: str
    bases: tuple[Expression, ...]
    body: tuple[Statement, ...]
    decorators: tuple[Expression, ...] = ()
    keywords: tuple[Keyword, ...] = ()
    implements: tuple[Expression, ...] = ()


class Import(Struct, frozen=True):
    """One imported name: ``local`` in this file is ``name`` of ``module`` as written.

    ``name`` is ``*`` for a namespace (``import * as x``, ``import a.b`` binds ``a`` with module ``a``,
    ``const x = require("m")``), ``default`` for a default import, ``""`` for a bare ``import "m"``.
    Python's relative modules keep their dots: ``.db``, ``..core``.
    """

    span: Span
    module: str
    name: str
    local: str
    type_only: bool = False


class Export(Struct, frozen=True):
    """One exported name: ``local`` is the name in this file, or in ``module`` for a re-export (``*`` for ``export * from``)."""

    span: Span
    name: str
    local: str
    module: str | None = None
    type_only: bool = False


class Unit(Struct, frozen=True):
    """One source file (or one script block of it)."""

    path: str
    language: Language
    span: Span
    directives: tuple[str, ...]
    imports: tuple[Import, ...]
    exports: tuple[Export, ...]
    body: tuple[Statement, ...]
    truncated: bool = False
    """True where a limit (depth, size) cut something off: absence then proves nothing."""
    broken: tuple[Span, ...] = ()
    """Ranges the grammar could not read."""
