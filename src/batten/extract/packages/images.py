"""What recipes of images and compose files give away: secrets that stay in layers, rights over the host, root, and versions that move.

https://docs.docker.com/build/building/secrets/ https://docs.docker.com/engine/security/#docker-daemon-attack-surface
"""

import re
from collections.abc import Iterator

from batten.extract.containers.compose import is_compose
from batten.extract.containers.recipe import Instruction, Stage, is_recipe, shipped, stages
from batten.extract.containers.settings import image_name
from batten.extract.containers.stages import deployed, kept_running
from batten.extract.packages.reading import Settings
from batten.facts.secret_names import harmless_name, public_prefix, secret_name
from batten.facts.services import Setting, SettingKind
from batten.parse.documents import Entry, Listing, Scalar, Table, Value, read_yaml
from batten.regex import regex
from batten.text import Place, Span

_ARGUMENT = regex(r"(?P<name>[A-Za-z_]\w*)(?:=(?P<default>\S*))?")
_SECRET = regex(r"(?:^|_)(?:TOKEN|PAT|SECRET|PASSWORD|PASSWD|CREDENTIALS|API_KEY|AUTH_KEY|PRIVATE_KEY|LICENSE_KEY)$", re.IGNORECASE)
# Files that are made of nothing but what opens something.
_CREDENTIAL_FILE = regex(
    r"(?:\S*/)?(?:\.netrc|\.git-credentials|\.pypirc|id_rsa|id_ed25519|id_ecdsa|\.aws/credentials|service[-_]?account[\w.-]*\.json|[\w.-]+-firebase-adminsdk-[\w-]+\.json)",
    re.IGNORECASE,
)
_ROOT = regex(r"(?:root|0)(?::.*)?")
# Official images whose programs run as root where nothing else is said.
_OF_ROOT = frozenset(
    (
        "node",
        "python",
        "golang",
        "ruby",
        "php",
        "openjdk",
        "eclipse-temurin",
        "amazoncorretto",
        "rust",
        "perl",
        "elixir",
        "swift",
        "ubuntu",
        "debian",
        "alpine",
        "fedora",
        "oven/bun",
    )
)
_SOCKET = regex(r"(?:/var)?/run/docker\.sock")
# They are for administrators, and no use without the socket; or hand on a small part of it.
_FOR_THE_SOCKET = regex(
    r"(?:.*/)?(?:portainer(?:-ce|-ee)?|agent|watchtower|traefik|dozzle|autoheal|docker-gen|nginx-proxy|acme-companion|cadvisor|promtail|alloy|telegraf|vector|diun|homepage|dockge|yacht|ofelia|swarmpit|caddy-docker-proxy)"
)
_PROXY = regex(r"(?:.*/)?(?:docker-)?socket-proxy")
_MOST = 100


def reads(path: str, name: str) -> bool:  # noqa: ARG001 - as of all readers
    """Whether the file is one of these."""
    return is_recipe(name) or is_compose(name)


def read(path: str, data: bytes) -> Settings:
    """What the file gives away."""
    found = _of_compose(path, data) if is_compose(path.rpartition("/")[2]) else _of_recipe(path, data)
    return Settings(settings=tuple(setting for setting, _ in zip(found, range(_MOST), strict=False)))


def _of_recipe(path: str, data: bytes) -> Iterator[Setting]:
    every = stages(data)
    kept = shipped(every)
    for number, stage in enumerate(kept):
        later = [each for below in kept[number + 1 :] for each in below.instructions]
        for at, each in enumerate(stage.instructions):
            if each.word == "ARG":
                yield from _argument(path, each, stage.instructions[at + 1 :], later)
            elif each.word in ("COPY", "ADD") and "--from=" not in each.rest:
                yield from _copied(path, each)
    if kept:
        yield from _moving(path, kept[0])
        yield from _as_root(path, kept)


def _argument(path: str, given: Instruction, after: tuple[Instruction, ...], later: list[Instruction]) -> Iterator[Setting]:
    """A secret among the arguments of a build, at what it is used for; one with a value of its own says nothing of what is given."""
    found = _ARGUMENT.match(given.rest)
    name = found["name"] if found is not None else ""
    if found is None or public_prefix(name) or harmless_name(name) or not (secret_name(name) or _SECRET.search(name)):
        return
    if found["default"] not in (None, "", '""', "''"):
        return
    used = re.compile(r"\$\{?" + name + r"\b")
    kept = next((each for each in (*after, *later) if each.word == "ENV" and used.search(each.rest)), None)
    ran = next((each for each in after if each.word == "RUN" and used.search(each.rest)), None)
    if kept is not None:
        shown = f"`{name}` is kept in the environment of the image"
    else:
        shown = f"`{name}` is an argument of the build, which the history of the image shows"
    span = (kept or ran or given).span
    yield Setting(SettingKind.BUILD_SECRET, name, shown=shown, place=Place(path, span), narrow=found["default"] is not None)


def _copied(path: str, each: Instruction) -> Iterator[Setting]:
    words = [word for word in each.rest.split() if not word.startswith("--")]
    for word in words[:-1]:
        source = word.strip("[]\",'")
        if _CREDENTIAL_FILE.fullmatch(source):
            yield Setting(
                SettingKind.BUILD_SECRET, source, shown=f"`{source}` is copied into a layer of the image", place=Place(path, each.span)
            )


def _moving(path: str, first: Stage) -> Iterator[Setting]:
    """An image that is another one tomorrow."""
    name, tag = image_name(first.base)
    if name in ("", "scratch") or "$" in first.base or "@" in first.base:
        return
    if tag in ("", "latest"):
        shown = f"the image `{name}` is whichever version is the latest when it is built"
        yield Setting(SettingKind.FLOATING_IMAGE, name, shown=shown, place=Place(path, first.span))


def _as_root(path: str, kept: list[Stage]) -> Iterator[Setting]:
    """A server that runs as root: nothing says otherwise, and its image has no user of its own."""
    last = kept[-1]
    users = [each for stage in kept for each in stage.of("USER")]
    starts = next((each for stage in reversed(kept) for each in stage.of("CMD", "ENTRYPOINT")), None)
    serves = any(True for stage in kept for _ in stage.of("EXPOSE"))
    if starts is None or not serves:
        return
    if users and not _ROOT.fullmatch(users[-1].rest.strip("\"'")):
        return
    if users or image_name(kept[0].base)[0].removeprefix("library/") in _OF_ROOT:
        if any(word in starts.rest for word in ("gosu", "su-exec", "setpriv", "entrypoint")):
            return  # a script that may step down
        yield Setting(
            SettingKind.ROOT_USER,
            "USER",
            shown="what the image runs has the rights of root",
            place=Place(path, (users[-1] if users else last).span),
        )


def _of_compose(path: str, data: bytes) -> Iterator[Setting]:
    whole = read_yaml(data).table
    services = whole.get("services") if whole is not None else None
    entries = [entry for entry in services.entries[:_MOST] if isinstance(entry.value, Table)] if isinstance(services, Table) else []
    tables = [entry.value for entry in entries if isinstance(entry.value, Table)]
    for_more = deployed(path, tables)
    for entry, table in zip(entries, tables, strict=True):
        yield from _service(path, entry, table, kept_running(table, for_more))


def _service(path: str, entry: Entry, service: Table, for_more: bool | None) -> Iterator[Setting]:
    image = service.get("image")
    name = image_name(image.text)[0] if isinstance(image, Scalar) else ""
    socket = next((span for text, span in _volumes(service.get("volumes")) if _SOCKET.fullmatch(text)), None)
    if socket is not None and not _PROXY.fullmatch(name):
        yield Setting(
            SettingKind.HOST_CONTROL,
            f"{entry.key}|socket",
            shown=f"the service {entry.key!r} is given the socket of Docker: whoever takes it over is root on the host",
            place=Place(path, socket),
            deployed=for_more,
            narrow=_FOR_THE_SOCKET.fullmatch(name) is not None,
        )
    privileged = service.entry("privileged")
    if privileged is not None and isinstance(privileged.value, Scalar) and privileged.value.text == "true":
        yield Setting(
            SettingKind.HOST_RIGHTS,
            f"{entry.key}|privileged",
            shown=f"the service {entry.key!r} is privileged: its container keeps nobody from the host",
            place=Place(path, privileged.place),
            deployed=for_more,
        )


def _volumes(value: Value | None) -> Iterator[tuple[str, Span]]:
    for item in value.items[:_MOST] if isinstance(value, Listing) else ():
        source = item.get("source") if isinstance(item, Table) else item
        if isinstance(source, Scalar):
            yield source.text.partition(":")[0], source.span
