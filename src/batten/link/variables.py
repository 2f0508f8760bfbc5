"""Joins environment variables: public where a framework of their package makes them so, in the browser where its code reads them; one fact a variable."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from batten.extract.environment import is_env_file, is_sample
from batten.facts.project import FileFacts
from batten.facts.secret_names import public_prefix, secret_name
from batten.facts.secrets import Caveat, Secret, SecretKind, Variable
from batten.facts.services import Package
from batten.finding import Step
from batten.link.handed import HandedOver

_MOST_STEPS = 20
# Not inlined where it is read: sent with every page, read or not.
_ALWAYS_SENT = "NUXT_PUBLIC_"
# Frameworks that run the code of routes on servers and in browsers alike.
_ISOMORPHIC = frozenset(
    ("@tanstack/react-start", "@tanstack/solid-start", "@tanstack/start", "expo-router", "@solidjs/start", "solid-start")
)
_KNOWN_TO_ALL = (Caveat.PUBLISHED, Caveat.LOCAL, Caveat.WEAK)


class Graph(Protocol):
    """What this join asks of the module graph."""

    @property
    def packages(self) -> Iterable[Package]:
        """All packages."""

    def resolve(self, path: str, specifier: str) -> str | None:
        """The file that an import in ``path`` means; None where it lies outside the run."""

    def in_browser(self, path: str, offset: int | None = None) -> bool | None:
        """Whether browsers get the module, or what stands at ``offset`` in it; None can't tell."""

    def reach(self, path: str) -> tuple[Step, ...]:
        """How the browser comes to the module, from an entry on."""

    def package_of(self, path: str) -> Package | None:
        """The package that the file belongs to."""

    def active_prefixes(self, package: Package) -> tuple[str, ...]:
        """The prefixes by which the package's frameworks make variables public."""


class _Way(StrEnum):
    """How a variable gets to browsers, where that is a matter apart from its name."""

    BY_NAME = "variable"
    INJECTED = "injected"
    ISOMORPHIC = "isomorphic"
    SPOKEN = "spoken"
    HANDED = "handed"


class _Use(NamedTuple):
    """One place of a variable, with what the join knows of it."""

    variable: Variable
    path_class: str
    tracked: bool | None
    in_browser: bool | None
    secret: Secret | None

    @property
    def rank(self) -> tuple[int, bool]:
        """Best place first: where a value is committed, then where browser code reads it."""
        return (self._order, self.path_class != "product")

    @property
    def _order(self) -> int:
        path = self.variable.place.path
        if not self.variable.defined:
            return 1 if self.in_browser else 2
        if not is_env_file(path):
            return 6 if self.path_class == "docs" else 4
        if self.variable.empty or is_sample(path):
            return 5
        return 3 if self.tracked is False else 0


def variables(
    files: Iterable[FileFacts], graph: Graph, tracked: Mapping[str, bool | None], path_class: Callable[[str], str]
) -> tuple[Variable, ...]:
    """One Variable for each package and name, by place: the best place to mend it, the others in its trail."""
    files = list(files)
    owners = _Owners(files, graph)
    given = HandedOver(files, graph)
    groups: dict[tuple[str | None, str, _Way], list[_Use]] = {}
    for file in files:
        for variable in file.variables:
            browser = None if variable.defined else graph.in_browser(file.path, variable.place.span.start)
            if variable.handed is not None and not given.reaches(variable, browser):
                continue
            if variable.through and (not browser or graph.resolve(file.path, variable.through) is not None):
                continue  # an own module of that name
            use = _Use(variable, path_class(file.path), tracked.get(file.path), browser, _value(variable, file.secrets))
            for owner in owners.of(variable):
                groups.setdefault((owner, variable.name, owners.way(variable, browser)), []).append(use)
    joined = (_joined(owner, name, way, uses, owners, graph) for (owner, name, way), uses in groups.items())
    return tuple(sorted(joined, key=lambda variable: (variable.place, variable.package)))


class _Owners:
    """Which package a variable belongs to: an env file at the top of a workspace serves the packages below it."""

    def __init__(self, files: Iterable[FileFacts], graph: Graph) -> None:
        self._graph = graph
        self._active = {package.root: graph.active_prefixes(package) for package in graph.packages}
        self._read = {
            (package.root, variable.name)
            for file in files
            for variable in file.variables
            if not (variable.defined or variable.injected or variable.spoken or variable.handed)
            and (package := graph.package_of(file.path)) is not None
        }

    def way(self, variable: Variable, in_browser: bool | None) -> _Way:
        """Whether a place is one of those that are a matter of their own."""
        if variable.injected:
            return _Way.INJECTED
        if variable.spoken:
            return _Way.SPOKEN
        if variable.handed is not None:
            return _Way.HANDED
        if in_browser and not variable.defined and secret_name(variable.name) and not public_prefix(variable.name):
            package = self._graph.package_of(variable.place.path)
            if package is not None and not _ISOMORPHIC.isdisjoint(package.dependencies):
                return _Way.ISOMORPHIC
        return _Way.BY_NAME

    def prefix(self, root: str | None, name: str) -> str:
        """The active prefix that makes ``name`` public in the package, or ""."""
        return next((prefix for prefix in self._active.get(root or "", ()) if name.startswith(prefix)), "") if root is not None else ""

    def of(self, variable: Variable) -> list[str | None]:
        """The roots of its packages; None where it is in no package."""
        home = self._graph.package_of(variable.place.path)
        root = home.root if home is not None else None
        if not variable.defined or not public_prefix(variable.name) or (root, variable.name) in self._read:
            return [root]
        above = f"{root}/" if root else ""
        below = [other for other in sorted(self._active) if other != root and other.startswith(above) and self.prefix(other, variable.name)]
        readers: list[str | None] = [other for other in below if (other, variable.name) in self._read]
        if readers or self.prefix(root, variable.name):
            return readers or [root]
        return [*below[:1]] or [root]


def _value(variable: Variable, secrets: Iterable[Secret]) -> Secret | None:
    """The key that the value of a definition is or holds."""
    value = variable.value
    if value is None:
        return None
    return next((secret for secret in secrets if secret.place.span.start < value.end and value.start < secret.place.span.end), None)


def _joined(owner: str | None, name: str, way: _Way, uses: list[_Use], owners: _Owners, graph: Graph) -> Variable:
    uses.sort(key=lambda use: (use.rank, use.variable.place))
    best = uses[0]
    prefix = owners.prefix(owner, name)
    held = [use.secret for use in uses if use.secret is not None]
    keys = [secret for secret in held if secret.kind is not SecretKind.PUBLIC]
    harmless = not keys and (any(use.variable.harmless for use in uses) or bool(held))
    return replace(
        best.variable,
        value_kind=next((secret.kind for secret in [*keys, *held]), None),
        harmless=harmless,
        package=owner or "",
        path_class=best.path_class,
        tracked=best.tracked,
        public=None if way is not _Way.BY_NAME or (owner is None and public_prefix(name)) else bool(prefix),
        prefix=prefix or public_prefix(name),
        secret=secret_name(name) or any(secret.caveat not in _KNOWN_TO_ALL for secret in keys),
        in_browser=_in_browser(uses, prefix),
        isomorphic=way is _Way.ISOMORPHIC,
        key=f"{owner or ''}|{way}|{name}",
        subject=f"variable|{name}" if best.secret is None else f"secret|{best.variable.place.path}|{best.secret.digest}",
        trail=_trail(uses, graph),
    )


def _in_browser(uses: Iterable[_Use], prefix: str) -> bool | None:
    answers = {use.in_browser for use in uses if not use.variable.defined}
    if True in answers or prefix == _ALWAYS_SENT:
        return True
    return None if None in answers else False


def _trail(uses: list[_Use], graph: Graph) -> tuple[Step, ...]:
    """How the browser comes to read it, and the other places."""
    steps: list[Step] = []
    told = False
    for number, use in enumerate(uses):
        place = use.variable.place
        if use.in_browser and not told:
            steps += graph.reach(place.path)
            told = True
        if use.variable.given is not None:
            steps.append(Step(use.variable.given, "handed over here"))
        if number == 0:
            continue
        if use.variable.defined:
            note = "named here" if use.variable.empty else "defined here"
        elif use.variable.handed is not None:
            note = "handed over here, too"
        else:
            note = "read here, in code that browsers get" if use.in_browser else "read here"
        steps.append(Step(place, note))
    return tuple(steps[:_MOST_STEPS])
