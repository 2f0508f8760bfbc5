"""What a hash is made for, by the names of what is hashed and of the function that does it: to tell texts and files apart, or to keep something safe."""

import re

from batten.facts.flows import FlowCall, Graph
from batten.link.flows.spelled import shown
from batten.regex import regex

KIND = "weak-hash"
_TELLS_APART = regex(
    r"cache|cdn|compress|feature_?flag|e_?tag|check_?sum|finger_?print|rollout|bucket|dedup|duplicate|slug|colou?r|avatar|gravatar|shard|partition|content|buffer|(?<!pro)file|chunk|html|css|image|index_?name|subscriber|web_?socket",
    re.IGNORECASE,
)
_KEEPS_SAFE = regex(r"pass|pwd|secret|token|sign|cred|salt|otp|auth|login|cookie|session|verif|licen[cs]e|api_?key|user", re.IGNORECASE)


def tells_apart(path: str, graph: Graph, call: FlowCall) -> bool:
    """All names, that of the file as well, say that it is only looked at whether two things are one."""
    chain = [each for each in graph.calls if each.span.start == call.span.start and each.method in (call.method, "update")]
    hashed = [shown(graph, number) or "" for each in chain for number in each.arguments]
    names = [path.rpartition("/")[2], graph.function.rpartition(".")[2], *(_bare(text) for text in hashed)]
    return any(_TELLS_APART.search(name) for name in names) and not any(_KEEPS_SAFE.search(name) for name in names)


def _bare(text: str) -> str:
    """What is hashed without the module that it comes from."""
    return text.rpartition("#")[2]
