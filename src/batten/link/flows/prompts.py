"""What of a call to a model matters: the texts that instruct it, and whose key goes along; knows no provider."""

from collections.abc import Iterator

from batten.facts.flows import Checked, Choice, Constant, Graph, Object

INSTRUCTIONS = "system-prompt"
"""The kind of sinks whose text instructs a model."""
ENDPOINT = "model-endpoint"
"""The kind of sinks that say which server a model is asked at."""
KEYS = ("api_key", "openai_api_key", "0.apiKey", "0.api_key", "0.openAIApiKey")
_ROLES = frozenset(("system", "developer"))
_MOST = 200


def instructing(graph: Graph, number: int, *, messages: bool) -> Iterator[int]:
    """The nodes of texts that instruct: in a list of ``messages`` those of the system, else the text itself."""
    pending, seen = [number], 0
    while pending and seen < _MOST:
        each = pending.pop()
        seen += 1
        node = graph.nodes[each] if each >= 0 else None
        match node:
            case Choice(of=several):
                pending += several
            case Checked(of=inner):
                pending.append(inner)
            case Object(fields=fields):
                items = dict(fields)
                role = graph.nodes[items["role"]] if items.get("role", -1) >= 0 else None
                if isinstance(role, Constant):
                    if str(role.value) in _ROLES and "content" in items:
                        yield items["content"]
                elif all(key.isdigit() for key in items):
                    pending += items.values()
            case None:
                pass
            case _ if not messages:
                yield each
