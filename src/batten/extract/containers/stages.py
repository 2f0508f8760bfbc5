"""Whether a compose file is for more than machines of developers: by its name, and by what its services say of themselves."""

from collections.abc import Iterator

from batten.extract.containers.settings import filled
from batten.parse.documents import Listing, Scalar, Table, Value
from batten.regex import regex

_FOR_DEVELOPMENT = regex(r"(?i)(?:^|[._/-])(?:dev|devel|development|devcontainer|local|override|test|tests|testing|ci|e2e)(?:[._/-]|$)")
_FOR_MORE = regex(r"(?i)(?:^|[._/-])(?:prod|production|deploy|deployment|staging|live)(?:[._/-]|$)")
_STAGE = regex(r"(?:^|_)(?:NODE_ENV|APP_ENV|FLASK_ENV|DJANGO_ENV|RAILS_ENV|ENVIRONMENT|ENV|STAGE)$")
_STAGE_OF_DEVELOPMENT = regex(r"(?i)dev(?:elop(?:ment)?)?|local(?:host)?|test(?:ing)?|ci")
_STAGE_OF_MORE = regex(r"(?i)prod(?:uction)?|live|staging")
_WATCHES = regex(
    r"--reload\b|\bnodemon\b|\b(?:npm|pnpm|yarn|bun)\s(?:run\s)?dev\b|\bmanage\.py\srunserver\b|\bnext\sdev\b|\bflask\s[^\n]{0,80}--debug\b"
)
_SOURCE_MOUNT = regex(r"\.{1,2}(?:/[\w.-]+){0,3}/?:/(?!docker-entrypoint|etc|var|data)")
_PROFILE = regex(r"(?i)dev|local|test|debug|tool|admin|\bci\b")
_KEPT_RUNNING = frozenset(("always", "unless-stopped"))


def deployed(path: str, services: list[Table]) -> bool | None:
    """What a whole file says; None where it says nothing."""
    folder, _, name = path.rpartition("/")
    for part in (name, folder.rpartition("/")[2]):
        if _FOR_MORE.search(part):
            return True
        if _FOR_DEVELOPMENT.search(part):
            return False
    stages = {stage for service in services for stage in _stages(service.get("environment"))}
    if False in stages or any(_works_on_source(service) for service in services):
        return False
    return True if True in stages or any(service.get("build") is not None for service in services) else None


def kept_running(service: Table, for_more: bool | None) -> bool | None:
    """The same of one service, which may be kept running, or only be started by those who ask for it."""
    profiles = _texts(service.get("profiles"))
    if profiles and all(_PROFILE.search(profile) for profile in profiles):
        return False
    restart = service.get("restart")
    is_kept = isinstance(restart, Scalar) and restart.text in _KEPT_RUNNING
    return True if for_more is None and is_kept else for_more


def _stages(environment: Value | None) -> Iterator[bool]:
    pairs = [(text.partition("=")[0], text.partition("=")[2]) for text in _texts(environment)]
    if isinstance(environment, Table):
        pairs = [(entry.key, entry.value.text) for entry in environment.entries if isinstance(entry.value, Scalar)]
    for name, value in pairs:
        stage = filled(value) if _STAGE.search(name) else None
        if stage is not None and _STAGE_OF_MORE.fullmatch(stage.strip()):
            yield True
        elif stage is not None and _STAGE_OF_DEVELOPMENT.fullmatch(stage.strip()):
            yield False


def _works_on_source(service: Table) -> bool:
    """It runs what is being written: it watches files, or mounts the source over that of its image."""
    if _WATCHES.search(" ".join((*_texts(service.get("entrypoint")), *_texts(service.get("command"))))):
        return True
    return service.get("build") is not None and any(_SOURCE_MOUNT.match(text) for text in _texts(service.get("volumes")))


def _texts(value: Value | None) -> tuple[str, ...]:
    if isinstance(value, Scalar):
        return (value.text,)
    return tuple(item.text for item in value.items if isinstance(item, Scalar)) if isinstance(value, Listing) else ()
