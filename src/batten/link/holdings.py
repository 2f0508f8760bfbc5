"""What rows hold and whose they are, by the columns of their tables and of the models that code declares; knows no route and no function."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from batten.facts.calls import KEPT_ROWS
from batten.facts.project import FileFacts
from batten.facts.schema import Table
from batten.link.callgraph import Code
from batten.link.model_columns import ModelColumn, ModelColumns
from batten.link.rows import USERS, singular
from batten.link.schema.private_names import CONTACT, CREDENTIALS, FINANCE, HEALTH, IDENTITY, names_content, names_people, text_kind, words
from batten.link.schema.sensitivity import OWNERS, TENANTS
from batten.regex import regex

# Accounts of a provider of logins are often known by their address alone; that of an author is shown, and to that of a customer somebody writes.
_BY_ADDRESS = ("user_email", "owner_email", "account_email")
_OWNING = frozenset("".join(words(name)) for name in (*OWNERS, *TENANTS, *_BY_ADDRESS))
# As models of objects have it: ``note.user``, ``order.customer``.
_OWNING_OBJECTS = frozenset(("user", "owner", "customer", "member", "student", "patient", "employee", "account", "profile", "client"))
_ACCOUNTS = regex(
    rf"(?:^|[.#])(?:\w*users?|(?:{'|'.join(sorted(USERS))})s?|accounts?|(?:user_?)?profiles?|AUTH_USER_MODEL|get_user_model)(?:\.\w+)?$",
    re.IGNORECASE,
)
# Who wrote it, or is to see to it, says whose it is, and not that nobody else is to see it.
_AUTHORS = frozenset(
    ("author", "creator", "created", "posted", "published", "uploaded", "uploader", "seller", "vendor", "organizer", "host", "instructor", "teacher", "artist", "chef", "recruiter",
     "waiter", "driver", "assigned", "assignee", "approver", "approved", "reviewer", "reviewed", "manager", "handler", "staff", "operator", "agent", "updated", "verified", "modified", "modifier",
     "edited", "editor", "moderated", "moderator")
)  # fmt: skip
# What people say to each other where all can read it.
_SOCIAL = regex(
    r"(?:comment|like|rating|answer|question|replie|reply|follow|follower|vote|thread|topic|reaction|favou?rite|score|badge|recipe|photo|image|video|song|quiz|deal|ad|serie|sery|movie|movy|book|album|episode|chapter|story|playlist|podcast|channel|game)$"
)
# Who can be found in a directory: how to reach them is no secret, and who runs their page says nothing of who may see it.
_LISTED = regex(
    r"(?:organi[sz]ation|compan(?:y|ie)|business|hospital|clinic|school|universit(?:y|ie)|hotel|restaurant|pharmac(?:y|ie)|doctor|lawyer|provider|therapist|trainer|tutor|"
    r"charit(?:y|ie)|ngo|club|church|gym|salon|garage|supplier|manufacturer|publisher|office|bank|station|center|centre|facilit(?:y|ie)|team|place|venue|tour|excursion|villa)$"
)
# What is on offer: at a price, or as long as there is some of it.
_OFFERED = regex(
    r"(?:(?:unit|base|sale|selling|retail|regular|ticket|discount(?:ed)?)_?)?(?:price|fare)(?:_?(?:per|in)_?\w+|_?cents)?|(?:in_?|total_?|count_?in_?)?stock(?:_?(?:quantity|count|level))?|sku"
    r"|discount(?:_?(?:percent(?:age)?|value|amount|type))?|(?:total|available)_?(?:seats|copies|rooms|units)|(?:max_?)?(?:capacity|occupancy)|(?:nightly|daily|hourly)_?rate",
    re.IGNORECASE,
)
_RANKS = regex(r"(?:user_?)?(?:roles?|rol)(?:_?id)?|is_?admin|is_?staff|is_?superuser", re.IGNORECASE)
_PUT = "0.data."
_ALWAYS_PRIVATE = frozenset((CREDENTIALS, IDENTITY, HEALTH, FINANCE))


class Holding(NamedTuple):
    """What the columns of a model's rows say: ``private``, that these are nobody's business but that of whom they are about; ``owners`` are those that say whose.

    ``personal``: what belongs to one account, and is not made to be seen by all. ``part_of``: the models that the rows of one without an owner lead to.
    ``offered``: they have a price, or a number of which there are only so many. ``ranked``: a column says what somebody may do.
    """

    private: bool
    owners: tuple[str, ...]
    personal: bool
    part_of: tuple[str, ...] = ()
    offered: bool = False
    ranked: bool = False


class Holdings:
    """Answers what the rows of a model hold. ``tables`` are those of the app's databases."""

    def __init__(self, code: Code, files: Sequence[FileFacts], tables: Iterable[Table]) -> None:
        self._code = code
        self._columns = ModelColumns(code)
        self._tables: dict[tuple[str, str], Holding] = {}
        self._kept: dict[str, Holding] = {}
        for table in tables:
            name = table.name.rpartition(".")[2]
            kinds = {column.sensitive for column in table.columns if column.sensitive is not None}
            leads = tuple(column.references for column in table.columns if column.references is not None)
            names = [column.name for column in table.columns]
            self._tables.setdefault((table.package, singular(name)), _holding(name, kinds, table.owner_columns, leads, names))
        kept: dict[str, set[str]] = {}
        for _, added in code.memo.said("columns of rows that are kept", files, _columns_kept):
            for row, column in added:
                kept.setdefault(singular(row), set()).add(column)
        for name, columns in kept.items():
            self._kept[name] = _of_columns(name, tuple(ModelColumn(column) for column in sorted(columns)))
        self._prisma = self._of_prisma([found for _, found in code.memo.said("members of models", files, members_of)])

    def of(self, package: str, path: str, named: str) -> Holding | None:
        """What the rows hold that a request of a file is about: by the qualified name of a model, or the bare one of a table; None where nothing is known."""
        home = self._code.home(path, named) if "#" in named else None
        columns = self._columns.of(home) if home is not None else self._columns.of_table(path, named)
        model = model_called(named)
        if columns:
            held: Holding = self._code.memo.once(("holding", *(home or (path, named)), model), _of_columns, model, columns, given=columns)
            return held
        return self.called(package, model)

    def called(self, package: str, name: str) -> Holding | None:
        """The same for what a database of the package, or of one around it, calls a table, or a client a model."""
        around = ("", package, *(package[:at] for at, char in enumerate(package) if char == "/"))
        found = (self._tables.get((each, singular(name))) for each in around)
        held = next((each for each in found if each is not None), None)
        model = self._prisma.get(name.lower()) or self._kept.get(singular(name))
        # The relations of a model say whose a row is where the columns of its table do not.
        return model if held is None or (not held.owners and name.lower() in self._led) else held

    def _of_prisma(self, declared: Iterable[tuple[tuple[str, str, str], ...]]) -> dict[str, Holding]:
        """The models of a client by its keys: their tables may be called otherwise."""
        every = [member for members in declared for member in members]
        models = {model for model, _, _ in every}  # what is of no model is text, a number, one of a list
        found: dict[str, list[ModelColumn]] = {}
        for model, field, type_ in every:
            found.setdefault(model, []).append(ModelColumn(field, type_ if type_.rstrip("?") in models else None))
        profiles = {model for model, columns in found.items() if model.lower() in _OWNING_OBJECTS and any(map(leads_to_account, columns))}
        self._led = {model.lower() for model, columns in found.items() if any(each.leads_to in profiles for each in columns)}
        return {model.lower(): _of_columns(model, tuple(columns)) for model, columns in found.items()}


def model_called(named: str) -> str:
    """A model as people call it, by its qualified name; what a module exports as a whole goes by the module's."""
    module, _, steps = named.rpartition("#")
    return module.rpartition("/")[2].partition(".")[0] if steps == "default" else steps.rpartition(".")[2]


def members_of(file: FileFacts) -> tuple[tuple[str, str, str], ...]:
    """The models that a file declares for a client: each field with its model and type."""
    return file.source.members if file.source is not None else ()


def _columns_kept(file: FileFacts) -> tuple[tuple[str, str], ...]:
    """What a file puts into rows that no database holds: the table, and the column."""
    return tuple(
        (call.callee.split(".")[-2], argument.slot.removeprefix(_PUT))
        for function in file.functions
        for call in function.calls
        if call.callee.startswith(KEPT_ROWS)
        for argument in call.arguments
        if argument.slot.startswith(_PUT)
    )


def is_shown(name: str) -> bool:
    """Rows of a model of this name are made to be seen by others than those whose they are."""
    row = singular(name)
    return names_content(name) or _LISTED.search(row) is not None or _SOCIAL.search(row) is not None


def names_author(name: str) -> bool:
    """A column, by its name as it is written, says who made a row, or is to see to it."""
    return not _AUTHORS.isdisjoint(words(re.split(r"[.#@]|__", name)[-1]))


def is_account(name: str) -> bool:
    """Rows of a model of this name are the accounts of the app."""
    return _ACCOUNTS.search(name) is not None


def leads_to_account(column: ModelColumn) -> bool:
    """It is a key to the accounts of the app."""
    return column.leads_to is not None and _ACCOUNTS.search(column.leads_to) is not None


def _of_columns(name: str, columns: tuple[ModelColumn, ...]) -> Holding:
    kinds = {kind for column in columns if (kind := text_kind(words(column.name))) is not None}
    owners = tuple(
        column.name
        for column in columns
        if "".join(words(column.name)) in _OWNING or column.name in _OWNING_OBJECTS or leads_to_account(column)
    )
    leads = tuple(column.leads_to.removesuffix(".id") for column in columns if column.leads_to is not None)
    return _holding(name, kinds, owners, leads, [column.name for column in columns])


def _holding(name: str, kinds: Iterable[str], owners: tuple[str, ...], leads: tuple[str, ...], names: Sequence[str]) -> Holding:
    shown = names_content(name) or _LISTED.search(singular(name)) is not None
    found = {*kinds} - ({IDENTITY} if shown else set())
    private = bool(found & _ALWAYS_PRIVATE) or (CONTACT in found and not shown and (names_people(name) or bool(owners)))
    personal = not is_shown(name) and any(_AUTHORS.isdisjoint(words(owner)) for owner in owners)
    # What is part of several things is between them, and nobody's by one of them alone.
    wholes = {singular(each.rpartition("#")[2]) for each in leads} - {singular(name)} if not owners else set()
    offered, ranked = (any(pattern.fullmatch(each) for each in names) for pattern in (_OFFERED, _RANKS))
    return Holding(private, owners, personal, tuple(wholes) if len(wholes) == 1 else (), offered, ranked)
