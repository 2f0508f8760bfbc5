"""tsconfig.json and jsconfig.json: how specifiers that are not relative are looked up."""

from batten.extract.packages.reading import Settings, folder_of, inside, json_of, strings_of, table_of
from batten.facts.modules import Config, ConfigKind
from batten.regex import regex

_NAME = regex(r"(?:ts|js)config(?:[.-][\w.-]+)?\.json")

_VERBATIM = ("verbatimModuleSyntax", "preserveValueImports")


def reads(path: str, name: str) -> bool:
    """Whether this module reads the file."""
    return name.endswith(".json") and (_NAME.fullmatch(name) is not None or "/tsconfig/" in f"/{path}" or "typescript-config/" in path)


def read(path: str, data: bytes) -> Settings:
    """The settings. Raises Unreadable."""
    whole = json_of(data)
    options = table_of(whole.get("compilerOptions"))
    folder = folder_of(path)
    base_url = options.get("baseUrl")
    base = inside(folder, _own(base_url)) if isinstance(base_url, str) else None
    start = base if base is not None else folder
    aliases = [
        (pattern, target)
        for pattern, targets in table_of(options.get("paths")).items()
        for written in strings_of(targets)
        if (target := inside(start, _own(written))) is not None
    ]
    extends = strings_of(whole.get("extends"))
    verbatim = any(options.get(name) is True for name in _VERBATIM) or options.get("importsNotUsedAsValues") in ("preserve", "error")
    if not (extends or base is not None or aliases or verbatim):
        return Settings()
    return Settings(configs=(Config(path, ConfigKind.TYPESCRIPT, extends, base, tuple(aliases), verbatim=verbatim),))


def _own(written: str) -> str:
    return written.removeprefix("${configDir}").lstrip("/") if written.startswith("${configDir}") else written
