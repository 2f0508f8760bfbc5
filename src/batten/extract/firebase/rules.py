"""The rules of Firestore and Storage: the full path of each match, with the functions in its scope."""

from collections.abc import Iterator

from batten.extract.firebase.opened import Permit, covers, opened
from batten.extract.firebase.roles import Match, own_roles
from batten.facts.access_rules import AccessRule
from batten.parse.firebase import Block, Function
from batten.parse.firebase import read as parse

_SERVICES = {"cloud.firestore": "firestore", "firebase.storage": "storage"}
# What goes before these steps is the same for all paths.
_ROOTS = ("/databases/", "/b/")
_ROOT_STEPS = 4
_MOST = 500


def read(path: str, data: bytes) -> tuple[list[AccessRule], bool]:
    """What the file opens, and whether it was understood to its end; nothing where it is no such file."""
    if b"service" not in data or not any(name.encode() in data for name in _SERVICES):
        return [], True
    file = parse(data)
    found: list[AccessRule] = []
    matches: list[Match] = []
    todo: list[tuple[Block, str, dict[str, Function]]] = [(block, "", dict(file.functions)) for block in reversed(file.blocks)]
    for _ in range(_MOST):
        if not todo:
            break
        block, before, functions = todo.pop()
        functions = {**functions, **dict(block.functions)}
        here = before + block.path
        service = _SERVICES.get(block.service)
        if service is not None and block.allows:
            permits = [Permit(allow.verbs, allow.condition, allow.span) for allow in block.allows]
            found += opened(service, path, _shown(here), permits, functions)
            if service == "firestore":
                matches.append(Match(_shown(here), permits, functions))
        todo += [(inner, here, functions) for inner in reversed(block.blocks)]
    found = list(_not_covered(found))
    open_to_all = {rule.path for rule in found if "update" in rule.verbs}
    everything = any(path.count("/") == 1 and path.endswith("=**}") for path in open_to_all)
    own = [] if everything else [rule for rule in own_roles(path, matches) if rule.path not in open_to_all]
    return [*found, *own], file.whole and not todo


def _shown(path: str) -> str:
    """A path from the first collection or folder on."""
    return "/" + "/".join(path.split("/")[_ROOT_STEPS:]) if path.startswith(_ROOTS) else path


def _not_covered(found: list[AccessRule]) -> Iterator[AccessRule]:
    """Without what a rule for everything lets in anyway."""
    whole = [rule for rule in found if rule.path.count("/") == 1 and rule.path.endswith("=**}")]
    for rule in found:
        if not any(each is not rule and each.service == rule.service and covers(each, rule) for each in whole):
            yield rule
