"""Where and with what a command or an editor works: root, configuration and rules; scans nothing."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct, structs

from batten.config import Config, load
from batten.discover import locate
from batten.discover.commits import Commits
from batten.finding import UsageError
from batten.options import Options, apply
from batten.rules import semgrep
from batten.rules.registry import RuleSet
from batten.rules.registry import load as load_rules

_FILES = ("batten.toml", "pyproject.toml")


class Setting(Struct, frozen=True):
    """``rules`` are those chosen, ``known`` the ids of all there are. ``cache`` is where runs remember, None where they do not."""

    root: Path
    config: Config
    rules: RuleSet
    known: frozenset[str]
    cache: Path | None = None


def settle_at(options: Options, commits: Commits, name: str, start: str) -> Setting:
    """The same as a commit has it: what a change says about itself does not count. Raises BattenError.

    The files of settings and packs of the commit are laid out in a temporary folder for as long as they are read.
    """
    if options.config is not None:
        return settle(options)
    files = {path: blob for path, blob in commits.tree(name).items() if blob.is_plain}
    with TemporaryDirectory() as folder:
        top = Path(folder).resolve()
        lay_out(top, commits.texts(files, [path for path in files if path.rpartition("/")[2] in _FILES]))
        config = load(top / start, top=top)
        named = [path.relative_to(top).as_posix() for path in config.rulepacks if path.is_relative_to(top)]
        lay_out(top, commits.texts(files, [path for path in files if any(path == each or path.startswith(f"{each}/") for each in named)]))
        theirs = () if options.own_rules else config.rulepacks
        every = load_rules((*theirs, *options.rulepack), with_plugins=not options.own_rules)
        here = commits.where.top / config.folder.relative_to(top)
        config = apply(options, structs.replace(config, folder=here, baseline=None))
    known, cache = frozenset(page.id for page in every.pages), _cache(options, commits.where.top)
    return Setting(commits.where.top, config, every.select(config.select, config.ignore), known, cache)


def stated(commits: Commits, name: str | None, start: str) -> Config:
    """What the settings of a commit say (None: of the working tree), with paths from the top of the repository. Raises ConfigError."""
    if name is None:
        return _from_top(load(commits.where.top / start, top=commits.where.top), commits.where.top)
    files = {path: blob for path, blob in commits.tree(name).items() if blob.is_plain}
    with TemporaryDirectory() as folder:
        top = Path(folder).resolve()
        lay_out(top, commits.texts(files, [path for path in files if path.rpartition("/")[2] in _FILES]))
        return _from_top(load(top / start, top=top), top)


def _from_top(config: Config, top: Path) -> Config:
    def inside(path: Path) -> Path:
        return path.relative_to(top) if path.is_relative_to(top) else path

    return structs.replace(
        config,
        folder=Path(),
        source=None,
        rulepacks=tuple(inside(path) for path in config.rulepacks),
        baseline=inside(config.baseline) if config.baseline is not None else None,
    )


def lay_out(folder: Path, texts: Mapping[str, bytes]) -> None:
    """Write texts into an empty folder of ours."""
    for path, data in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def settle(options: Options) -> Setting:
    """The root, the configuration with the options on top, and the chosen rules. Raises BattenError."""
    root, start = locate(options.paths or (Path(),))
    config = apply(options, load(start, options.config, top=root))
    every = load_rules(config.rulepacks, with_plugins=not options.own_rules)
    if options.semgrep_config:
        every = every.with_pages([page for folder in options.semgrep_config for page in semgrep.read(folder)])
    known = frozenset(page.id for page in every.pages)
    return Setting(root, config, every.select(config.select, config.ignore), known, _cache(options, root))


def cache_folder(named: Path | None) -> Path:
    """The folder that was named, or the one where this system has such things."""
    if named is not None:
        return named
    from platformdirs import user_cache_path

    return user_cache_path("batten", appauthor=False)


def _cache(options: Options, root: Path) -> Path | None:
    """Where to remember; never inside of what is scanned: whoever wrote that would be believed. Raises UsageError."""
    if options.no_cache:
        return None
    folder = cache_folder(options.cache_dir)
    if not folder.resolve().is_relative_to(root.resolve()):
        return folder
    if options.cache_dir is None:
        return None
    raise UsageError(
        f"the cache can't be in the scanned folder: {folder}", "name another one with --cache-dir or BATTEN_CACHE_DIR, or say --no-cache"
    )
