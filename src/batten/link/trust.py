"""Settings by which an app believes what every caller says of itself: its own name, or the address that the call comes from; knows no rule."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from msgspec import structs

from batten.facts.calls import Binding, Origin
from batten.facts.containers import Container
from batten.facts.flows import Use
from batten.facts.project import FileFacts
from batten.facts.services import Package, Restraint
from batten.link.memo import Memo
from batten.regex import regex
from batten.text import Place, Span

KIND = "wildcard-trust"
PROXY = "trusted-proxy"
"""The kind of uses by which any caller may say which address it calls from."""
ANY_HOST = "any-host"
"""The kind of uses that let every name through which a request gives the app."""
# https://docs.djangoproject.com/en/5.2/ref/settings/#allowed-hosts and #csrf-trusted-origins
_HOSTS = "ALLOWED_HOSTS"
_ORIGINS = "CSRF_TRUSTED_ORIGINS"
_NAMES = {_HOSTS: "takes every name that a request gives the app", _ORIGINS: "takes forms of every website"}
_ANY_HOST = frozenset(("*", "."))
_ANY_ORIGIN = regex(
    r"(?:https?://)?\*(?:\.(?:com|net|org|io|app|dev|vercel\.app|herokuapp\.com|onrender\.com|up\.railway\.app|fly\.dev|pythonanywhere\.com))?/?\Z"
)
_AT_WORK = regex(r"(?:^|[/_.-])(?:local|dev|develop|development|test|tests|testing|ci)(?:[/_.-]|$)", re.IGNORECASE)
_DJANGO = frozenset(("INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE", "WSGI_APPLICATION"))
_FLAG = "--forwarded-allow-ips"
_COUNTS_BY_ADDRESS = frozenset((Restraint.LIMITS, Restraint.ATTEMPTS))


def wildcard_trust(
    uses: Iterable[Use],
    files: Sequence[FileFacts],
    package_of: Callable[[str], Package | None],
    path_class: Callable[[str], str],
    memo: Memo,
) -> Iterator[Use]:
    """Each of them. ``arguments`` has ``default=true`` where the environment may say otherwise, ``hosts=checked`` where a proxy of the same app looks at names."""

    def root(path: str) -> str:
        package = package_of(path)
        return package.root if package is not None else ""

    spoken: dict[Restraint, set[str]] = {}
    for file, kinds in memo.said("restraint", files, attrgetter("restraint")):
        for said in kinds if path_class(file.path) not in ("test", "docs") else ():
            spoken.setdefault(Restraint(said), set()).add(root(file.path))

    def says(package: str, *kinds: Restraint) -> bool:
        """Something of the package, or of one around or inside it, speaks of that."""
        return any(
            other == package or not other or not package or package.startswith(f"{other}/") or other.startswith(f"{package}/")
            for kind in kinds
            for other in spoken.get(kind, ())
        )

    for use in uses:
        if use.kind == PROXY and use.in_browser is not True and says(use.package, *_COUNTS_BY_ADDRESS):
            yield structs.replace(use, kind=KIND, name=f"`{_called(use)}` lets every caller say which address it calls from", arguments=())
        elif use.kind == ANY_HOST:
            checked = ("hosts=checked",) if says(use.package, Restraint.HOSTS) else ()
            yield structs.replace(
                use, kind=KIND, name="`TrustedHostMiddleware` takes every name that a request gives the app", arguments=checked
            )
    for file, (containers, set_so) in memo.said("may trust anybody", files, _said_in):
        for container in containers:
            package = root(file.path)
            if not says(package, *_COUNTS_BY_ADDRESS):
                break
            for setting in container.settings:
                if setting.slot == _FLAG and setting.text == "*":
                    yield _use(
                        f"`{_FLAG}` lets every caller say which address it calls from", file.path, setting.span, package, path_class, _FLAG
                    )
        for name, binding, arguments in set_so:
            package = root(file.path)
            checked = ("hosts=checked",) if name == _HOSTS and says(package, Restraint.HOSTS) else ()
            shown = f"`{name}` {_NAMES[name]}"
            yield _use(shown, file.path, binding.place.span, package, path_class, name, (*arguments, *checked))


def _use(
    shown: str, path: str, span: Span, package: str, path_class: Callable[[str], str], name: str, arguments: tuple[str, ...] = ()
) -> Use:
    return Use(
        kind=KIND,
        name=shown,
        arguments=arguments,
        slots=(),
        function="",
        place=Place(path, span),
        package=package,
        path_class=path_class(path),
        key=f"{package}|use|{path}|{name}",
        subject=f"use|{path}|{name}",
    )


class _Said(NamedTuple):
    """What starts servers, and settings of Django."""

    containers: tuple[Container, ...]
    set_so: tuple[tuple[str, Binding, tuple[str, ...]], ...]

    def __bool__(self) -> bool:
        return bool(self.containers or self.set_so)


def _said_in(file: FileFacts) -> _Said:
    return _Said(file.containers, tuple(_of_django(file)))


def _of_django(file: FileFacts) -> Iterator[tuple[str, Binding, tuple[str, ...]]]:
    """The settings of Django that name nobody; those of a machine for development, and of an app that is debugged (which is told itself), are left out."""
    if not file.path.endswith(".py") or not file.bindings or _AT_WORK.search(file.path.removesuffix(".py")):
        return
    bound = {binding.local: binding for binding in file.bindings}
    debug = bound.get("DEBUG")
    if (_DJANGO.isdisjoint(bound) and "settings" not in file.path) or (debug is not None and debug.text == "true"):
        return
    for name in _NAMES:
        binding = bound.get(name)
        if binding is None:
            continue
        written = [source.text for source in binding.sources if source.origin is Origin.LITERAL]
        if (
            any(_is_any(name, text) for text in written)
            and not binding.calls
            and all(source.origin is Origin.LITERAL for source in binding.sources)
        ):
            yield name, binding, ()
        elif any(
            _is_any(name, argument.text or "") for call in binding.calls for argument in call.arguments if argument.slot in ("1", "default")
        ):
            yield name, binding, ("default=true",)


def _called(use: Use) -> str:
    """What is called, and for options that are set by name which one."""
    last = use.name.rpartition(".")[2]
    return "trust proxy" if last in ("set", "enable") else "trustProxy" if "0.trustProxy" in use.slots else "forwarded_allow_ips"


def _is_any(name: str, text: str) -> bool:
    return text in _ANY_HOST if name == _HOSTS else _ANY_ORIGIN.match(text) is not None
