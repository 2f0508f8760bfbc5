"""Where and with what a command or an editor works: root, configuration and rules; scans nothing."""

from pathlib import Path

from msgspec import Struct

from batten.config import Config, load
from batten.discover import locate
from batten.options import Options, apply
from batten.rules.registry import RuleSet
from batten.rules.registry import load as load_rules


class Setting(Struct, frozen=True):
    """``rules`` are those chosen, ``known`` the ids of all there are."""

    root: Path
    config: Config
    rules: RuleSet
    known: frozenset[str]


def settle(options: Options) -> Setting:
    """The root, the configuration with the options on top, and the chosen rules. Raises BattenError."""
    root, start = locate(options.paths or (Path(),))
    config = apply(options, load(start, options.config, top=root))
    every = load_rules(config.rulepacks)
    return Setting(root, config, every.select(config.select, config.ignore), frozenset(page.id for page in every.pages))
