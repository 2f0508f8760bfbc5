"""Joins env files with what keeps them out of repositories and images; finds no keys and reads no values."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from msgspec.structs import replace

from batten.extract.environment import is_env_file, is_sample
from batten.facts.project import FileFacts
from batten.facts.secret_names import public_prefix
from batten.facts.secrets import Caveat, Copied, EnvFile, Exposure, Secret, SecretKind, Site
from batten.facts.services import Package
from batten.finding import Step
from batten.link.build_contexts import Contexts
from batten.regex import regex
from batten.text import Place, Span

_HARMLESS = (Caveat.PUBLISHED, Caveat.LOCAL, Caveat.WEAK)
_LOADERS = frozenset(("dotenv", "dotenv/config", "dotenv-expand", "dotenv-flow", "dotenvx", "@dotenvx/dotenvx", "environs", "decouple"))
_ENV = ".env"
# Of what a package is made of: https://docs.npmjs.com/cli/configuring-npm/package-json#files
_TAKES_ENV = regex(r"(?:\./)?(?:\.|\*\*?|\*\*/\*|\.env|\.env\*|\.\*)?/?")


class Around(NamedTuple):
    """What this join asks of discovery and of the module graph."""

    package_of: Callable[[str], Package | None]
    path_class: Callable[[str], str]
    tracked: Mapping[str, bool | None]


def env_files(files: Sequence[FileFacts], secrets: Iterable[Secret], around: Around) -> tuple[EnvFile, ...]:
    """Each way in which an env file leaves the machine, by place."""
    held: dict[str, list[Secret]] = {}
    for secret in secrets:
        if secret.kind is SecretKind.PUBLIC or public_prefix(secret.name or ""):  # the second is a matter of its own
            continue
        if secret.site is Site.ENV_FILE and secret.caveat not in _HARMLESS:
            held.setdefault(secret.place.path, []).append(secret)
    rules = _Rules(files)
    found = [_in_git(path, inside, around) for path, inside in held.items() if around.tracked.get(path) is not False]
    found += _unignored(files, held, rules, around)
    # What is in the repository on purpose, and holds nothing secret, may be in an image.
    found += [each for each in _in_images(files, rules, around) if around.tracked.get(each.path) is not True or each.path in held]
    found += _in_packages(files, rules, around)
    return tuple(sorted(found, key=lambda file: (file.place, file.exposure)))


class _Rules:
    """The ignore files of the app."""

    def __init__(self, files: Iterable[FileFacts]) -> None:
        self._git = {_folder(file.path): file.ignoring for file in files if file.path.rpartition("/")[2] == ".gitignore"}
        self.contexts = Contexts({file.path: file.ignoring for file in files if file.path.endswith(".dockerignore")})
        self._npm = {_folder(file.path): file.ignoring for file in files if file.path.rpartition("/")[2] == ".npmignore"}
        self._docker = {_folder(file.path): file.ignoring for file in files if file.path.rpartition("/")[2] == ".dockerignore"}

    def keeps_from_git(self, path: str) -> bool | None:
        """What the nearest .gitignore says that says anything; None: there is no rule for the file."""
        for folder in _above(path):
            verdict = _says(self._git.get(folder, ()), path, folder)
            if verdict is not None:
                return verdict
        return None

    def keeps_from_package(self, path: str, root: str) -> bool | None:
        """What npm's own ignore file says, False where it says nothing of the file; None: there is none, and git's counts."""
        patterns = self._npm.get(root)
        return None if patterns is None else bool(_says(patterns, path, root))

    def nearest(self, path: str) -> Place | None:
        """The beginning of the .gitignore that is nearest above a file."""
        folder = next((folder for folder in _above(path) if folder in self._git), None)
        return None if folder is None else Place(_join(folder, ".gitignore"), Span(0, 1 if self._git[folder] else 0))

    def keeps_from_image(self, path: str, dockerfile: str) -> bool:
        """Whether the .dockerignore beside the Dockerfile, or one above it, leaves the file out."""
        return any(_says(self._docker.get(folder, ()), path, folder) for folder in _above(dockerfile))

    def keeps_out_deep(self, path: str, dockerfile: str) -> bool:
        """Whether one of them leaves out a file that is deeper, whichever of these folders the image is built of."""
        return any(self.contexts.keeps_out(path, folder, dockerfile) for folder in _above(dockerfile))


def _says(patterns: tuple[str, ...], path: str, folder: str) -> bool | None:
    """What the last pattern that speaks of the path says of it; None where none does."""
    if not patterns or (folder and not path.startswith(f"{folder}/")):
        return None
    inner = path[len(folder) + 1 :] if folder else path
    for pattern in reversed(patterns):
        if _speaks_of(pattern.strip().removeprefix("!").removeprefix("./"), inner):
            return not pattern.startswith("!")
    return None


def _speaks_of(pattern: str, path: str) -> bool:
    """Whether a pattern of an ignore file takes in a file, or a folder above it."""
    bare = pattern.rstrip("/").removeprefix("**/")
    if not bare:
        return False
    if "/" in bare:
        rooted = bare.removeprefix("/")
        return fnmatchcase(path, rooted) or fnmatchcase(path, f"{rooted}/*")
    parts = path.split("/")
    return any(fnmatchcase(part, bare) for part in (parts[:-1] if pattern.endswith("/") else parts))


def _in_git(path: str, inside: list[Secret], around: Around) -> EnvFile:
    """The finding on a file is where its surest key is."""
    inside.sort(key=lambda secret: (secret.caveat is Caveat.TEST_MODE, not secret.certain, secret.place))
    names = dict.fromkeys(secret.name or secret.label for secret in sorted(inside, key=lambda secret: secret.place))
    found = EnvFile(
        path=path,
        exposure=Exposure.GIT,
        place=inside[0].place,
        names=tuple(names),
        certain=any(secret.certain for secret in inside),
        test_mode=all(secret.caveat is Caveat.TEST_MODE for secret in inside),
        tracked=around.tracked.get(path),
        places=tuple(Step(secret.place, secret.name or secret.label) for secret in sorted(inside, key=lambda secret: secret.place)),
    )
    return _identified(found, path, around)


def _unignored(files: Iterable[FileFacts], held: Mapping[str, object], rules: _Rules, around: Around) -> Iterator[EnvFile]:
    """Env files that no rule keeps out, and the one that a program loads, where there is no rule for it."""
    there = set()
    for file in files:
        if not _is_env_file(file.path) or is_sample(file.path) or around.path_class(file.path) != "product":
            continue
        there.add(_folder(file.path))
        tracked = around.tracked.get(file.path)
        # What is in the repository on purpose, and holds nothing secret, may stay.
        if (tracked is False or (tracked is None and file.path not in held)) and not rules.keeps_from_git(file.path):
            place = Place(file.path, Span(0, 1 if file.variables else 0))
            yield _identified(EnvFile(file.path, Exposure.UNIGNORED, place=place, tracked=tracked), file.path, around)
    for file in files:
        loader = next((entry for entry in file.imports if entry.module in _LOADERS), None)
        package = around.package_of(file.path)
        if loader is None or package is None or package.root in there or around.path_class(file.path) != "product":
            continue
        there.add(package.root)
        path = _join(package.root, _ENV)
        kept = rules.keeps_from_git(path)
        # Where files for this machine have a rule, what is loaded is most likely one of them.
        if kept is False or (kept is None and not rules.keeps_from_git(f"{path}.local")):
            nearest = rules.nearest(path)
            place = nearest if nearest is not None else Place(file.path, loader.span)
            steps = (Step(Place(file.path, loader.span), "env files are loaded here"),) if nearest is not None else ()
            yield _identified(EnvFile(path, Exposure.UNIGNORED, place=place, stored=False, trail=steps), path, around)


def _in_images(files: Sequence[FileFacts], rules: _Rules, around: Around) -> Iterator[EnvFile]:
    """What ``COPY . .`` and ``COPY api/ .`` take along; only of apps that are seen to use env files."""
    recipes = [file for file in files if file.copies]
    if not recipes:
        return
    there = [file.path for file in files if _is_env_file(file.path) and not is_sample(file.path)]
    loading = [file.path for file in files if _loads(file)]
    users = [_folder(path) for path in (*there, *loading, *(file.path for file in files if _is_env_file(file.path)))]
    homes = {_folder(path) for path in there} | {package.root for path in loading if (package := around.package_of(path)) is not None}
    for file in recipes:
        beside = _folder(file.path)
        whole = next((copied for copied in file.copies if not copied.folder), None)
        path = _join(beside, _ENV)
        if whole is not None and any(user == beside or user.startswith(f"{beside}/") or not beside for user in users):
            if not rules.keeps_from_image(path, file.path):
                yield _in_image(path, file.path, whole, around)
                continue
            # A rule for the env file at the top says nothing of those below it.
            below = (each for each in there if _is_below(each, beside) and around.tracked.get(each) is not True)
            inner = next(
                (each for each in below if around.path_class(each) == "product" and not rules.keeps_out_deep(each, file.path)), None
            )
            if inner is not None:
                yield _in_image(inner, file.path, whole, around)
                continue
        for copied in file.copies:
            context = next((above for above in _above(file.path) if copied.folder and _join(above, copied.folder) in homes), None)
            path = _join(_join(context or "", copied.folder), _ENV)
            if context is not None and not rules.contexts.keeps_out(path, context, file.path):
                yield _in_image(path, file.path, copied, around)
                break


def _in_packages(files: Sequence[FileFacts], rules: _Rules, around: Around) -> Iterator[EnvFile]:
    """What is put into packages that others install: all there is, or what an ignore file of npm forgets, which stands in for that of git."""
    users = {_folder(file.path) for file in files if _is_env_file(file.path)}
    users |= {package.root for file in files if _loads(file) and (package := around.package_of(file.path)) is not None}
    for package in (package for file in files for package in file.packages):
        if package.packed is None or package.root not in users or package.place is None:
            continue
        path = _join(package.root, _ENV)
        if any(_TAKES_ENV.fullmatch(each) for each in package.packed):
            place = Place(package.place.path, Span(0, 1))
        elif not package.packed and rules.keeps_from_package(path, package.root) is False:
            place = Place(_join(package.root, ".npmignore"), Span(0, 1))
        else:
            continue
        yield _identified(EnvFile(path, Exposure.PACKAGE, place=place, stored=False), place.path, around)


def _in_image(path: str, recipe: str, copied: Copied, around: Around) -> EnvFile:
    return _identified(EnvFile(path, Exposure.IMAGE, place=Place(recipe, copied.span), stored=False), recipe, around)


def _identified(found: EnvFile, owner: str, around: Around) -> EnvFile:
    """With the names that it goes by; ``owner`` is the file that lets it through."""
    package = around.package_of(owner)
    root = package.root if package is not None else ""
    return replace(
        found,
        package=root,
        path_class=around.path_class(owner),
        key=f"{root}|env-file|{owner}|{found.exposure}",
        subject=f"env-file|{found.path}",
    )


def _loads(file: FileFacts) -> bool:
    return any(entry.module in _LOADERS for entry in file.imports)


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/") if folder else "/" in path


def _is_env_file(path: str) -> bool:
    # Most paths are none, and the pattern is asked for each.
    return ("env" in path or ".dev.vars" in path) and is_env_file(path)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _above(path: str) -> Iterator[str]:
    folder = _folder(path)
    while folder:
        yield folder
        folder = _folder(folder)
    yield ""
