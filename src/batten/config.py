"""Finds and checks the configuration (batten.toml, or [tool.batten] of pyproject.toml); does not know what its words do."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from batten.finding import Confidence, ConfigError, Severity
from batten.regex import regex

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

SCHEMA = Path(__file__).with_name("batten.schema.json")
_LARGEST = 1_000_000


class Acceptance(Struct, frozen=True, forbid_unknown_fields=True):
    """One [[ignores]] table: findings of ``rules`` in files that match ``paths`` (as in .gitignore) are accepted for ``reason``."""

    rules: tuple[str, ...]
    paths: tuple[str, ...]
    reason: str


class Config(Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What the user wants; the defaults are those without any file.

    ``folder`` is where relative paths and patterns start, ``source`` the file it was read from. ``fail_on`` None: findings never
    change the exit code. ``min_severity`` and ``min_confidence`` None: the default gate of ``shows``.
    """

    folder: Path = Path()
    source: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_severity: Severity | None = None
    min_confidence: Confidence | None = None
    fail_on: Severity | None = Severity.HIGH
    strict: bool = False
    exclude: tuple[str, ...] = ()
    rulepacks: tuple[Path, ...] = ()
    baseline: Path | None = None
    data_api_defaults: Literal["auto", "legacy", "revoked"] = "auto"
    show_unsure: bool = False
    vocabulary: dict[str, Any] = {}
    ignores: tuple[Acceptance, ...] = ()

    def shows(self, severity: Severity, confidence: Confidence) -> bool:
        """Whether a finding is shown: critical and high from medium confidence, medium at high confidence, unless told otherwise."""
        floor = self.min_severity or Severity.MEDIUM
        if self.min_severity is None and self.fail_on is not None and self.fail_on.rank > floor.rank:
            floor = self.fail_on  # what fails a run is also shown
        if self.min_confidence is not None:
            needed = self.min_confidence
        elif self.show_unsure:
            needed = Confidence.LOW
        elif self.min_severity is None and severity.rank > Severity.HIGH.rank:
            needed = Confidence.HIGH
        else:
            needed = Confidence.MEDIUM
        return severity.rank <= floor.rank and confidence.rank <= needed.rank

    def fails(self, severity: Severity) -> bool:
        """Whether a shown finding of this severity makes the run fail."""
        return self.fail_on is not None and severity.rank <= self.fail_on.rank


def load(folder: Path, explicit: Path | None = None, top: Path | None = None) -> Config:
    """The configuration in ``explicit``, or else in the nearest file from ``folder`` up to ``top`` (default: only ``folder``).

    In each folder batten.toml goes before pyproject.toml, and a pyproject.toml without [tool.batten] is passed over.
    Raises ConfigError where a file is found but can't be used.
    """
    if explicit is not None:
        found = _read(explicit)
        return _config(explicit, found, inside=None)
    folder, top = folder.resolve(), (top or folder).resolve()
    while True:
        for name in ("batten.toml", "pyproject.toml"):
            path = folder / name
            if path.is_symlink():
                if name == "batten.toml":
                    raise ConfigError(f"{path} is a symbolic link", "put the file itself there, or name it with --config")
                continue
            if path.exists() and (name == "batten.toml" or b"tool.batten" in _peek(path)):
                return _config(path, _read(path), inside=top)
        if folder in {top, folder.parent}:
            return Config(folder=top)
        folder = folder.parent


def _peek(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError:
        return b""


def _read(path: Path) -> str:
    try:
        if not path.is_file():
            raise ConfigError(f"{path} is not a file", "name a TOML file like batten.toml")
        if path.stat().st_size > _LARGEST:
            raise ConfigError(f"{path} is larger than 1 MB", "name a TOML file like batten.toml")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}", "check its permissions, or name another file with --config") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start})", "save the file as UTF-8") from error


def _config(path: Path, text: str, inside: Path | None) -> Config:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        where = f"{path}:{line[1]}" if line else str(path)
        reason = re.sub(r" \(at [^)]*\)$", "", str(error))
        raise ConfigError(f"{where}: this is not valid TOML: {reason}", "see https://toml.io for the syntax") from error
    except RecursionError as error:
        raise ConfigError(f"{path} is nested too deeply", "a configuration needs no more than three levels") from error
    above: tuple[str, ...] = ()
    if path.name == "pyproject.toml":
        above = ("tool", "batten")
        tool = document.get("tool")
        document = tool.get("batten", {}) if isinstance(tool, dict) else {}
    _validate(path, text, document, above)
    if document.get("fail-on") == "never":
        document["fail-on"] = None
    config = msgspec.convert(document, Config, dec_hook=lambda _, value: Path(value))
    folder = path.absolute().parent.resolve()
    if inside is not None:
        for named in [*config.rulepacks, *filter(None, [config.baseline])]:
            _hold_inside(path, folder, named, inside)
    return msgspec.structs.replace(
        config,
        folder=folder,
        source=path,
        rulepacks=tuple(folder / pack for pack in config.rulepacks),
        baseline=folder / config.baseline if config.baseline else None,
    )


def _hold_inside(path: Path, folder: Path, named: Path, top: Path) -> None:
    """A file found in the scanned tree must not send us to read elsewhere: the tree may be hostile."""
    if not (folder / named).resolve().is_relative_to(top.resolve()):
        raise ConfigError(
            f"{path}: '{named}' leads out of {top}",
            "name it on the command line: --rulepack, --baseline, or the whole file with --config",
        )


def _validate(path: Path, text: str, document: Mapping[str, Any], above: tuple[str, ...]) -> None:
    from jsonschema import Draft202012Validator  # 100 ms, and most projects have no file

    schema = json.loads(SCHEMA.read_bytes())
    errors = [_explain(error) for error in Draft202012Validator(schema).iter_errors(document)]
    if not errors:
        return
    placed = sorted((_line(text, (*above, *keys)) or 0, message, advice) for keys, message, advice in errors)
    line, message, advice = placed[0]
    where = f"{path}:{line}" if line else str(path)
    more = f" (and {len(placed) - 1} more)" if len(placed) > 1 else ""
    raise ConfigError(f"{where}: {message}{more}", advice)


def _explain(error: "ValidationError") -> tuple[tuple[str | int, ...], str, str]:
    """The keys that lead to the fault, what is wrong, and what to do."""
    import difflib

    keys = tuple(error.absolute_path)
    instance: Any = error.instance
    name = ".".join(str(key) for key in keys if isinstance(key, str))
    schema: Any = error.schema
    match error.validator:
        case "additionalProperties":
            known = sorted(schema["properties"])
            key = min(set(instance) - set(known))
            near = difflib.get_close_matches(key.lower().replace("_", "-"), known, 1, 0.5)
            advice = f"did you mean '{near[0]}'? " if near else ""
            return (
                (*keys, key),
                f"unknown key '{name + '.' if name else ''}{key}'",
                f"{advice}the keys are {', '.join(known)}",
            )
        case "enum":
            allowed = [str(value) for value in schema["enum"]]
            near = difflib.get_close_matches(str(instance).lower(), allowed, 1, 0.5)
            advice = f"did you mean '{near[0]}'? " if near else ""
            return keys, f"'{name}' can't be {instance!r}", f"{advice}it is one of {', '.join(allowed)}"
        case "type":
            wanted = _TYPES[schema["type"]]
            if keys == ("ignores",):
                wanted = "an array of tables, each begun with [[ignores]]"
            elif keys and isinstance(keys[-1], int):
                wanted = "a list of strings" if name != "ignores" else "an array of tables"
            return keys, f"'{name}' must be {wanted}", f"write for example {_example(name)}"
        case "required":
            missing = min(set(schema["required"]) - set(instance))
            return keys, f"'{name}' lacks '{missing}'", f"add {_example(f'{name}.{missing}')}"
        case _:
            return keys, f"'{name}' must not be empty", f"write for example {_example(name)}"


_TYPES = {"array": "a list of strings", "string": "a string", "boolean": "true or false", "object": "a table"}


def _example(name: str) -> str:
    examples = {
        "select": 'select = ["supabase", "secret-*"]',
        "ignore": 'ignore = ["table-without-rls"]',
        "exclude": 'exclude = ["legacy/"]',
        "rulepacks": 'rulepacks = ["security/pack"]',
        "baseline": 'baseline = "batten-baseline.json"',
        "strict": "strict = true",
        "show-unsure": "show-unsure = true",
        "ignores.rules": 'rules = ["table-without-rls"]',
        "ignores.paths": 'paths = ["supabase/migrations/"]',
        "ignores.reason": 'reason = "a public lookup table"',
    }
    return examples.get(name, "those of docs/configuration.md")


_HEADER = regex(r"\s*\[(\[?)([^\]]+)\]")
_KEY = regex(r"\s*([\w\"'.-]+)\s*=")


def _line(text: str, keys: tuple[str | int, ...]) -> int | None:
    """The 1-based line of the longest leading part of ``keys`` that stands in the text as a header or a key."""
    counts: dict[str, int] = {}
    table: list[str | int] = []
    found, depth = None, 0
    for number, row in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(row):
            name = header[2].strip()
            table = [*name.split(".")]
            if header[1]:
                counts[name] = counts.get(name, -1) + 1
                table.append(counts[name])
            path = table
        elif key := _KEY.match(row):
            path = [*table, *key[1].replace('"', "").replace("'", "").split(".")]
        else:
            continue
        if len(path) > depth and tuple(path) == keys[: len(path)]:
            found, depth = number, len(path)
    return found
