"""What Django REST framework's permission classes and a project's settings demand of a stranger.

https://www.django-rest-framework.org/api-guide/permissions/
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from batten.facts.calls import Binding, Function, Origin, Result, Source
from batten.facts.project import FileFacts
from batten.link.callgraph import Code
from batten.link.guards import Guards, Protection
from batten.link.guards.protection import weakest
from batten.regex import regex
from batten.text import Place

_MOST_CLASSES = 40
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PACKAGE = "rest_framework.permissions."
_OPEN = frozenset({f"{_PACKAGE}AllowAny", f"{_PACKAGE}BasePermission"})
_CLOSED = frozenset(f"{_PACKAGE}{name}" for name in ("IsAuthenticated", "IsAdminUser", "DjangoModelPermissions", "DjangoObjectPermissions"))
_READS_OPEN = frozenset(f"{_PACKAGE}{name}" for name in ("IsAuthenticatedOrReadOnly", "DjangoModelPermissionsOrAnonReadOnly"))
# They ask who calls, and nothing of the row.
_ACCOUNT_ALONE = frozenset(f"{_PACKAGE}{name}" for name in ("IsAuthenticated", "IsAuthenticatedOrReadOnly"))
# Where a class asks more than its list says.
_ASKS = ("check_permissions", "check_object_permissions", "initial", "dispatch", "setup")
_ON_PERMISSIONS = regex(r"(?:^|[._])perm(?:ission)?s?(?:$|[._])|Permissions?$|\bIs[A-Z]|\.(?:AllowAny|HasAPIKey)$")
# A value with as many roots as are kept may have more of them.
_MOST_ROOTS = 16
_METHOD_NAMES = regex(r"request\.method$|SAFE_METHODS$")
_MIDDLEWARE_STEPS = ("__call__", "process_request", "process_view")
_INSISTS = regex(r"login_?required|require_?login|(?:require|enforce|force)\w*auth|auth\w*required", re.IGNORECASE)
_ON_CALLER = regex(r"\.user(?:\.|$)|(?:^|[#.])settings\.")
_OF_FEW = regex(r"admin|staff|super|manag|moderat|owner|principal|headmaster|perm|object|group|Only$", re.IGNORECASE)
_LOGIN_REQUIRED = "django.contrib.auth.middleware.LoginRequiredMiddleware"


Ask = Callable[[str, str, Protection], Protection]
"""What middleware demands at an address: the settings that name it, its dotted name, and what it demands of all."""


class Lineage(NamedTuple):
    """A class and its bases: ``classes`` are those of the app with their files, nearest first; ``outside`` the names of others."""

    classes: tuple[tuple[str, str], ...]
    outside: tuple[str, ...]
    whole: bool
    """Every base could be told."""


class Given(NamedTuple):
    """What a class is given by one of its lineage, and the file that says so."""

    path: str
    binding: Binding


class Classes:
    """The classes of an app, by file and name."""

    def __init__(self, code: Code) -> None:
        self._code = code

    def lineage(self, path: str, name: str) -> Lineage | None:
        """The class that a name denotes; None for anything else."""
        found: list[tuple[str, str]] = []
        outside: list[str] = []
        pending, whole = [(path, name)], True
        while pending and len(found) < _MOST_CLASSES:
            target = self._code.target(*pending.pop())
            if target.path is None:
                outside.append(target.name)
                whole = whole and target.known
                continue
            if target.function is not None or target.rest:
                whole = False
                continue
            if (target.path, target.name) in found:
                continue
            is_class = target.binding is not None and target.binding.is_class
            if not is_class and not any(each.startswith(f"{target.name}.") for each in self._code.functions(target.path)):
                whole = whole and self._code.bindings(target.path).get(target.name) is None and target.known
                continue
            found.append((target.path, target.name))
            bases = target.binding.bases if target.binding is not None else ()
            pending += [(target.path, base) for base in reversed(bases)]
        return Lineage(tuple(found), tuple(outside), whole and not pending) if found else None

    def field(self, lineage: Lineage, name: str) -> Given | None:
        """What stands for a name in the body of the class, or of the nearest base."""
        for path, owner in lineage.classes:
            binding = self._code.bindings(path).get(f"{owner}.{name}")
            if binding is not None:
                return Given(path, binding)
        return None

    def method(self, lineage: Lineage, name: str) -> tuple[str, Function] | None:
        """The method of the class, or of the nearest base that the app itself has written."""
        return next(self.methods(lineage, name), None)

    def methods(self, lineage: Lineage, name: str) -> Iterator[tuple[str, Function]]:
        """The methods of that name of the class and of its bases, nearest first."""
        for path, owner in lineage.classes:
            function = self._code.functions(path).get(f"{owner}.{name}")
            if function is not None:
                yield path, function


class Permissions:
    """The verdicts on permission classes, and on what settings put before every view."""

    def __init__(self, code: Code, guards: Guards, classes: Classes, files: Iterable[FileFacts], root_of: Callable[[str], str]) -> None:
        self._code = code
        self._guards = guards
        self._classes = classes
        self._root_of = root_of
        self._settings: dict[str, list[tuple[str, Binding]]] = {}
        for file in files:
            for binding in file.bindings if file.path.endswith(".py") else ():
                if binding.local in ("REST_FRAMEWORK", "MIDDLEWARE", "ROOT_URLCONF"):
                    self._settings.setdefault(root_of(file.path), []).append((file.path, binding))

    def of(self, path: str, sources: Iterable[Source], method: str, *, detail: bool) -> Protection:
        """What a list of permission classes demands before a method is answered; ``detail``: it is about one object."""
        names = [source.text for source in sources if source.origin in (Origin.NAME, Origin.CALL, Origin.PARAMETER)]
        names = [name for name in names if not any(_is_part(name, other) for other in names)]
        found = [self._of_class(path, name, method, detail=detail) for name in names]
        if any(each is Protection.NONE for each in found) and any(found):
            return Protection.UNKNOWN  # both, or either: operators are not told apart
        return max(found, default=Protection.NONE)

    def default(self, path: str, method: str, *, detail: bool) -> Protection:
        """What the settings demand where a view of REST framework says nothing."""
        settings = self._settings.get(self._root_of(path))
        if settings is None:
            return Protection.UNKNOWN  # an app for other people's projects, perhaps
        verdicts = {self._of_setting(*found, method, detail=detail) for found in settings if found[1].local == "REST_FRAMEWORK"}
        return Protection.NONE if not verdicts else verdicts.pop() if len(verdicts) == 1 else Protection.UNKNOWN

    def default_names(self, path: str) -> tuple[str, ...] | None:
        """The permission classes that the settings demand where a view of REST framework says nothing; None can't tell."""
        said = [(home, binding) for home, binding in self._settings.get(self._root_of(path), ()) if binding.local == "REST_FRAMEWORK"]
        if len(said) != 1 or len(said[0][1].sources) >= _MOST_ROOTS:
            return None
        texts = (source.text for source in said[0][1].sources if source.origin in (Origin.NAME, Origin.LITERAL))
        return tuple(text.replace("#", ".") for text in texts if "." in text and _ON_PERMISSIONS.search(text))

    def left_open(self, path: str) -> Place | None:
        """Where the settings leave a view of REST framework open that says nothing: what they say of it, else their start."""
        settings = self._settings.get(self._root_of(path), [])
        if self.default(path, "POST", detail=False) is not Protection.NONE:
            return None
        said = sorted(binding.place for _, binding in settings if binding.local == "REST_FRAMEWORK")
        return said[0] if said else min((binding.place for _, binding in settings if binding.local == "ROOT_URLCONF"), default=None)

    def before_all(self, path: str, *, of_rest: bool, at: Ask | None = None) -> Protection:
        """What the middleware of the project demands; ``at``: what one of them, of which that can't be told for all addresses, demands at one."""
        best = Protection.NONE
        for home, dotted in self.middleware(path):
            found = self._of_middleware(home, dotted, of_rest=of_rest)
            best = max(best, found if at is None or found is not Protection.UNKNOWN else at(home, dotted, found))
        return best

    def middleware(self, path: str) -> list[tuple[str, str]]:
        """The middleware of the project, each with the settings that name it."""
        lists = [each for each in self._settings.get(self._root_of(path), ()) if each[1].local == "MIDDLEWARE"]
        return [
            (home, source.text)
            for home, binding in lists
            for source in binding.sources
            if source.origin is Origin.LITERAL and "." in source.text
        ]

    def steps_of(self, home: str, dotted: str) -> list[tuple[str, Function]]:
        """The functions of the app that middleware asks in, each with its file."""
        module, _, name = dotted.rpartition(".")
        target = self._code.target(home, f"{module}#{name}")
        if target.path is not None and target.function is not None:
            return [(target.path, function) for function in (target.function, *self._code.inner(target.path, target.name))]
        lineage = self._classes.lineage(home, f"{module}#{name}") if target.path is not None else None
        methods = [self._classes.method(lineage, step) for step in _MIDDLEWARE_STEPS] if lineage is not None else []
        return [found for found in methods if found is not None]

    def _of_middleware(self, home: str, dotted: str, *, of_rest: bool) -> Protection:
        if dotted == _LOGIN_REQUIRED:
            return Protection.UNKNOWN if of_rest else Protection.IDENTITY
        module, _, name = dotted.rpartition(".")
        target = self._code.target(home, f"{module}#{name}")
        if target.path is None:
            return Protection.UNKNOWN if _INSISTS.search(dotted) else Protection.NONE
        lineage = self._classes.lineage(home, f"{module}#{name}")
        functions = self.steps_of(home, dotted)
        asks = any(self.asks(at, function) and not self._lets_on(at, function) for at, function in functions)
        insists = lineage is not None and any(name == _LOGIN_REQUIRED for name in lineage.outside)
        return Protection.UNKNOWN if asks or insists or not functions else Protection.NONE

    def asks(self, path: str, function: Function) -> bool:
        """It asks something of strangers, wherever they go, or of those who ask for some addresses: ``if not user and request.path not in OPEN``."""
        return self._guards.asked(path, function) > Protection.NONE or any(
            self._guards.of_test(path, function, each.guard) > Protection.NONE for each in function.for_some
        )

    def _lets_on(self, path: str, function: Function) -> bool:
        """It hands on what strangers ask for, whatever that is: it only looks who is known already."""
        if function.by_path or function.for_some:
            return False  # what it asks for depends on the path
        if any(not _ON_CALLER.search(name) for guard in function.guards for name in guard.names):
            return False
        handed = [call for call in function.calls if call.callee.endswith("get_response") or "#Callable" in call.callee]
        return any(self._guards.at(path, function, call.span.start) is Protection.NONE for call in handed)

    def _of_setting(self, path: str, binding: Binding, method: str, *, detail: bool) -> Protection:
        named = [source for source in binding.sources if source.origin in (Origin.NAME, Origin.LITERAL)]
        found = [
            Source(Origin.NAME, source.text if "#" in source.text else "#".join(source.text.rpartition(".")[::2]))
            for source in named
            if "." in source.text and _ON_PERMISSIONS.search(source.text)
        ]
        followed = any(source.origin is Origin.NAME and "#" in source.text for source in named)
        if not found and (len(binding.sources) >= _MOST_ROOTS or followed):
            return Protection.UNKNOWN
        return self.of(path, found, method, detail=detail)

    def _of_class(self, path: str, name: str, method: str, *, detail: bool) -> Protection:
        lineage = self._classes.lineage(path, name)
        outside = [self._code.target(path, name).name] if lineage is None else list(lineage.outside)
        if lineage is not None:
            own = self._classes.method(lineage, "has_permission")
            if own is not None:
                return self._of_own(*own, method)
            if detail and self._classes.method(lineage, "has_object_permission") is not None:
                return max(Protection.UNKNOWN, *(_told(each, method) for each in outside))
            if not lineage.whole:
                return Protection.UNKNOWN
        return max((_told(each, method) for each in outside), default=Protection.UNKNOWN)

    def _of_own(self, path: str, function: Function, method: str) -> Protection:
        if (
            not function.guards
            and not function.calls
            and all(not each.empty and not each.names and not each.secret for each in function.results)
        ):
            return Protection.NONE  # `return True`
        given = [each for each in function.results if not each.empty and _is_for(function, each, method)]
        if any(_is_for_all(function, each) for each in given) or (method in _SAFE and any(map(_is_of_method, given))):
            return Protection.NONE
        asked = [each for each in given if not _is_of_method(each)]
        if len(asked) < len(function.results):
            return max(Protection.UNKNOWN, weakest(self._guards.shown(path, function, each) for each in asked))
        return max(Protection.UNKNOWN, self._guards.yields(path, function))


def _is_for(function: Function, result: Result, method: str) -> bool:
    """The function may come to that result for a method."""
    return all(each.runs(method) for each in function.by_method if result.span in each.reach)


def _is_for_all(function: Function, result: Result) -> bool:
    """Nothing but the method of the request says whether somebody may: ``if request.method in SAFE_METHODS: return True``."""
    around = [each for each in function.guards if result.span in each.reach]
    return (
        result.constant and any(result.span in each.reach for each in function.by_method) and all(_of_method(each.names) for each in around)
    )


def _is_of_method(result: Result) -> bool:
    """``return request.method in SAFE_METHODS or …``."""
    return any(name.endswith("SAFE_METHODS") for name in result.names) and _of_method(result.names)


def _of_method(names: Iterable[str]) -> bool:
    return all(_METHOD_NAMES.search(name) for name in names)


def _told(name: str, method: str) -> Protection:
    name = name if "." in name else f"{_PACKAGE}{name}"  # `from rest_framework.permissions import *`
    if name in _CLOSED:
        return Protection.IDENTITY
    if name in _READS_OPEN:
        return Protection.NONE if method in _SAFE else Protection.IDENTITY
    return Protection.NONE if name in _OPEN else Protection.UNKNOWN


def _is_part(name: str, other: str) -> bool:
    return other.startswith(f"{name}.") or (name.endswith("#") and other != name and other.startswith(name))


def granted(function: Function, method: str, action: str) -> tuple[str, ...] | None:
    """The permission classes that ``get_permissions`` gives for a method and an action, none where it leaves that to others; None can't tell."""
    found: list[tuple[str, ...] | None] = []
    for each in function.grants:
        if all(asked.holds(method, action) for asked in each.where):
            found.append(each.names)
            if each.sure:
                break
    return found[0] if found and all(names == found[0] for names in found) else None


def says_it_all(classes: Classes, lineage: Lineage) -> bool:
    """A class of views asks no more than its list of permission classes does."""
    return all(classes.method(lineage, step) is None for step in _ASKS)


def of_account_alone(names: Iterable[str]) -> bool:
    """The permission classes ask who calls, and nothing more of them, or of what they ask for."""
    return all(name in _ACCOUNT_ALONE for name in names)


def asks_for_a_right(classes: Classes, name: str) -> bool:
    """A permission class of the app, as ``file#Class``, asks what callers are, and never looks at a row; those of administrators, who see all rows, are none."""
    path, _, owner = name.rpartition("#")
    lineage = classes.lineage(path, f"#{owner}") if path else None
    asks = classes.method(lineage, "has_permission") if lineage is not None else None
    if lineage is None or asks is None or not lineage.whole or classes.method(lineage, "has_object_permission") is not None:
        return False
    names = [*(each for guard in asks[1].guards for each in guard.names), *(each for result in asks[1].results for each in result.names)]
    asked = [each.rpartition("request.user")[2] for each in names if not _METHOD_NAMES.search(each)]
    return not any(_OF_FEW.search(each) for each in (owner.removesuffix("OrReadOnly"), *asked))


def listed(code: Code, given: Given | None) -> tuple[str, ...]:
    """The names of what a class lists, from outside of the app; others as they stand there."""
    return names_of(code, given.path, given.binding.sources) if given is not None else ()


def names_of(code: Code, path: str, sources: Iterable[Source]) -> tuple[str, ...]:
    """What a list names: what is of the app as ``file#Class``, all else as code names it."""
    names = [source.text for source in sources]
    whole = [name for name in names if not any(other != name and other.startswith(name) for other in names)]
    targets = [code.target(path, name) for name in whole]
    return tuple(each.name.replace("#", ".") if each.path is None else f"{each.path}#{each.name}" for each in targets)
