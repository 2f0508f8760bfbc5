"""What runs before every route of a package: ``hooks.server`` of SvelteKit, ``server/middleware`` of Nitro, the middleware of Astro and of Cloudflare Pages, the context of a GraphQL server; what it demands."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from batten.facts.calls import Origin
from batten.facts.project import FileFacts
from batten.facts.routes import GRAPHQL
from batten.facts.services import Package
from batten.link.callgraph import Code
from batten.link.guards import Guards, Protection
from batten.link.middleware_paths import MiddlewarePaths
from batten.regex import regex

if TYPE_CHECKING:
    from batten.facts.calls import Function

_NITRO = "nitro"
_HANDLE = "handle"
# https://svelte.dev/docs/kit/@sveltejs-kit-hooks#sequence
_IN_TURN = regex(r"^@sveltejs/kit/hooks[#.]sequence$")
_MOST = 20
# https://nitro.build/guide/routing#middleware
_HANDLER = regex(r"(?:^|#)(?:define)?[eE]ventHandler$")
# https://svelte.dev/docs/kit/hooks#Server-hooks-handle
_GOES_ON = regex(r"^@(?:\w+\.)?resolve$")
_FILES = {
    "sveltekit": regex(r"^(?:.*/)?hooks\.server(?:/index)?\.[cm]?[jt]s$"),
    "astro": regex(r"^(?:.*/)?src/middleware(?:/index)?\.[cm]?[jt]s$"),
    # https://developers.cloudflare.com/pages/functions/middleware/
    "pages-functions": regex(r"^(?:.*/)?functions/(?:.+/)?_middleware\.[cm]?[jt]sx?$"),
    _NITRO: regex(r"^(?:.*/)?server/middleware/[^/]+\.[cm]?[jt]s$"),
}


@lru_cache(maxsize=100_000)
def _framework_of(path: str) -> str | None:
    return next((name for name, pattern in _FILES.items() if pattern.match(path)), None)


class Hooks:
    """The hooks of each package."""

    def __init__(self, files: Iterable[FileFacts], code: Code, guards: Guards, package_of: Callable[[str], Package | None]) -> None:
        self._paths = MiddlewarePaths(code, guards)
        self._guards = guards
        self._functions: dict[tuple[str, str], list[tuple[str, Function]]] = {}
        self.files: dict[tuple[str, str], str] = {}
        """One of them for each framework and package."""
        self._demanded: dict[tuple[str, str], Protection] = {}
        for file in files:
            for entry in file.middleware:
                if entry.router == GRAPHQL:
                    package = package_of(file.path)
                    self._add(GRAPHQL, package, guards.demands(file.path, entry.name, entry.place.span))
            framework = _framework_of(file.path) if file.parsed else None
            if framework is None:
                continue
            package = package_of(file.path)
            key = (framework, package.root if package is not None else "")
            self.files[key] = file.path
            for path, function in (*((file.path, each) for each in file.functions), *_handed_on(code, file)):
                self._add(framework, package, guards.asked(path, function))
                self._functions.setdefault(key, []).append((path, function))

    def _add(self, framework: str, package: Package | None, demanded: Protection) -> None:
        key = (framework, package.root if package is not None else "")
        self._demanded[key] = max(demanded, self._demanded.get(key, Protection.NONE))

    def protection(self, framework: str, package: str, path: str) -> Protection:
        """What has been demanded before a route: nothing where that is let through, and seldom more than can't tell elsewhere."""
        key = (framework, package)
        functions = self._functions.get(key, [])
        path = path.partition("?/")[0]  # hooks are asked by the address, without the name of an action
        if self._demanded.get(key, Protection.NONE) < Protection.UNKNOWN:
            asking = [(file, function) for file, function in functions if self._paths.turns_away(file, function, path)]
            return self._shown(framework, asking, path) if asking else Protection.NONE
        asking = [(file, function) for file, function in functions if self._guards.asked(file, function) >= Protection.UNKNOWN]
        let_through = bool(asking) and all(self._paths.runs_through(file, function, path) for file, function in asking)
        if let_through:
            return Protection.NONE
        return self._shown(framework, asking, path)

    def _shown(self, framework: str, asking: Iterable[tuple[str, "Function"]], path: str) -> Protection:
        """What callers have shown who come past the functions that ask."""
        if framework == _NITRO:
            handlers = [each for each in asking if any(_HANDLER.search(call.callee) for call in each[1].wrappers)]
            shown = [self._paths.shown(file, function, path) for file, function in handlers]
        else:
            handlers = [each for each in asking if any(_GOES_ON.search(call.callee) for call in each[1].calls)]
            shown = [self._paths.past_function(file, function, path) for file, function in handlers]
        return max([Protection.UNKNOWN, *shown])


def _handed_on(code: Code, file: FileFacts) -> Iterator[tuple[str, "Function"]]:
    """The functions of other files, and what is written in them, that a hook leaves requests to: what its answer is made by, and those in its ``sequence``."""
    names = {name for function in file.functions if function.name == _HANDLE for result in function.results for name in result.names}
    for binding in file.bindings:
        for call in binding.calls if binding.local == _HANDLE else ():
            if _IN_TURN.search(call.callee):
                names |= {source.text for argument in call.arguments for source in argument.sources if source.origin is Origin.NAME}
    for name in sorted(each for each in names if "#" in each)[:_MOST]:
        target = code.target(file.path, name)
        if target.path is not None and target.path != file.path and target.function is not None and not target.rest:
            code.ask(target.path)
            yield target.path, target.function
            yield from ((target.path, inner) for inner in code.inner(target.path, target.function.name))
