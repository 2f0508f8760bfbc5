"""Whether a text that is run is read by a shell, or names a program as a whole; knows no sources."""

from batten.facts.flows import Constant, FlowCall, Graph, Text
from batten.link.flows.arguments import slots
from batten.link.flows.spelled import whole

# https://docs.python.org/3/library/subprocess.html#subprocess.Popen: without a shell a text is the name of a program, arguments and all
_WITHOUT = frozenset(f"subprocess#{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))
_POSITION = 8
"""Where ``shell`` stands among the arguments of ``Popen``."""


def names_no_program(graph: Graph, call: FlowCall) -> bool:
    """No shell takes a text apart that begins with a word and a blank of the code: but on Windows there is no program that is called ``ping 127.0.0.1``."""
    if call.callee not in _WITHOUT or call.spread or len(call.arguments) > _POSITION:
        return False
    if any(key == "**" or (key == "shell" and not _is_false(graph, node)) for key, node in call.keywords):
        return False
    text = next((whole(graph, number) for slot in ("0", "args") for number in slots(call, slot)), None)
    first = graph.nodes[text.parts[0]] if type(text) is Text and text.parts and text.parts[0] >= 0 else None
    return type(first) is Constant and isinstance(first.value, str) and " " in first.value.lstrip()


def _is_false(graph: Graph, number: int) -> bool:
    node = graph.nodes[number] if number >= 0 else None
    return type(node) is Constant and not node.value
