"""Calls that only run where a setting says that this is a developer's machine, and what the app's own default for it says; knows no rule."""

from batten.facts.flows import FlowCall, Graph
from batten.facts.project import FileFacts
from batten.facts.slips import Slip, SlipKind
from batten.link.flows.graphs import Graphs

SWITCHED_ON = "only=switched on"
"""By default it never runs: whoever runs the app has to switch it on."""
IN_DEVELOPMENT = "only=in development"
"""A setting for developers is asked for, whose default can't be told."""
_OFF = ("", "false", "0")


def only_for_developers(file: FileFacts, graph: Graph, call: FlowCall, graphs: Graphs) -> str | None:
    """What keeps a call from running for everybody; None where nothing does, or where the default is that of a developer's machine."""
    around = [
        slip
        for function in file.functions
        if function.name == graph.function
        for slip in function.slips
        if slip.kind is SlipKind.FOR_DEVELOPERS and slip.reach.start <= call.span.start and call.span.end <= slip.reach.end
    ]
    # One of the settings that is off is enough; a default that is on says nothing for the others.
    told = [_is_off(file.path, slip, graphs) for slip in around]
    return SWITCHED_ON if True in told else IN_DEVELOPMENT if None in told else None


def _is_off(path: str, slip: Slip, graphs: Graphs) -> bool | None:
    """Whether the default of a setting keeps the way closed; None can't tell."""
    if not slip.name:
        return True
    name, mark, wanted = slip.name.partition("=")
    bound = graphs.binding(path, name.removesuffix("!"))
    if bound is None:
        return None
    owner, _, _ = bound.local.rpartition(".")
    made = graphs.binding(bound.place.path, f"#{owner}") if owner else None
    if made is None or not any(base.endswith("BaseSettings") for base in made.bases):
        return None
    given = bound.text
    for field in bound.calls[:1]:
        given = next((each.text for each in field.arguments if each.slot in ("0", "default")), None)
    if given is None:
        return None
    if not mark:
        return given.lower() in _OFF
    return (given == wanted) is name.endswith("!")
