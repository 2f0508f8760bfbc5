"""What of a call to a model matters: the texts that instruct it, and whose key goes along; knows no provider."""

from collections.abc import Iterator

from batten.facts.flows import ANY, HARMLESS, Checked, Choice, Constant, Graph, Object

INSTRUCTIONS = "system-prompt"
"""The kind of sinks whose text instructs a model."""
ENDPOINT = "model-endpoint"
"""The kind of sinks that say which server a model is asked at."""
_HEADERS = ("Authorization", "authorization", "api-key", "x-api-key")
KEYS = ("api_key", "openai_api_key", "0.apiKey", "0.api_key", "0.openAIApiKey", *(f"0.headers.{name}" for name in _HEADERS))
_ROLES = frozenset(("system", "developer"))
_SPEAKERS = _ROLES | {"user", "human", "assistant", "ai", "tool", "placeholder"}
_PAIR = 2
_MOST = 200


def instructing(graph: Graph, number: int, *, messages: bool) -> Iterator[int]:
    """The nodes of texts that instruct: in a list of ``messages`` those of the system, else the text itself."""
    pending, seen = [(number, messages)], 0
    while pending and seen < _MOST:
        each, listed = pending.pop()
        seen += 1
        node = graph.nodes[each] if each >= 0 else None
        match node:
            case Choice(of=several):
                pending += [(one, listed) for one in several]
            case Checked(of=inner):
                pending.append((inner, listed))
            case Object(fields=fields):
                items = dict(fields)
                role = _role(graph, items)
                if role is not None:
                    told = items.get("content", items["1"] if "role" not in items else HARMLESS)
                    if role in _ROLES and told >= 0:
                        yield told
                elif all(key.isdigit() or key == ANY for key in items):
                    # What stands in a list is one message of several, whatever the argument is called: `[{ role: "system", … }, ...messages]`.
                    pending += [(inner, True) for inner in items.values()]
            case None:
                pass
            case _ if not listed:
                yield each


def _role(graph: Graph, items: dict[str, int]) -> str | None:
    """Who speaks in a message: ``{"role": "system", "content": …}``, or ``("system", …)``."""
    at = items.get("role", items.get("0", HARMLESS) if len(items) == _PAIR else HARMLESS)
    node = graph.nodes[at] if at >= 0 else None
    if not isinstance(node, Constant) or ("role" not in items and str(node.value) not in _SPEAKERS):
        return None
    return str(node.value)
