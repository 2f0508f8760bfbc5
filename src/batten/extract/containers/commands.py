"""What a command line starts: a server for development, the app's own files, or a script of its package; keeps nothing else of it."""

import re
from collections.abc import Iterable, Iterator

from batten.facts.containers import Launch
from batten.regex import regex

_CHAINS = frozenset(("&&", "||", ";", "|", "&"))
# What stands before the program that is meant.
_WRAPPERS = frozenset(
    (
        "exec",
        "env",
        "sh",
        "bash",
        "ash",
        "/bin/sh",
        "/bin/bash",
        "-c",
        "-lc",
        "tini",
        "dumb-init",
        "--",
        "npx",
        "bunx",
        "nohup",
        "sudo",
        "cross-env",
        "time",
        "--yes",
        "-y",
    )
)
_RUNNERS = {
    "uv": ("run",),
    "poetry": ("run",),
    "pipenv": ("run",),
    "pdm": ("run",),
    "rye": ("run",),
    "pnpm": ("exec", "dlx"),
    "yarn": ("dlx",),
    "bun": ("x",),
}
_PACKAGE_MANAGERS = frozenset(("npm", "pnpm", "yarn", "bun"))
_DEVELOPMENT_SCRIPT = regex(r"(?:dev|develop|watch)(?:[:-].*)?|(?:start|serve|server|api|web)[:-](?:dev|develop|watch|debug)(?:[:-].*)?")
OWN_SCRIPTS = ("start", "serve", "prod", "production", "start:prod", "start:production", "server")
"""Scripts of package.json that start the app itself."""
# Programs that are servers for development by their first word, or by the one that follows.
_ALWAYS = frozenset(("nodemon", "ts-node-dev", "tsnd", "webpack-dev-server", "live-server", "node-dev"))
_WITH = {
    "next": ("dev",), "nuxt": ("dev",), "nuxi": ("dev",), "astro": ("dev",), "remix": ("dev", "vite:dev"), "react-router": ("dev",), "ng": ("serve",),
    "vue-cli-service": ("serve",), "react-scripts": ("start",), "craco": ("start",), "webpack": ("serve",), "gatsby": ("develop",), "svelte-kit": ("dev",),
    "tsx": ("watch",), "fastapi": ("dev",), "wrangler": ("dev",), "netlify": ("dev",), "vercel": ("dev",),
}  # fmt: skip
SCRIPTED = frozenset(("streamlit", "chainlit", "fastmcp"))
"""Servers that are handed a script: ``streamlit run app.py``, ``fastmcp run server.py:mcp``."""
_RELOADS = frozenset(("uvicorn", "gunicorn", "hypercorn", "daphne", "granian", "quart"))
_SOURCE = regex(r"[\w./-]{1,200}\.(?:py|js|mjs|cjs|ts|mts)")
_SCRIPT = regex(r"[\w./-]{1,200}\.py(?::\w{1,60})?")
_MODULE = regex(r"(?P<module>[A-Za-z_][\w.]{0,200}):[A-Za-z_][\w.]*(?:\(\))?")
_MOST = 400


def launch(words: Iterable[str]) -> Launch:
    """What the parts of a command line start."""
    server, debugs = "", False
    files: dict[str, None] = {}
    modules: dict[str, None] = {}
    scripts: dict[str, None] = {}
    folder = ""
    for part in parts(list(words)[:_MOST]):
        if part[0] == "cd" and len(part) > 1:
            folder = "" if part[1].startswith("/") else f"{folder}{part[1].strip('/').removeprefix('./')}/"
        found = _development_server(part)
        server = server or found
        debugs = debugs or _debugs(part)
        files.update(dict.fromkeys(folder + file for file in _files(part)))
        modules.update(dict.fromkeys(folder + file for file in _modules(part)))
        name = _package_script(part)
        if name in OWN_SCRIPTS:
            scripts[name] = None
    return Launch(server=server, debugs=debugs, files=tuple(files), modules=tuple(modules), scripts=tuple(scripts))


def parts(words: list[str]) -> Iterator[list[str]]:
    """The commands of a line, without what goes before the program of each."""
    return (bare for command in commands(words) if (bare := _bare(command)))


def commands(words: list[str]) -> Iterator[list[str]]:
    """The commands of a line as they stand."""
    part: list[str] = []
    for word in [*words, ";"]:
        if word in _CHAINS:
            if part:
                yield part
            part = []
        elif word.endswith(";") and len(word) > 1:
            yield [*part, word[:-1]]
            part = []
        else:
            part.append(word)


def _bare(part: list[str]) -> list[str]:
    while part:
        first = part[0].rpartition("/")[2] if part[0] not in _WRAPPERS else part[0]
        if first in _WRAPPERS or ("=" in part[0] and not part[0].startswith("-")):
            part = part[1:]
        elif (len(part) > 1 and part[1] in _RUNNERS.get(first, ())) or (first.startswith("python") and part[1:2] == ["-m"]):
            part = part[2:]
        else:
            return [first, *part[1:]]
    return []


def _words_after(part: list[str]) -> list[str]:
    return [word for word in part[1:] if not word.startswith("-")]


def _development_server(part: list[str]) -> str:
    """Its name as people write it; "" for none."""
    program, rest = part[0], _words_after(part)
    first = rest[0] if rest else ""
    script = _package_script(part)
    if script and _DEVELOPMENT_SCRIPT.fullmatch(script):
        return f"{program} run {script}"
    if program in _ALWAYS:
        return program
    if program in _RELOADS:
        return f"{program} --reload" if "--reload" in part else ""
    if "manage.py" in (program, first) or program == "django-admin":
        return "manage.py runserver" if "runserver" in rest else ""
    if program == "flask":
        return "flask run" if "run" in rest else ""
    if program == "nest":
        return "nest start --watch" if first == "start" and not {"--watch", "-w", "--debug"}.isdisjoint(part) else ""
    if program in ("node", "bun"):
        return f"{program} --watch" if "--watch" in part[:3] or "--hot" in part[:3] else ""
    if program == "vite":
        return "" if first in ("build", "preview", "optimize") else "vite"
    if program in _WITH and first in _WITH[program]:
        return f"{program} {first}".strip()
    return ""


def _debugs(part: list[str]) -> bool:
    return part[0] == "flask" and "--debug" in part and "--no-debugger" not in part


def _package_script(part: list[str]) -> str:
    """The script of package.json that is run: ``npm start``, ``npm run dev``, ``yarn dev``."""
    if part[0] not in _PACKAGE_MANAGERS:
        return ""
    rest = _words_after(part)
    if rest[:1] in (["run"], ["run-script"]):
        rest = rest[1:]
    elif part[0] == "npm" and rest[:1] not in (["start"], ["test"]):
        return ""
    return rest[0] if rest else ""


def _files(part: list[str]) -> Iterator[str]:
    """The files of the app that are run: ``server.js``."""
    if part[0].startswith("python") or part[0] in ("node", "bun", "tsx", "ts-node", "nodemon", "deno"):
        found = next((word for word in part[1:] if _SOURCE.fullmatch(word)), None)
        if found is not None:
            yield found.removeprefix("./")
    elif part[0] in SCRIPTED and (found := next((word for word in part[2:] if _SCRIPT.fullmatch(word)), None)) is not None:
        yield found.partition(":")[0].removeprefix("./")


def _modules(part: list[str]) -> Iterator[str]:
    """The files of the app that a server loads: ``app/main.py`` for ``app.main:app``."""
    for word in part[1:] if part[0] in (*_RELOADS, "flask", "waitress-serve", "uwsgi") else ():
        module = _MODULE.fullmatch(word)
        if module is not None:
            yield module["module"].replace(".", "/") + ".py"
    if part[0] == "gunicorn":
        for word in _words_after(part):
            if re.fullmatch(r"[A-Za-z_][\w.]*", word):
                yield word.replace(".", "/") + ".py"
