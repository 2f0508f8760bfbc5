"""Apps that answer requests by asking paid models: whether anything holds that back, or keeps account of it."""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet

from batten.facts.project import FileFacts
from batten.facts.services import ModelBudget, Package, Restraint
from batten.finding import Step
from batten.text import Place

_MOST_STEPS = 8
_PAGES = (".tsx", ".jsx", ".vue", ".svelte", ".astro", ".html")


def budgets(
    calls: Iterable[tuple[Place, str]],
    files: Iterable[FileFacts],
    serving: AbstractSet[str],
    package_of: Callable[[str], Package | None],
    path_class: Callable[[str], str],
    in_browser: Callable[[str], bool | None],
) -> tuple[ModelBudget, ...]:
    """One for each package that answers requests, by place. A limit anywhere in what belongs together may be the one that counts: then it can't be told."""

    def root(path: str) -> str:
        package = package_of(path)
        return package.root if package is not None else ""

    by_package: dict[str, list[tuple[Place, str]]] = {}
    for place, name in sorted(set(calls)):
        if path_class(place.path) == "product" and not _is_shown(place.path, in_browser) and root(place.path) in serving:
            by_package.setdefault(root(place.path), []).append((place, name))
    if not by_package:
        return ()
    spoken: dict[str, set[str]] = {}
    roots: set[str] = set(by_package)
    for file in files:
        roots.add(root(file.path))
        if file.restraint and path_class(file.path) not in ("test", "docs"):
            spoken.setdefault(root(file.path), set()).update(file.restraint)

    def whole(package: str) -> str:
        """The outermost package around one: the packages of a workspace belong together."""
        return min((each for each in roots if each == package or package.startswith(f"{each}/") or not each), key=len)

    said = {
        package: {kind for other, kinds in spoken.items() if whole(other) == whole(package) for kind in kinds} for package in by_package
    }
    return tuple(
        ModelBudget(
            place=own[0][0],
            package=package,
            names=tuple(dict.fromkeys(name for _, name in own)),
            calls=len(own),
            places_shown="one place" if len(own) == 1 else f"{len(own)} places",
            limited=None if Restraint.LIMITS in said[package] else False,
            accounted=None if Restraint.ACCOUNTS in said[package] else False,
            key=f"{package}|model-budget|",
            subject=f"model-budget|{package}",
            trail=tuple(Step(place, f"asks {name} here") for place, name in own[:_MOST_STEPS]),
        )
        for package, own in sorted(by_package.items())
    )


def _is_shown(path: str, in_browser: Callable[[str], bool | None]) -> bool:
    """A file is for browsers: what it spends is a matter of the key in it."""
    shown = in_browser(path)
    return path.endswith(_PAGES) if shown is None else shown
