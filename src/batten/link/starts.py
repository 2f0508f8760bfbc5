"""Joins what starts an app where it is deployed with the scripts and files of the app, and with the places that switch its debugger on; reads no command."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from msgspec import structs

from batten.facts.calls import Binding, Origin
from batten.facts.containers import Container, DebugMode, Start
from batten.facts.flows import Use
from batten.facts.project import FileFacts
from batten.facts.services import Package
from batten.regex import regex
from batten.text import Place

_AT_WORK = regex(r"(?:^|[/_.-])(?:local|dev|develop|development|test|tests|testing|ci|debug)(?:[/_.-]|$)", re.IGNORECASE)
_THIS_MACHINE = regex(r"(?:127(?:\.\d{1,3}){3}|localhost|\[?::1\]?|\.localhost)?\Z")
_LOCAL_HOSTS = frozenset(("localhost", "127.0.0.1", "[::1]", "::1", ".localhost", "testserver", "0.0.0.0", ""))  # noqa: S104 - a name, not an address
_DJANGO = frozenset(("INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE"))
_SWITCHES = ("FLASK_DEBUG", "FLASK_ENV")
_ON = frozenset(("1", "true", "yes", "on", "development"))
_FROM_ENVIRONMENT = regex(r"(?:^|[.#])(?:getenv|environ\.get|config|env|env\.bool|bool|get_bool)$")
_KINDS = (("Procfile", "the Procfile"), ("compose", "a compose file"), ("ocker", "an image"), ("ontainerfile", "an image"))


class Starts:
    """The commands that start the app, and what follows from them."""

    def __init__(self, files: Iterable[FileFacts], package_of: Callable[[str], Package], path_class: Callable[[str], str]) -> None:
        self._files = list(files)
        self._package_of = package_of
        self._path_class = path_class
        self.found = tuple(sorted(self._starts(), key=lambda start: (start.place, start.key)))

    def _starts(self) -> Iterator[Start]:
        paths = [file.path for file in self._files if file.language is not None]
        for file in [file for file in self._files if file.containers]:
            seen: Counter[str] = Counter()
            for container in file.containers:
                start = self._start(file.path, container, paths)
                if start is not None:
                    seen[start.key] += 1
                    # Services of a host's settings may all start by a key of the same name.
                    more = f"|{seen[start.key]}" if seen[start.key] > 1 else ""
                    yield structs.replace(start, key=f"{start.key}{more}", subject=f"{start.subject}{more}")

    def _start(self, path: str, container: Container, paths: list[str]) -> Start | None:
        launch = container.launch
        if launch is None:
            return None
        folder = container.build if container.build is not None else path.rpartition("/")[0]
        package = self._package_of(f"{folder}/package.json" if folder else "package.json")
        scripts = dict(package.development_scripts) if package.root == folder else {}
        by_script = next((f"{name}: {scripts[name]}" for name in launch.scripts if name in scripts), "")
        root = self._package_of(path).root
        return Start(
            place=container.place,
            server=launch.server or by_script.partition(": ")[2],
            debugs=launch.debugs,
            files=_files(launch.files, folder, paths),
            loads=_files(launch.modules, folder, paths),
            by=next((words for mark, words in _KINDS if mark in path.rpartition("/")[2]), "the settings of the host"),
            deployed=container.deployed if container.ports or container.deployed is not None or "ompose" in path else None,
            package=root,
            path_class=self._path_class(path),
            key=f"{root}|start|{path}|{container.name}",
            subject=f"start|{path}|{container.name}",
        )

    def debug_modes(self, uses: Iterable[Use]) -> tuple[DebugMode, ...]:
        """The places that switch a debugger on, by place."""
        found = [*self._of_calls(uses), *self._of_settings(), *self._of_commands()]
        return tuple(sorted(found, key=lambda mode: (mode.place, mode.name)))

    def _of_calls(self, uses: Iterable[Use]) -> Iterator[DebugMode]:
        for use in uses:
            if use.kind != "debug-mode":
                continue
            host = next((text.partition("=")[2] for text in use.arguments if text.startswith(("host=", "0=", "hostname="))), None)
            given = any(slot in ("host", "0", "hostname", "**") for slot in use.slots)
            exposed = False if not given else None if host is None else _THIS_MACHINE.match(host) is None
            if exposed is False:
                continue  # as everybody works on an app
            short = use.name.replace("#", ".").rpartition(".")[2]
            yield self._mode(f"{short}(…)" if short else use.name, use.place, self._started(use.place.path), exposed)

    def _of_settings(self) -> Iterator[DebugMode]:
        """``DEBUG`` of Django, which is read whatever starts the app."""
        for file in self._files:
            if not file.path.endswith(".py") or not file.parsed or _AT_WORK.search(file.path.removesuffix(".py")):
                continue
            bound = {binding.local: binding for binding in file.bindings}
            debug = bound.get("DEBUG")
            if debug is None or _DJANGO.isdisjoint(bound):
                continue
            default = debug.text != "true"
            if debug.text == "true" or (debug.text is None and _defaults_to_true(debug)):
                yield self._mode("DEBUG", debug.place, None if default else True, _takes_hosts(bound.get("ALLOWED_HOSTS")), default=default)

    def _of_commands(self) -> Iterator[DebugMode]:
        for start in self.found:
            if start.debugs:
                yield self._mode("flask --debug", start.place, start.deployed is not False, True)
        for file in self._files:
            for container in file.containers:
                for setting in container.settings:
                    if setting.slot in _SWITCHES and (setting.text or "").lower() in _ON:
                        yield self._mode(setting.slot, Place(file.path, setting.span), container.deployed is not False, True)

    def _started(self, path: str) -> bool | None:
        """Whether a command of a deployment runs the file; None where nothing near says how the app is started."""
        package = self._package_of(path).root
        deployed = [start for start in self.found if start.deployed is not False]
        if any(path in start.files for start in deployed):
            return True
        if any(path in start.loads for start in deployed):
            return False  # as a module, of which only what stands outside `if __name__ == "__main__"` is run
        near = [start for start in deployed if start.package == package]
        return False if any(start.files or start.loads for start in near) else None

    def _mode(self, name: str, place: Place, started: bool | None, exposed: bool | None, *, default: bool = False) -> DebugMode:
        root = self._package_of(place.path).root
        return DebugMode(
            name=name,
            place=place,
            started=started,
            exposed=exposed,
            default=default,
            package=root,
            path_class=self._path_class(place.path),
            key=f"{root}|debug-mode|{place.path}|{name}",
            subject=f"debug-mode|{place.path}|{name}",
        )


def _files(named: Iterable[str], folder: str, paths: list[str]) -> tuple[str, ...]:
    return tuple(found for name in named if (found := _file(name, folder, paths)) is not None)


def _file(named: str, folder: str, paths: list[str]) -> str | None:
    """The file of the app that a command names: from its folder, or the only one of that name below it."""
    whole = f"{folder}/{named}" if folder else named
    if whole in paths:
        return whole
    below = [path for path in paths if path.endswith(f"/{named}") and path.startswith(f"{folder}/" if folder else "")]
    return below[0] if len(below) == 1 else None


def _defaults_to_true(debug: Binding) -> bool:
    """``os.getenv("DEBUG", "True") == "True"``, ``config("DEBUG", default=True)``."""
    return any(
        _FROM_ENVIRONMENT.search(call.callee) is not None
        and any(argument.slot in ("1", "default") and (argument.text or "").lower() in ("true", "1") for argument in call.arguments)
        for call in debug.calls
    )


def _takes_hosts(allowed: Binding | None) -> bool | None:
    """Whether others reach the app: with an empty list Django answers this machine alone while it debugs."""
    if allowed is None:
        return False
    names = [source.text for source in allowed.sources if source.origin is Origin.LITERAL]
    if any(name not in _LOCAL_HOSTS for name in names):
        return True
    return None if len(names) < len(allowed.sources) or allowed.calls else False
