"""What servers are given beside their own settings: configuration, variables, what they are built of, and the ways that lead to them in a cluster."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice

from msgspec.structs import replace

from batten.extract.environment import is_sample
from batten.facts.containers import Container, Given, Option, Port

_RECIPES = ("Dockerfile", "Containerfile")
_VARIABLES = "config:env"
_MOST_PORTS = 200
_SAMPLES = ("{}.example", "{}.sample", "{}.template", "{}.dist")
Every = Mapping[tuple[str, str], Container]
"""All servers, by the file that sets them up and their name."""


class Setups:
    """All servers that files set up, by what asks for them."""

    def __init__(self, every: Every) -> None:
        self._of_file: dict[str, list[Container]] = defaultdict(list)
        self._named: dict[str, list[tuple[str, Container]]] = defaultdict(list)
        self._doors: dict[str, list[Container]] = defaultdict(list)
        for (path, name), each in every.items():
            self._of_file[path].append(each)
            self._named[name].append((path, each))
            if each.selects:
                self._doors[min(each.selects)].append(each)

    def whole(self, path: str, each: Container) -> Container:
        """A server with what it is built of, and the configuration that it is given."""
        for built in self._built_of(path, each):
            each = replace(each, programs=(*each.programs, *built.programs), settings=(*each.settings, *built.settings))
        given = [setting for _, source in self.configured(each) for setting in source.settings]
        return replace(each, settings=(*each.settings, *given), ports=(*each.ports, *islice(self._ports(each), _MOST_PORTS)))

    def configured(self, each: Container) -> Iterator[tuple[str, Container]]:
        """The configuration that a server is given, with the files in which that stands."""
        for path in dict.fromkeys(each.mounted):
            yield from ((path, given) for given in self._of_file.get(path, ()) if _VARIABLES not in given.programs)

    def variables(self, path: str, each: Container) -> tuple[tuple[str, Option], ...]:
        """The variables that it is given by files of them, or where there is none, by the sample that people copy; those beside a compose file only fill in what it leaves to them."""
        left = {setting.slot for setting in each.settings if setting.given is Given.ENVIRONMENT}
        folder = path.rpartition("/")[0]
        beside = f"{folder}/.env".lstrip("/")
        found = [(at, setting) for file in each.mounted for at, setting in self._variables_of(file)]
        found += [(at, setting) for at, setting in (self._variables_of(beside) if left else ()) if setting.slot in left]
        return tuple(found)

    def elsewhere(self, path: str, each: Container) -> list[Option]:
        """What other compose files beside this one say of the same server."""
        folder = path.rpartition("/")[0]
        beside = [same for other, same in self._named[each.name] if other != path and other.rpartition("/")[0] == folder]
        return [setting for same in beside for setting in same.settings]

    def _variables_of(self, file: str) -> Iterator[tuple[str, Option]]:
        names = [file] if is_sample(file) else [file, *(sample.format(file) for sample in _SAMPLES)]
        path = next((name for name in names if name in self._of_file), None)
        for given in self._of_file.get(path or "", ()):
            if _VARIABLES in given.programs:
                yield from ((path or "", setting) for setting in given.settings)

    def _built_of(self, path: str, each: Container) -> Iterator[Container]:
        for name in _RECIPES if each.build is not None and not each.image else ():
            recipe = f"{each.build}/{name}".lstrip("/")
            yield from self._of_file.get(recipe, ()) if recipe != path else ()

    def _ports(self, each: Container) -> Iterator[Port]:
        """What leads to a pod: its services, and what leads to those."""
        for door in self._leading_to(each.labels):
            yield from door.ports
            for outer in self._leading_to(door.labels):
                yield from outer.ports

    def _leading_to(self, labels: tuple[str, ...]) -> Iterator[Container]:
        here = frozenset(labels)
        for label in labels:
            yield from (door for door in self._doors.get(label, ()) if here.issuperset(door.selects))
