"""Classes of Python that only hold what they are made with: dataclasses, models of pydantic, rows of SQLAlchemy; knows no flow."""

from batten.facts.flows import FlowCall
from batten.link.callgraph import Code
from batten.link.permissions import Classes

_MAKERS = ("__init__", "__new__", "__post_init__")


def made_with(code: Code, path: str, call: FlowCall, field: str) -> int | None:
    """The node that a class is made with for one of its fields; None where the class makes it itself, or may."""
    classes = Classes(code)
    lineage = classes.lineage(path, call.callee or "")
    if lineage is None or any(classes.method(lineage, each) is not None for each in (*_MAKERS, field)):
        return None
    given = dict(call.keywords)
    if field in given:
        return given[field]
    home, owner = lineage.classes[0]
    binding = code.bindings(home).get(owner)
    names = [name for name, _ in binding.fields] if binding is not None and len(lineage.classes) == 1 else []
    place = names.index(field) if field in names else len(call.arguments)
    return call.arguments[place] if place < len(call.arguments) else None
