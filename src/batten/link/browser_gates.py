"""Passwords that browsers compare themselves, by the apps that they are part of."""

from collections.abc import Callable, Collection, Iterable

from msgspec import structs

from batten.facts.modules import BrowserGate
from batten.facts.project import FileFacts
from batten.facts.services import Package


def browser_gates(
    files: Iterable[FileFacts],
    package_of: Callable[[str], Package],
    path_class: Callable[[str], str],
    in_browser: Callable[[str], bool | None],
    with_data: Collection[str],
) -> tuple[BrowserGate, ...]:
    """Those in modules that browsers get; ``with_data`` are the packages that have routes, or ask a database from the browser."""
    found = []
    for file in files:
        counted: dict[str, int] = {}
        for gate in file.browser_gates if in_browser(file.path) is True else ():
            root = package_of(file.path).root
            counted[gate.name] = counted.get(gate.name, 0) + 1
            name = f"{file.path}|{gate.name}|{counted[gate.name]}"
            found.append(
                structs.replace(
                    gate,
                    opens_data=root in with_data,
                    package=root,
                    path_class=path_class(file.path),
                    key=f"{root}|browser-gate|{name}",
                    subject=f"browser-gate|{name}",
                )
            )
    return tuple(found)
