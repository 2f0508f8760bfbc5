"""pyproject.toml, requirements files, Pipfile, setup.cfg and setup.py: the dependencies of a Python project."""

import re
from collections.abc import Iterable, Iterator

from batten.extract.packages.reading import Settings, folder_of, strings_of, table_of, text_of, toml_of
from batten.facts.services import Package
from batten.regex import regex
from batten.text import Place, Span

FRAMEWORKS = frozenset(
    [
        "fastapi",
        "flask",
        "django",
        "starlette",
        "sanic",
        "aiohttp",
        "tornado",
        "litestar",
        "quart",
        "streamlit",
        "gradio",
        "chainlit",
        "bottle",
        "falcon",
        "robyn",
    ]
)
"""Dependencies that decide how the code of a package meets the world."""

_REQUIREMENTS = regex(r"(?:[\w.-]*requirements[\w.-]*|constraints)\.(?:txt|in)")
_NAME = regex(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?")
_EGG = regex(r"[#&]egg=([\w.-]+)")
_SECTION = regex(r"^\[(?P<section>[^\]\n]+)\]\s*$", re.MULTILINE)
_OPTION = regex(r"^(?P<key>[\w.-]+)\s*[=:][ \t]*(?P<value>[^\n]*+(?:\n[ \t][^\n]*+|\n(?=\n)|(?!))*+)", re.MULTILINE)
_LISTS = regex(r"(?:install_requires|extras_require|requirements?)\s*=\s*(?P<list>[\[{][^\]]{0,20000}\])")
_QUOTED = regex(r"\"([^\"\n]+)\"|'([^'\n]+)'")


def reads(path: str, name: str) -> bool:
    """Whether this module reads the file."""
    if name in ("pyproject.toml", "Pipfile", "setup.cfg", "setup.py"):
        return True
    return _REQUIREMENTS.fullmatch(name) is not None or (name.endswith((".txt", ".in")) and f"/{path}".endswith(f"/requirements/{name}"))


def read(path: str, data: bytes) -> Settings:
    """The project. Raises Unreadable."""
    folder, name = folder_of(path), path.rpartition("/")[2]
    title = ""
    written: list[str]
    match name:
        case "pyproject.toml":
            title, written = _pyproject(toml_of(data))
        case "Pipfile":
            whole = toml_of(data)
            written = [key for kind in ("packages", "dev-packages") for key in table_of(whole.get(kind))]
        case "setup.cfg":
            title, written = _setup_cfg(text_of(data))
        case "setup.py":
            written = [a or b for found in _LISTS.finditer(text_of(data)) for a, b in _QUOTED.findall(found["list"])]
        case _:
            written = list(_lines(text_of(data)))
            folder = folder_of(folder) if folder.rpartition("/")[2] == "requirements" else folder
    dependencies = tuple(sorted(set(_names(written))))
    frameworks = tuple(dependency for dependency in dependencies if dependency in FRAMEWORKS)
    return Settings((Package(folder, "pypi", title, dependencies, frameworks, place=Place(path, Span(0, 0))),))


def _pyproject(whole: dict[str, object]) -> tuple[str, list[str]]:
    project, tool = table_of(whole.get("project")), table_of(whole.get("tool"))
    poetry, pdm, uv = table_of(tool.get("poetry")), table_of(tool.get("pdm")), table_of(tool.get("uv"))
    written = list(strings_of(project.get("dependencies")))
    groups = (project.get("optional-dependencies"), whole.get("dependency-groups"), pdm.get("dev-dependencies"))
    written += [one for group in groups for listed in table_of(group).values() for one in strings_of(listed)]
    written += strings_of(uv.get("dev-dependencies"))
    tables = [poetry.get("dependencies"), poetry.get("dev-dependencies")]
    tables += [table_of(group).get("dependencies") for group in table_of(poetry.get("group")).values()]
    written += [key for table in tables for key in table_of(table) if key != "python"]
    title = project.get("name") or poetry.get("name")
    return title if isinstance(title, str) else "", written


def _setup_cfg(text: str) -> tuple[str, list[str]]:
    title = ""
    written: list[str] = []
    for here in _SECTION.finditer(text):
        after = _SECTION.search(text, here.end())
        body = text[here.end() : after.start() if after else len(text)]
        section = here["section"].strip()
        for option in _OPTION.finditer(body):
            if section == "metadata" and option["key"] == "name":
                title = option["value"].strip()
            elif option["key"] in ("install_requires", "tests_require") or section == "options.extras_require":
                written += option["value"].replace(";", "\n;").splitlines()
    return title, written


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        egg = _EGG.search(line)
        if egg is not None:
            yield egg[1]
        elif not line.lstrip().startswith(("-", "#", ".", "/", "http:", "https:", "git+")):
            yield line


def _names(written: Iterable[str]) -> Iterator[str]:
    """Names as package indexes spell them: lower case, runs of ``-_.`` as one dash."""
    for requirement in written:
        found = _NAME.match(requirement.strip())
        if found is not None:
            yield re.sub(r"[-_.]+", "-", found[0]).lower()
