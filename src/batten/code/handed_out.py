"""What a container of services hands out where code asks it for something: ``container.resolve(Shelf)``; knows the shape of such calls and no package.

What is asked for is a class, or a token that stands for one: ``container.get(TYPES.Shelf)``, ``container.resolve("shelf")``.
"""

import re

from batten.code.model import Attribute, Call, Expression, Literal, Name, Subscript
from batten.code.parts import last_step
from batten.regex import regex

_CONTAINER = regex(
    r"container|injector|^(?:ioc|di|kernel|(?:service_?)?locator|module_?ref|services|scope|di_?scope|cradle|app|svcs)$", re.IGNORECASE
)
_ASKS = frozenset({"resolve", "resolveAsync", "get", "getAsync", "getInstance", "get_instance", "aget", "aresolve"})
# Of https://python-dependency-injector.ets-labs.org/providers: what is made of the class that they are given.
_PROVIDERS = frozenset({"Factory", "Singleton", "ThreadSafeSingleton", "ThreadLocalSingleton", "ContextLocalSingleton", "Resource"})


def asked_of_container(node: Call) -> Expression | str | None:
    """The class that a container is asked for, or the text of a token; None for all other calls."""
    callee = node.callee
    if type(callee) is not Attribute:
        return None
    if callee.name in _PROVIDERS and node.args and last_step(callee.value) == "providers":
        return node.args[0] if _names_class(node.args[0]) else None
    if callee.name not in _ASKS or len(node.args) != 1 or node.keywords or not _is_container(callee.value):
        return None
    wanted = node.args[0]
    if _names_class(wanted):
        return wanted
    typed = next((each for each in node.types[:1] if _names_class(each)), None)
    if typed is not None:
        return typed
    if type(wanted) is Literal and isinstance(wanted.value, str):
        # Express keeps its settings in ``app`` too.
        return wanted.value if wanted.value.isidentifier() and last_step(callee.value) != "app" else None
    if type(wanted) is Call and last_step(wanted.callee) == "for" and wanted.args and type(wanted.args[0]) is Literal:
        return str(wanted.args[0].value)  # Symbol.for("Shelf")
    return wanted.name if type(wanted) is Attribute and type(wanted.value) is Name and wanted.value.id[:1].isupper() else None


def taken_of_container(node: Attribute) -> str | None:
    """The token of ``container.cradle.shelf``."""
    holder = node.value
    return node.name if type(holder) is Attribute and holder.name == "cradle" else None


def held_under_class(node: Subscript) -> Expression | None:
    """The class in ``container[Shelf]``."""
    return node.index if _names_class(node.index) and "container" in last_step(node.value).lower() else None


def _is_container(node: Expression) -> bool:
    """``container``, ``this.container``, ``Container.get()``, ``get_container()``."""
    if type(node) is Call:
        return _is_container(node.callee)
    if type(node) is Attribute:
        return _CONTAINER.search(node.name) is not None or (node.name in _ASKS and _is_container(node.value))
    return type(node) is Name and _CONTAINER.search(node.id) is not None


def _names_class(node: Expression) -> bool:
    """A name as classes have it; what stands in a table of tokens (``TYPES.Shelf``) is none."""
    if type(node) is Attribute:
        return _is_class_name(node.name) and type(node.value) is Name and node.value.id[:1].islower()
    return type(node) is Name and _is_class_name(node.id)


def _is_class_name(name: str) -> bool:
    return name[:1].isupper() and (len(name) == 1 or not name.isupper())


def setting_of_app(node: Call) -> str | None:
    """The name of what a handler asks its app for: ``req.app.get("desk")``; None for all other calls."""
    callee = node.callee
    if type(callee) is not Attribute or callee.name != "get" or len(node.args) != 1 or node.keywords:
        return None
    asked = node.args[0]
    of_app = type(callee.value) is Attribute and callee.value.name == "app"
    return asked.value if of_app and type(asked) is Literal and isinstance(asked.value, str) and asked.value.isidentifier() else None
