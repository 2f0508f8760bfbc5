"""Servers that scripts and supervisors of processes start: shell, supervisord, systemd; follows no variable and runs nothing.

http://supervisord.org/configuration.html https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html https://docs.docker.com/reference/cli/docker/container/run/
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from batten.extract.containers.commands import commands
from batten.extract.containers.compose import published
from batten.extract.containers.settings import SET, Words, flags, image_name, inside_shells, programs, tokens, variable
from batten.facts.containers import Container, Option, Port
from batten.regex import regex
from batten.text import Place, Span

_SHELL = regex(r".*\.(?:sh|bash)|(?:docker-)?entrypoint")
_SUPERVISED = regex(r".*\.(?:conf|ini|supervisor)|supervisord.*")
_PROGRAM = regex(rb"^\[program:(?P<name>[^\]\n]{1,100})\][^\S\n]*$(?P<body>(?:\n(?!\[)[^\n]*)*)", re.MULTILINE)
_KEY = regex(rb"^(?P<key>command|environment)[^\S\n]*=[^\S\n]*(?P<value>[^\n]*)", re.MULTILINE)
_UNIT = regex(rb"^(?P<key>ExecStart|Environment)[^\S\n]*=[^\S\n]*[-@:+!]*(?P<value>(?:[^\\\n]|\\\r?\n|\\[^\n])*)", re.MULTILINE)
_PAIR = regex(r"(?P<name>[A-Za-z_]\w*)=(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^,\s]*))")
_LINE = regex(rb"^(?:[^\\\n]|\\\r?\n|\\[^\n])+", re.MULTILINE)
# What is added to a unit of somebody else, by a file or by `cat > /etc/systemd/system/ollama.service.d/override.conf <<EOF`.
_DROP_IN = regex(r"(?:^|/)(?P<unit>[\w.@-]{1,60})\.service\.d/[\w.-]+\.conf\b")
_HERE = regex(r"(?:\.|\$\(pwd\)|`pwd`|\$\{?PWD\}?)/(?P<file>[\w./-]{1,200}):")
_HEREDOC = regex(rb"<<-?[\"']?(?P<end>[A-Za-z_]\w*)[\"']?")
# What follows is no command: it is shown, or compared.
_SHOWN = frozenset(
    ("echo", "printf", "cat", "log", "info", "warn", "error", "grep", "command", "which", "type", "man", "apt-get", "apt", "brew")
)
# Flags of `docker run` that are followed by a value.
_VALUED = frozenset(
    (
        "-p", "--publish", "-e", "--env", "--env-file", "-v", "--volume", "--name", "--network", "--net", "--mount", "-w", "--workdir", "-u", "--user", "--add-host",
        "--entrypoint", "--platform", "--pull", "--gpus", "--restart", "-m", "--memory", "--cpus", "--shm-size", "--ipc", "-l", "--label", "-h", "--hostname", "--link",
        "--log-driver", "--log-opt", "--device", "--cap-add", "--cap-drop", "--security-opt", "--ulimit", "--tmpfs", "--expose", "--dns", "--health-cmd", "--runtime",
    )
)  # fmt: skip
_ENGINES = frozenset(("docker", "podman", "nerdctl"))
_MOST = 2_000
_MOST_FOUND = 50


class _Run(NamedTuple):
    """A command as it is started: its words, where it stands, the variables that are set for it, and who starts it."""

    name: str
    words: list[str]
    span: Span
    settings: list[Option]


def may_be(path: str, data: bytes) -> bool:
    """Whether a file starts processes, by its name and words."""
    name = path.rpartition("/")[2]
    if _DROP_IN.search(path) is not None:
        return b"Environment" in data
    if name.endswith(".service"):
        return b"ExecStart" in data
    if _SUPERVISED.fullmatch(name) is not None:
        return b"[program:" in data
    return _SHELL.fullmatch(name) is not None


def read(path: str, data: bytes, words: Words) -> list[Container]:
    """The programs that the vocabulary knows, in their order."""
    name = path.rpartition("/")[2]
    added = _DROP_IN.search(path)
    if added is not None:
        runs, kept = _of_drop_in(added["unit"], data, 0, len(data), words), True
    elif name.endswith(".service"):
        runs, kept = _of_unit(name, data, words), True
    elif b"[program:" in data and _SUPERVISED.fullmatch(name) is not None:
        runs, kept = _of_supervisor(data, words), True
    else:
        runs, kept = _of_shell(data, words), False
    found: dict[str, Container] = {}
    for run in runs:
        each = _started(path, run, words)
        if each is not None and len(found) < _MOST_FOUND and each.name not in found:
            found[each.name] = replace(each, deployed=True if kept else None)
    return list(found.values())


def _started(path: str, run: _Run, words: Words) -> Container | None:
    line = inside_shells(run.words)
    engine = line[0].rpartition("/")[2] if line else ""
    if engine in _ENGINES and line[1:2] == ["run"]:
        return _container(path, run, line[2:], words)
    named = [program for program in _names(line) if words.knows(program)]
    if not named:
        return None
    settings = (*run.settings, *flags(line[1:], run.span, words))
    name = run.name or named[0].partition(":")[2]
    return Container(name=name, place=Place(path, run.span), programs=tuple(named), settings=settings, process=True)


def _names(line: list[str]) -> Iterator[str]:
    """A program by its name, with the first of its words, and by the whole name of a module of Python."""
    for program in programs(line):
        yield program
        given = [word for word in line if "=" not in word]
        after = given[next((at for at, word in enumerate(given) if f"command:{word.rpartition('/')[2]}" == program), len(given)) + 1 :]
        if after and not after[0].startswith("-"):
            yield f"{program}:{after[0]}"
    if "-m" in line[:-1]:
        yield f"command:{line[line.index('-m') + 1]}"


def _container(path: str, run: _Run, line: list[str], words: Words) -> Container | None:
    """What ``docker run`` starts."""
    ports: list[Port] = []
    settings: list[Option] = []
    mounted: list[str] = []
    on_host = more = False
    name, at = "", 0
    while at < len(line) and line[at].startswith("-"):
        flag, equals, value = line[at].partition("=")
        if flag in _VALUED and not equals:
            at += 1
            value = line[at] if at < len(line) else ""
        if flag in ("-p", "--publish") and (port := published(value)) is not None:
            ports.append(Port(*port, Place(path, run.span)))
        elif flag in ("-e", "--env"):
            key, given, text = value.partition("=")
            settings.append(variable(key, text if given else None, run.span, words))
        elif flag in ("--network", "--net"):
            on_host = value == "host"
        elif flag in ("-v", "--volume"):
            mounted += _mounted(path, value)
        elif flag == "--name":
            name = value
        more = more or flag == "--env-file"
        at += 1
    if at >= len(line):
        return None
    image, tag = image_name(line[at])
    command = line[at + 1 :]
    named = [program for program in (f"image:{image}", *programs(command)) if words.knows(program)]
    if not named:
        return None
    settings += flags(command, run.span, words)
    return Container(
        name=name or image,
        place=Place(path, run.span),
        image=image,
        programs=tuple(named),
        settings=(*settings, *((Option("tag", tag, run.span),) if tag else ())),
        ports=tuple(ports),
        mounted=tuple(mounted),
        on_host=on_host,
        more=more,
    )


def _mounted(path: str, volume: str) -> list[str]:
    """A file of the app that a container is given, from the root and from the folder of the script: ``-v $(pwd)/config.yaml:/app/config.yaml``."""
    found = _HERE.match(volume)
    if found is None or ".." in found["file"]:
        return []
    folder = path.rpartition("/")[0]
    return [found["file"], *([f"{folder}/{found['file']}"] if folder else [])]


def _of_supervisor(data: bytes, words: Words) -> Iterator[_Run]:
    for found in _PROGRAM.finditer(data):
        line, span, settings = "", Span(0, 0), []
        for key in _KEY.finditer(data, found.start("body"), found.end()):
            text = key["value"].decode("utf-8", "replace")
            if key["key"] == b"command":
                line, span = text, Span(*key.span("value"))
            else:
                settings = list(_pairs(text, Span(*key.span("value")), words))
        yield _Run(found["name"].decode("utf-8", "replace"), tokens(line), span, settings)


def _of_unit(name: str, data: bytes, words: Words) -> Iterator[_Run]:
    lines = list(_UNIT.finditer(data))
    settings = [
        option
        for line in lines
        if line["key"] == b"Environment"
        for option in _pairs(line["value"].decode("utf-8", "replace").strip().strip("\"'"), Span(*line.span("value")), words)
    ]
    for line in lines:
        if line["key"] == b"ExecStart":
            text = re.sub(r"\\\r?\n", " ", line["value"].decode("utf-8", "replace"))
            yield _Run(name.removesuffix(".service"), tokens(text), Span(*line.span("value")), settings)


def _of_drop_in(unit: str, data: bytes, start: int, end: int, words: Words) -> Iterator[_Run]:
    """What a unit that is set up elsewhere is started with; its program is known by the name of the unit."""
    settings = [
        option
        for line in _UNIT.finditer(data, start, end)
        if line["key"] == b"Environment"
        for option in _pairs(line["value"].decode("utf-8", "replace").strip().strip("\"'"), Span(*line.span("value")), words)
    ]
    asked = [option for option in settings if words.asks_for(option.slot)]
    if asked:
        yield _Run(unit, [unit, "serve"], asked[0].span, [*settings, Option("config-file", SET, asked[0].span)])


def _pairs(text: str, span: Span, words: Words) -> Iterator[Option]:
    for pair in _PAIR.finditer(text):
        yield variable(pair["name"], pair["double"] or pair["single"] or pair["bare"] or "", span, words)


def _of_shell(data: bytes, words: Words) -> Iterator[_Run]:
    exported: list[Option] = []
    at = 0
    for _ in range(_MOST):
        found = _LINE.search(data, at)
        if found is None:
            return
        at = found.end()
        heredoc = _HEREDOC.search(found[0])
        if heredoc is not None:
            end = re.compile(rb"^\s*" + heredoc["end"] + rb"\s*$", re.MULTILINE).search(data, at)
            added = _DROP_IN.search(found[0].decode("utf-8", "replace"))
            if added is not None and end is not None:
                yield from _of_drop_in(added["unit"], data, at, end.start(), words)
            at = end.end() if end is not None else at
        text = re.sub(r"\\\r?\n", " ", found[0].decode("utf-8", "replace")).strip()
        if not text or text.startswith("#"):
            continue
        lead = len(found[0]) - len(found[0].lstrip())
        span = Span(found.start() + lead, found.start() + len(found[0].rstrip()))
        for command in commands(_without_comment(tokens(text))):
            first = next((at for at, word in enumerate(command) if not _PAIR.fullmatch(word) and word != "export"), len(command))
            given = [word.partition("=") for word in command[:first] if word != "export"]
            options = [variable(name, value, span, words) for name, _, value in given]
            bare = command[first:]
            if not bare:
                exported += options
            elif bare[0] not in _SHOWN:
                yield _Run(
                    "", bare[1:] if bare[0] in ("sudo", "exec", "nohup", "then", "do", "else") else bare, span, [*exported, *options]
                )


def _without_comment(line: list[str]) -> list[str]:
    end = next((at for at, word in enumerate(line) if word.startswith("#")), len(line))
    return line[:end]
