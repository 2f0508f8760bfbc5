"""Which lists of addresses a Django project serves, by its settings; knows no address.

https://docs.djangoproject.com/en/5.2/ref/settings/#root-urlconf
"""

from collections.abc import Callable, Iterable

from batten.facts.project import FileFacts
from batten.link.callgraph import Code
from batten.regex import regex

_LIST = "urlpatterns"
_NAMED = regex(r"\w*_URLCONF")
_INCLUDE = regex(r"(?:^|[.#])(?:i18n_)?include$")
# Such a project chooses by the host which lists it serves.
_BY_HOST = frozenset(("ROOT_HOSTCONF", "SUBDOMAIN_URLCONFS"))
_ASIDE = regex(r"(?:^|/)(?:tests?|example|examples|docs)/")


def served_lists(code: Code, files: Iterable[FileFacts], root_of: Callable[[str], str]) -> dict[str, frozenset[str]]:
    """By project, the files whose lists are served from the start; projects where that can't be told are left out."""
    found: dict[str, set[str | None]] = {}
    for file in files:
        if not file.path.endswith(".py"):
            continue
        root = root_of(file.path)
        for binding in file.bindings:
            if binding.local in _BY_HOST:
                found.setdefault(root, set()).add(None)
            elif _NAMED.fullmatch(binding.local) and not _ASIDE.search(file.path):
                found.setdefault(root, set()).add(code.module(file.path, binding.text) if binding.text else None)
        if any(mount.parent == f"#{_LIST}" for mount in file.mounts) and _includes_more(file):
            found.setdefault(root, set()).add(None)
    return {root: frozenset(each for each in homes if each is not None) for root, homes in found.items() if None not in homes}


def _includes_more(file: FileFacts) -> bool:
    """It takes in lists that are only known when the app runs: what is written of their names is a piece of one."""
    calls = [call for function in file.functions for call in function.calls if _INCLUDE.search(call.callee)]
    named = [mount.child.removesuffix(f"#{_LIST}") for mount in file.mounts if mount.parent]
    return len(calls) > len(named) or any(("#" not in each and each.startswith(".")) or each.endswith(".") for each in named)
