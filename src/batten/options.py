"""What is asked for on top of the configuration: by a command line, or by an editor's settings."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

from batten.finding import Confidence, Severity

if TYPE_CHECKING:
    from batten.config import Config


class Options(Struct, frozen=True, kw_only=True):
    """What the command line says; None and empty: what the configuration says."""

    paths: tuple[Path, ...] = ()
    config: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_severity: str | None = None
    min_confidence: str | None = None
    fail_on: str | None = None
    strict: bool | None = None
    show_unsure: bool | None = None
    rulepack: tuple[Path, ...] = ()
    own_rules: bool = False
    semgrep: Path | None = None
    semgrep_config: tuple[Path, ...] = ()
    baseline: Path | None = None
    jobs: int | None = None
    cache_dir: Path | None = None
    no_cache: bool = False
    progress: bool = True
    verbose: bool = False
    quiet: bool = False


def apply(options: Options, config: "Config") -> "Config":
    """The configuration with what the command line says on top."""
    changes: dict[str, Any] = {}
    if options.select:
        changes["select"] = _words(options.select)
    if options.ignore:
        changes["ignore"] = (*config.ignore, *_words(options.ignore))
    if options.min_severity:
        changes["min_severity"] = Severity(options.min_severity)
    if options.min_confidence:
        changes["min_confidence"] = Confidence(options.min_confidence)
    if options.fail_on:
        changes["fail_on"] = None if options.fail_on == "never" else Severity(options.fail_on)
    if options.strict is not None:
        changes["strict"] = options.strict
    if options.show_unsure is not None:
        changes["show_unsure"] = options.show_unsure
    if options.rulepack or options.own_rules:
        changes["rulepacks"] = (*(() if options.own_rules else config.rulepacks), *options.rulepack)
    if options.baseline is not None:
        changes["baseline"] = options.baseline
    return structs.replace(config, **changes)


def _words(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())
