"""Which file an import means: relative paths, compiler and bundler aliases, workspace packages and package imports.

Knows nothing of what runs where. Whatever lies outside the run (node_modules) is None.
"""

import posixpath
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from batten.facts.modules import Config, ConfigKind
from batten.facts.services import Package
from batten.link.modules.tree import Tree

_OUTSIDE = ("http:", "https:", "data:", "node:", "bun:", "npm:", "jsr:", "virtual:", "cloudflare:", "astro:", "//")
_BUILT = frozenset(("dist", "build", "lib", "out", "esm", "cjs", "es", "output", ".output", "_build"))
_ENDS = (".d.ts", ".d.mts", ".d.cts", ".js", ".mjs", ".cjs", ".jsx")
_FIRST = ("tsconfig.json", "jsconfig.json", "tsconfig.app.json", "tsconfig.web.json", "tsconfig.base.json")
# Chains of ``extends`` are short; a circle ends here.
_LONGEST_CHAIN = 8


class Scope(NamedTuple):
    """What plain specifiers mean in one folder; nearest settings first."""

    exact: dict[str, tuple[str, ...]]
    stars: tuple[tuple[str, str, str], ...]
    bases: tuple[str, ...]
    package: Package | None
    verbatim: bool = False
    """Whether imports that only types use are kept."""


class Resolver:
    """Resolves specifiers, each once for a folder or a scope."""

    def __init__(self, tree: Tree, packages: Sequence[Package], configs: Iterable[Config]) -> None:
        self._tree = tree
        self._by_name = {package.name: package for package in reversed(packages) if package.name and package.ecosystem == "npm"}
        self._roots = {package.root: package for package in packages if package.ecosystem == "npm"}
        self._configs: dict[str, list[Config]] = {}
        self._by_path = {config.path: config for config in configs}
        for config in sorted(self._by_path.values(), key=_preference):
            self._configs.setdefault(config.path.rpartition("/")[0], []).append(config)
        self._scopes: dict[str, Scope] = {}
        self._relative: dict[tuple[str, str], str | None] = {}
        self._plain: dict[tuple[int, str], str | None] = {}

    def resolve(self, path: str, specifier: str) -> str | None:
        """The file that ``specifier`` means in the file ``path``; None where it is not part of the run."""
        folder = path.rpartition("/")[0]
        if specifier[:1] == "." or path.endswith((".html", ".htm")):
            key = (folder, specifier)
            try:
                return self._relative[key]
            except KeyError:
                found = self._relative[key] = self._near(folder, _bare(specifier))
                return found
        scope = self._scopes.get(folder) or self._scope(folder)
        plain = (id(scope), specifier)
        try:
            return self._plain[plain]
        except KeyError:
            result = self._plain[plain] = self._far(folder, scope, _bare(specifier))
            return result

    def is_verbatim(self, path: str) -> bool:
        """Whether the settings around a file keep imports that only types use."""
        folder = path.rpartition("/")[0]
        return (self._scopes.get(folder) or self._scope(folder)).verbatim

    def _near(self, folder: str, specifier: str) -> str | None:
        if specifier.startswith("/"):
            return self._rooted(folder, specifier)
        if specifier.startswith(_OUTSIDE):
            return None
        base = posixpath.normpath(f"{folder}/{specifier}" if folder else specifier)
        if base.startswith(".."):
            return None
        return self._tree.module("" if base == "." else base)

    def _rooted(self, folder: str, specifier: str) -> str | None:
        """A path from the root of a site: that of the page, or of a folder above it, or what is served from ``public``."""
        while True:
            lead = f"{folder}/" if folder else ""
            found = self._tree.module(lead + specifier[1:]) or self._tree.module(f"{lead}public{specifier}")
            if found is not None or not folder:
                return found
            folder = folder.rpartition("/")[0]

    def _far(self, folder: str, scope: Scope, specifier: str) -> str | None:
        if specifier.startswith(_OUTSIDE) or not specifier:
            return None
        if specifier.startswith("/"):
            return self._rooted(folder, specifier)
        if specifier.startswith("#") and scope.package is not None:
            found = self._subpath(scope.package, scope.package.imports, specifier)
            if found is not None:
                return found
        found = self._aliased(scope, specifier)
        if found is None:
            found = self._package(specifier)
        if found is None and specifier[:1] in "@~$#":
            found = self._customary(scope, specifier)
        return found

    def _aliased(self, scope: Scope, specifier: str) -> str | None:
        module = self._tree.module
        for target in scope.exact.get(specifier, ()):
            found = module(target)
            if found is not None:
                return found
        for before, after, target in scope.stars:
            if specifier.startswith(before) and specifier.endswith(after):
                found = module(target.replace("*", specifier[len(before) : len(specifier) - len(after)], 1))
                if found is not None:
                    return found
        for base in scope.bases:
            found = module(f"{base}/{specifier}" if base else specifier)
            if found is not None:
                return found
        return None

    def _customary(self, scope: Scope, specifier: str) -> str | None:
        """Names that frameworks give to folders without being told."""
        root = scope.package.root if scope.package is not None else ""
        lead = f"{root}/" if root else ""
        for name, folders in _CUSTOMS:
            if specifier == name or specifier.startswith(f"{name}/"):
                rest = specifier[len(name) + 1 :]
                for folder in folders:
                    found = self._tree.module(posixpath.normpath(f"{lead}{folder}/{rest}").removeprefix("./"))
                    if found is not None:
                        return found
        return None

    def _package(self, specifier: str) -> str | None:
        """A module of another package of the run, named by the package."""
        head, _, rest = specifier.partition("/")
        if head.startswith("@"):
            second, _, rest = rest.partition("/")
            head = f"{head}/{second}"
        package = self._by_name.get(head)
        if package is None:
            return None
        subpath = f"./{rest}" if rest else "."
        if package.exports:
            found = self._subpath(package, package.exports, subpath)
            if found is not None:
                return found
        candidates = [rest, f"src/{rest}"] if rest else [*package.mains, "index", "src/index", "src/main"]
        for candidate in candidates:
            found = self._source(package.root, candidate)
            if found is not None:
                return found
        return None

    def _subpath(self, package: Package, table: tuple[tuple[str, str], ...], subpath: str) -> str | None:
        for pattern, target in table:
            if pattern == subpath:
                filled = target
            elif "*" in pattern:
                before, _, after = pattern.partition("*")
                if not (subpath.startswith(before) and subpath.endswith(after)) or len(subpath) < len(before) + len(after):
                    continue
                filled = target.replace("*", subpath[len(before) : len(subpath) - len(after)])
            elif pattern.endswith("/") and subpath.startswith(pattern):
                filled = target + subpath[len(pattern) :]
            else:
                continue
            found = self._source(package.root, filled)
            if found is not None:
                return found
        return None

    def _source(self, root: str, target: str) -> str | None:
        """The file a package offers, or the source that it is built from where only the built file is named."""
        written = posixpath.normpath(target)
        if written.startswith(".."):
            return None
        lead = f"{root}/" if root else ""
        found = self._tree.module(root if written == "." else lead + written)
        if found is not None and not found.endswith(".d.ts"):
            return found
        first, _, rest = written.partition("/")
        for end in _ENDS:
            rest = rest.removesuffix(end)
        if first not in _BUILT or not rest:
            return None
        while rest.partition("/")[0] in _BUILT:
            rest = rest.partition("/")[2]
        return self._tree.module(f"{lead}src/{rest}") or self._tree.module(lead + rest)

    def _scope(self, folder: str) -> Scope:
        """The scope of a folder: that of the folder above, unless settings or a package begin here."""
        waiting = []
        while folder not in self._scopes and folder:
            waiting.append(folder)
            folder = folder.rpartition("/")[0]
        if not folder and folder not in self._scopes:
            self._scopes[folder] = self._opened(Scope({}, (), (), None), folder)
        scope = self._scopes[folder]
        for below in reversed(waiting):
            scope = self._scopes[below] = self._opened(scope, below)
        return scope

    def _opened(self, above: Scope, folder: str) -> Scope:
        own = self._configs.get(folder)
        if own is None:
            package = self._roots.get(folder)
            return above if package is None else above._replace(package=package)
        chain = [extended for config in own for extended in self._chain(config)]
        exact = dict(above.exact)
        stars: list[tuple[str, str, str]] = []
        fresh: dict[str, tuple[str, ...]] = {}
        for config in chain:
            for pattern, target in config.aliases:
                if "*" in pattern:
                    before, _, after = pattern.partition("*")
                    stars.append((before, after, target))
                else:
                    fresh[pattern] = (*fresh.get(pattern, ()), target)
        for pattern, targets in fresh.items():
            exact[pattern] = targets + exact.get(pattern, ())
        stars.sort(key=lambda star: -len(star[0]))
        bases = tuple(dict.fromkeys([config.base for config in chain if config.base is not None] + list(above.bases)))
        verbatim = (
            any(config.verbatim for config in chain) if any(config.kind is ConfigKind.TYPESCRIPT for config in chain) else above.verbatim
        )
        return Scope(exact, (*stars, *above.stars), bases, self._roots.get(folder, above.package), verbatim)

    def _chain(self, config: Config) -> list[Config]:
        """The settings and those that they extend, in order of precedence."""
        found = [config]
        waiting = [config]
        while waiting and len(found) < _LONGEST_CHAIN:
            here = waiting.pop()
            folder = here.path.rpartition("/")[0]
            for specifier in reversed(here.extends):
                target = self._extended(folder, specifier)
                if target is not None and target not in found:
                    found.append(target)
                    waiting.append(target)
        return found

    def _extended(self, folder: str, specifier: str) -> Config | None:
        if specifier.startswith("."):
            base = posixpath.normpath(f"{folder}/{specifier}" if folder else specifier)
        else:
            name = "/".join(specifier.split("/")[: 2 if specifier.startswith("@") else 1])
            package = self._by_name.get(name)
            if package is None:
                return None
            base = f"{package.root}/{specifier[len(name) + 1 :]}".strip("/")
        tried = (base, f"{base}.json", f"{base}/tsconfig.json")
        return next((self._by_path[path] for path in tried if path in self._by_path), None)


_CUSTOMS = (
    ("$lib", ("src/lib",)),
    ("@@", (".",)),
    ("~~", (".",)),
    ("@", ("src", "app", ".", "server", "resources/js")),
    ("~", ("app", "src", ".", "server")),
    ("#shared", ("shared",)),
    ("#app", ()),
)


def _preference(config: Config) -> tuple[bool, int, str]:
    name = config.path.rpartition("/")[2]
    return config.kind is not ConfigKind.TYPESCRIPT, _FIRST.index(name) if name in _FIRST else len(_FIRST), config.path


def _bare(specifier: str) -> str:
    """The specifier without what loaders are told after a question mark, or before an exclamation mark."""
    return specifier.partition("?")[0].rpartition("!")[2]
