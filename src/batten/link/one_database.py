"""Env files for tests or for development that lead to the database of the one for production; reads no values but which database they name."""

from collections.abc import Iterable, Iterator

from batten.extract.environment import is_env_file, is_sample
from batten.facts.project import FileFacts
from batten.facts.services import Setting, SettingKind
from batten.regex import regex

_LIVE = regex(r"(?:^|[._-])(?:prod|production|live)(?:[._-]|$)")
_TO_TRY = regex(r"(?:^|[._-])(?:test|tests|testing|dev|develop|development|ci|e2e|integration|preview|staging)(?:[._-]|$)")


def one_database(files: Iterable[FileFacts]) -> Iterator[tuple[FileFacts, Setting]]:
    """One for each of them, at the first variable that says so; the file for production is one of the same folder."""
    live: dict[tuple[str, str], str] = {}
    trying: list[FileFacts] = []
    for file in files:
        folder, _, name = file.path.rpartition("/")
        if "env" not in name or not is_env_file(file.path) or is_sample(file.path) or not any(each.leads_to for each in file.variables):
            continue
        if _TO_TRY.search(name):
            trying.append(file)
        elif _LIVE.search(name):
            for variable in file.variables:
                if variable.leads_to:
                    live.setdefault((folder, variable.leads_to), name)
    for file in trying:
        folder = file.path.rpartition("/")[0]
        shared = next((each for each in file.variables if (folder, each.leads_to) in live), None)
        if shared is not None:
            other = live[folder, shared.leads_to]
            shown = f"`{shared.name}` leads to the database that `{other}` names"
            yield file, Setting(kind=SettingKind.PRODUCTION_DATA, name=shared.name, shown=shown, place=shared.place)
