"""Joins demos of models, and servers of tools, with what starts them where they are deployed: scripts that Streamlit runs for every visitor, what Gradio is told by the environment, applications that a command serves."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import structs

from batten.facts.containers import EVERYWHERE, LOOPBACK, Container, Start
from batten.facts.flows import Use
from batten.facts.project import FileFacts
from batten.facts.services import Package, Restraint
from batten.finding import Step
from batten.link.modules import ModuleGraph
from batten.skim.model import Import
from batten.text import Place

KIND = "ai-demo"
_BY_ENVIRONMENT = "demo-by-environment"
_TOLD = frozenset(("server_name", "share", "**"))
_STREAMLIT = "command:streamlit"
_FASTMCP = "command:fastmcp"
_APPLICATION, _COLLECTION, _TOOLS = "tool-application", "tool-collection", "tool-server"
_BINDS = frozenset(("--host", "--bind", "-b"))
_ADDRESS = "GRADIO_SERVER_NAME"
_SHARE = "GRADIO_SHARE"
_SERVER_ADDRESS = ("--server.address", "STREAMLIT_SERVER_ADDRESS")
_MOST = 200
_Resolve = Callable[[str, str], str | None]


def demos(
    starts: Iterable[Start],
    uses: Iterable[Use],
    model_calls: Iterable[tuple[Place, str]],
    files: Sequence[FileFacts],
    graph: ModuleGraph,
    path_class: Callable[[str], str],
) -> Iterator[Use]:
    """Each that lets in everybody."""
    known = _Demos(files, uses, graph.package_of, graph.resolve_python)
    yield from known.by_environment()
    yield from known.tools(starts)
    yield from known.scripts(starts, (place for place, _ in model_calls), path_class)


class _Demos:
    """The demos of an app, by what it says of them."""

    def __init__(self, files: Sequence[FileFacts], uses: Iterable[Use], package_of: Callable[[str], Package], resolve: _Resolve) -> None:
        uses = list(uses)
        self._files = {file.path: file for file in files}
        self._of_tools = [use for use in uses if use.kind in (_APPLICATION, _COLLECTION)]
        self._launched = [use for use in uses if use.kind == _BY_ENVIRONMENT and _TOLD.isdisjoint(use.slots)]
        self._signed_in = {package_of(file.path).root for file in files if Restraint.VISITORS in file.restraint}
        self._package_of = package_of
        self._resolve = resolve
        self._containers = [(file.path, each) for file in files for each in file.containers if each.deployed is not False]

    def by_environment(self) -> Iterator[Use]:
        """Those that listen where the environment says, where that says everywhere."""
        for use in self._launched:
            if any(self._is_told(each) and self._package_of(path).root == use.package for path, each in self._containers):
                yield structs.replace(
                    use, kind=KIND, key=use.key.replace(_BY_ENVIRONMENT, KIND), subject=use.subject.replace(_BY_ENVIRONMENT, KIND)
                )

    def tools(self, starts: Iterable[Start]) -> Iterator[Use]:
        """Servers of tools that a command serves on every address: ``uvicorn server:app --host 0.0.0.0``, ``fastmcp run server.py --transport http --host 0.0.0.0``."""
        kinds = {
            each.place: _APPLICATION if _FASTMCP not in each.programs else _COLLECTION for _, each in self._containers if _is_bound(each)
        }
        served = {(file, kinds[start.place]) for start in starts if start.place in kinds for file in (*start.loads, *start.files)}
        for use in self._of_tools:
            if (use.place.path, use.kind) in served and not self._asks(use.place.path):
                yield structs.replace(
                    use, kind=_TOOLS, key=use.key.replace(use.kind, _TOOLS), subject=use.subject.replace(use.kind, _TOOLS)
                )

    def _asks(self, path: str) -> bool:
        """What the file puts before its application may ask who calls."""
        added = (call for function in self._files[path].functions for call in function.calls if call.callee.endswith(".add_middleware"))
        return any(not any("CORSMiddleware" in source.text for each in call.arguments for source in each.sources) for call in added)

    def scripts(self, starts: Iterable[Start], asks_model: Iterable[Place], path_class: Callable[[str], str]) -> Iterator[Use]:
        """Those that a server runs for each visitor, and that ask models for money."""
        scripts = {each.place: (path, each) for path, each in self._containers if _STREAMLIT in each.programs}
        asking: dict[str, Place] = {}
        for place in asks_model if scripts else ():
            asking.setdefault(place.path, place)
        for start in starts if asking else ():
            path, container = scripts.get(start.place, ("", None))
            root = self._package_of(path).root
            if container is None or root in self._signed_in or not self._is_reached(path, container):
                continue
            asked = next((asking[file] for script in start.files for file in self._used_by(script) if file in asking), None)
            if asked is not None and self._package_of(asked.path).root not in self._signed_in:
                yield Use(
                    kind=KIND, name="`streamlit run`", arguments=(), slots=(), function="", place=start.place, package=root, path_class=path_class(path),
                    key=f"{root}|use|{path}|{KIND}|{container.name}", subject=f"use|{path}|{KIND}|{container.name}",
                    trail=(Step(asked, "the paid model is asked here, for whoever comes"),),
                )  # fmt: skip

    def _is_told(self, container: Container) -> bool:
        return any(
            (setting.slot == _ADDRESS and setting.text in EVERYWHERE)
            or (setting.slot == _SHARE and (setting.text or "").lower() in ("true", "1"))
            for setting in container.settings
        ) and not (container.ports and all((port.address or "").startswith(LOOPBACK) for port in container.ports))

    def _is_reached(self, path: str, container: Container) -> bool:
        """Nothing says that it is for its own machine, or for its neighbours, alone."""
        if any(setting.slot in _SERVER_ADDRESS and (setting.text or "").startswith(LOOPBACK) for setting in container.settings):
            return False
        folder = path.rpartition("/")[0]
        services = [container] if "compose" in path.rpartition("/")[2] else [each for _, each in self._containers if each.build == folder]
        return not services or any(
            port.address is None or not port.address.startswith(LOOPBACK) for each in services for port in each.ports
        )

    def _used_by(self, script: str) -> Iterator[str]:
        """A script, and the files of the app that it imports, by any way."""
        seen, todo = {script}, [script]
        while todo and len(seen) <= _MOST:
            path = todo.pop()
            yield path
            for entry in self._files[path].imports if path in self._files else ():
                for target in self._targets(path, entry):
                    if target not in seen:
                        seen.add(target)
                        todo.append(target)

    def _targets(self, path: str, entry: Import) -> list[str]:
        found = (self._resolve(path, module) for module in (entry.module, f"{entry.module}.{entry.name}"))
        return [target for target in found if target is not None]


def _is_bound(container: Container) -> bool:
    """A command that serves on every address, of a container that is not for its machine alone."""
    here = container.ports and all((port.address or "").startswith(LOOPBACK) for port in container.ports)
    return not here and any(
        setting.slot in _BINDS and (setting.text or "").startswith(EVERYWHERE) and not (setting.text or "").startswith(LOOPBACK)
        for setting in container.settings
    )
