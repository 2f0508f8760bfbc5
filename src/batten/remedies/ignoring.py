"""Adds rules for env files to ignore files; takes no file out of a repository or an image that it is in already."""

from collections.abc import Iterator

from batten.extract.environment import is_env_file, is_sample
from batten.facts.secrets import EnvFile, Exposure
from batten.finding import Edit, Finding, Fix, Safety, Step
from batten.remedies.app import App, fact
from batten.text import Span

_EXAMPLE = ".env.example"


def ignore_env_files(app: App, finding: Finding) -> Iterator[Fix]:
    """Rules at the end of the nearest ignore file, or in a new one: they win over those before them."""
    file = fact(app.project.env_files, finding)
    if file is None:
        return
    if file.exposure is Exposure.UNIGNORED:
        path = _nearest(app, file.path, ".gitignore") or ".gitignore"
        edit = appended(app, path, _rules(app, file.path))
        yield Fix(f"Keep {_name(file.path)} out of git", Safety.SAFE, (edit,))
    elif file.exposure is Exposure.PACKAGE and _name(file.place.path) == ".npmignore":
        yield Fix(f"Keep {_name(file.path)} out of the package", Safety.SAFE, (appended(app, file.place.path, _rules(app, file.path)),))
    elif file.exposure is Exposure.IMAGE and not _by_name(app, file):
        folder = file.place.path.rpartition("/")[0]
        beside = f"{folder}/.dockerignore" if folder else ".dockerignore"
        path = _nearest(app, file.place.path, ".dockerignore") or beside
        rules = _of_docker(_rules(app, file.path))
        stops = (Step(file.place, f"the image has no {_name(file.path)} from here on: what starts the container passes its values"),)
        yield Fix(f"Keep {_name(file.path)} out of the image", Safety.UNSAFE, (appended(app, path, rules),), stops)


def kept_out(app: App, folder: str) -> tuple[Edit, ...]:
    """What keeps the env file of a folder out of git, and out of the images that are built there."""
    env = f"{folder}/.env" if folder else ".env"
    edits = [appended(app, _nearest(app, env, ".gitignore") or ".gitignore", _rules(app, env))]
    images = sorted(path for path in app.paths if _name(path).startswith("Dockerfile") and path.rpartition("/")[0] in (folder, ""))
    for image in images[:1]:
        beside = image.rpartition("/")[0]
        path = _nearest(app, image, ".dockerignore") or (f"{beside}/.dockerignore" if beside else ".dockerignore")
        edits.append(appended(app, path, _of_docker(_rules(app, env))))
    return tuple(edits)


def appended(app: App, path: str, lines: list[str]) -> Edit:
    """Lines at the end of a file, which may be new, with its line ends."""
    if path not in app.paths:
        return Edit(path, None, "".join(f"{line}\n" for line in lines))
    data = app.text(path)
    ends = "\r\n" if b"\r\n" in data else "\n"
    before = ends if data and not data.endswith(b"\n") else ""
    return Edit(path, Span(len(data), len(data)), before + "".join(f"{line}{ends}" for line in lines))


def _of_docker(rules: list[str]) -> list[str]:
    """Docker's patterns are from the top of the context."""
    return [f"!**/{rule[1:]}" if rule.startswith("!") else f"**/{rule}" for rule in rules]


def _rules(app: App, path: str) -> list[str]:
    """For all files like it; for its name alone, where others may be in the repository on purpose."""
    name = _name(path)
    if not name.startswith(".env") or any(is_env_file(each) and not is_sample(each) and each != path for each in app.paths):
        return [name]
    samples = {_name(each) for each in app.paths if is_env_file(each) and is_sample(each) and _name(each).startswith(".env.")}
    return [".env", ".env.*", *(f"!{sample}" for sample in sorted({_EXAMPLE, *samples}))]


def _nearest(app: App, path: str, name: str) -> str | None:
    """The ignore file that is nearest above a file."""
    there = set(app.paths)
    folder = path.rpartition("/")[0]
    while True:
        found = f"{folder}/{name}" if folder else name
        if found in there:
            return found
        if not folder:
            return None
        folder = folder.rpartition("/")[0]


def _by_name(app: App, file: EnvFile) -> bool:
    """Whether the image is given the env file by its name: without it, nothing is built."""
    span = file.place.span
    return b".env" in app.text(file.place.path)[span.start : span.end]


def _name(path: str) -> str:
    return path.rpartition("/")[2]
