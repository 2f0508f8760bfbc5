"""The files of one run by path: which of them a path without suffix stands for, and what kind of place each is in."""

from collections.abc import Iterable

from batten.regex import regex

# In order of preference where several files have one stem, as TypeScript-aware bundlers look.
_SUFFIXES = (".ts", ".tsx", ".mts", ".js", ".jsx", ".mjs", ".cjs", ".cts", ".vue", ".svelte", ".astro", ".json")
_RANKS = {suffix: rank for rank, suffix in enumerate(_SUFFIXES)}
_PLATFORM = regex(r"\.(?:native|web|ios|android)$")
_WRITTEN = (".js", ".jsx", ".mjs", ".cjs")

_ASIDE = regex(
    r"(?:^|/)(?:__tests__|__mocks__|__fixtures__|tests?|e2e|cypress|playwright|stories|\.storybook|\.github|fixtures|scripts?|docs?|examples?)/"
    r"|\.(?:\w*tests?|spec|stories|story|cy|e2e|bench|d)\.[cm]?[jt]sx?$"
    r"|(?:^|/)(?:[\w.-]+\.config|\.?[\w-]+rc|gulpfile|Gruntfile|vitest\.\w+|jest\.\w+|setupTests)\.[cm]?[jt]s$"
)
_SERVER = regex(
    r"^(?:src/)?server/|^(?:api|functions|netlify/functions|netlify/edge-functions|backend|worker|workers|lambda|lambdas)/|^(?:src/)?server\.[cm]?[jt]s$|(?:^|/)supabase/functions/"
)
_STATIC = regex(r"(?:^|/)(?:public|static)/(?:.*/)?[^/]+\.(?:js|mjs|html?)$")
_CODE = frozenset((*_SUFFIXES[:-1], ".html", ".htm"))


class Tree:
    """The paths of all files; folders and stems are looked up without touching a disk."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = frozenset(paths)
        self._stems: dict[str, str] = {}
        ranks: dict[str, int] = {}
        for path in sorted(self.paths):
            stem, dot, suffix = path.rpartition(".")
            rank = _RANKS.get(dot + suffix)
            if rank is None or stem.endswith(".d"):
                continue
            for name, cost in ((stem, rank), (_PLATFORM.sub("", stem), rank + len(_RANKS))):
                if cost < ranks.get(name, 1000):
                    ranks[name] = cost
                    self._stems[name] = path

    def module(self, base: str) -> str | None:
        """The file that a path in a specifier means: itself, with a suffix, its TypeScript source, or the index of a folder."""
        if base in self.paths:
            return base
        stems = self._stems
        found = stems.get(base)
        if found is not None:
            return found
        if base.endswith(_WRITTEN):
            return stems.get(base[: base.rindex(".")])
        return stems.get(f"{base}/index" if base else "index")


def is_code(path: str) -> bool:
    """Whether the file is JavaScript, TypeScript or a page with scripts; declarations of types are none."""
    return path[path.rfind(".") :].lower() in _CODE and not path.endswith((".d.ts", ".d.mts", ".d.cts"))


def is_aside(path: str) -> bool:
    """Whether the file, given from its package on, only serves development: tests, stories, settings, scripts. Such files start nothing."""
    return _ASIDE.search(path) is not None


def is_server(path: str) -> bool:
    """Whether the file, given from its package on, lies where servers and functions are kept by convention."""
    return _SERVER.search(path) is not None


def is_static(path: str) -> bool:
    """Whether the file lies where files are served from as they are."""
    return _STATIC.search(path) is not None
