"""Which paths parts of a function run for where other files say so: lists of paths, and functions that are asked about one."""

from collections.abc import Iterable

from msgspec import structs

from batten.code.names import MAX_ROOTS
from batten.facts.calls import ANSWERED, LISTED, ForPaths, Function, Origin
from batten.link.callgraph import Code

# Functions that ask others about a path ask no further than this.
_DEEPEST = 3


def by_path(code: Code, path: str, function: Function) -> tuple[ForPaths, ...]:
    """What is known of the parts of a function that run for some paths; without those of which it can't be told."""
    if not any(each.is_partial() for each in function.by_path):
        return function.by_path
    parts = (whole(code, path, each) for each in function.by_path)
    return tuple(each for each in parts if each is not None)


def never_run(code: Code, path: str, function: Function, route: str) -> list[ForPaths]:
    """The parts that run for no request of a route."""
    return [each for each in by_path(code, path, function) if each.never_runs(route)]


def whole(code: Code, path: str, part: ForPaths, depth: int = _DEEPEST) -> ForPaths | None:
    """With the paths that other files tell; None where one of them can't be told."""
    if not part.is_partial():
        return part
    if depth == 0:
        return None
    found: list[str] = []
    for each in part.paths:
        if each.startswith(ANSWERED):
            target = code.target(path, each.removeprefix(ANSWERED))
            said = target.function.says_of if target.function is not None and not target.rest else None
            answered = whole(code, target.path, said, depth - 1) if said is not None and target.path is not None else None
            if answered is None:
                return None
            if not answered.for_them:
                # It says no of these: with other paths beside it, what they are together is no list.
                return structs.replace(answered, reach=part.reach, for_them=not part.for_them) if len(part.paths) == 1 else None
            found += answered.paths
        elif each.startswith(LISTED):
            listed = _listed(code, path, each.removeprefix(LISTED))
            if not listed:
                return None
            found += listed
        else:
            found.append(each)
    return structs.replace(part, paths=tuple(found))


def _listed(code: Code, path: str, name: str) -> Iterable[str]:
    ending = next((end for end in ("/*", "*") if name.endswith(end)), "")
    target = code.target(path, name.removesuffix(ending))
    sources = target.binding.sources if target.binding is not None and not target.rest else ()
    texts = [source.text for source in sources if source.origin is Origin.LITERAL and source.text.startswith("/")]
    return [f"{text}{ending}" for text in texts] if len(texts) == len(sources) < MAX_ROOTS else []
