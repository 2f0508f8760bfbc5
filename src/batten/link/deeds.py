"""What routes are about, by the look of what they do and of the names on the way; knows nothing of who may call them."""

import re

from batten.facts.calls import KEPT_ROWS, Function, Origin, is_callers
from batten.facts.routes import EffectKind, Endpoint
from batten.link import addresses
from batten.link.effects import Reached
from batten.link.rows import singular
from batten.regex import regex

WRITES = frozenset(
    {
        EffectKind.DATABASE_WRITE, EffectKind.DATABASE_DELETE, EffectKind.FILE_WRITE, EffectKind.MAIL, EffectKind.PAYMENT,
        EffectKind.QUEUE, EffectKind.ACCOUNT_CHANGE, EffectKind.COMMAND,
    }
)  # fmt: skip
"""What changes something."""
# So is what a function looks something up by: `completeWithToken` is called here.
_BY_TOKEN = regex(r"(?:With|By)(?:[A-Z][a-z]+)?Token`|_(?:with|by)_(?:[a-z]+_)?token`")
_MANAGES_USERS = regex(
    r"(?:delete_?users?|set_?custom_?user_?claims|update_?user_?by_?id|un?ban_?user|set_?role|remove_?user|impersonate_?user|set_?user_?password)$",
    re.IGNORECASE,
)
_SIGNATURE = regex(
    r"^(?:x-)?(?:\w+-)*(?:webhook-signature|signature(?:-(?:256|sha256|ed25519))?|hmac-sha256|svix-id|hub-signature)$", re.IGNORECASE
)
# Who is best is there to be seen.
_RANKS = regex(r"(?:^|[/_-])(?:leader-?boards?|score-?boards?|high-?scores?|rankings?)(?:$|[/_-])", re.IGNORECASE)
# ``is_setup()``, ``users.count()``, ``User.objects.exists()``, ``getOnboardingStatus()``, ``current_org``; as words apart.
_SET_UP = regex(
    r"(?:^|[._])(?:set_?up|install(?:ed|ation)?|initiali[sz]ed|configured|onboard(?:ing|ed)?|counts?|count_?documents|exists|first|find_one"
    r"|org(?:ani[sz]ation)?|admins?|superuser|owner)(?:$|[._])",
    re.IGNORECASE,
)
_SENT = (Origin.PARAMETER, Origin.PROPERTY, Origin.REQUEST)
_PARAMETER = (":", "{", "[", "<", "(", "*", "$")
_ONLY_COUNTS = regex(r"(?:groupBy|count|countDocuments|count_documents|aggregate|exists|estimatedDocumentCount)$")


def is_housekeeping(effect: Reached, method: str) -> bool:
    """Where nobody outside shapes it, a command is how the answer is made, and what reading writes is what had to be there."""
    on_the_way = effect.kind in (EffectKind.DATABASE_WRITE, EffectKind.FILE_WRITE) and method in ("GET", "HEAD")
    return effect.kind is EffectKind.COMMAND or on_the_way


def is_by_token(reached: tuple[Reached, ...]) -> bool:
    """All that it changes, or all that it reads, is looked up by a token that the caller has."""
    about = [effect for effect in reached if effect.kind in WRITES] or reached
    return bool(about) and all(any(_BY_TOKEN.search(step.note) for step in effect.trail) for effect in about)


_KEPT_ROWS = KEPT_ROWS.replace("#", ".")
_ADDS = regex(r"(?:^|[.#])(?:insert|insert_?one|create|add|save|commit)$", re.IGNORECASE)
# What a visitor leaves besides a row: a message, and what is attached to it.
_LEFT = frozenset({EffectKind.MAIL, EffectKind.FILE_WRITE})
_REGISTERS = regex(r"regist|sign_?up|create_?(?:user|account)", re.IGNORECASE)


def takes_in(path: str, reached: tuple[Reached, ...]) -> bool:
    """The form of a visitor: it adds a row, or only tells somebody, and does nothing else but look up whose form it is."""
    kept = [effect for effect in reached if effect.kind is EffectKind.DATABASE_WRITE]
    by_name = addresses.is_intake(path)
    done = (effect for effect in reached if effect.kind is not EffectKind.DATABASE_READ or names_private(effect.detail or "user"))
    others = {effect.kind for effect in done} - {EffectKind.DATABASE_WRITE, EffectKind.ADMIN_CLIENT, EffectKind.OUTGOING_REQUEST}
    if any(effect.callee.startswith(_KEPT_ROWS) for effect in kept):
        others -= {EffectKind.FILE_READ, EffectKind.FILE_WRITE}  # that is where the row is added
    return (
        (bool(kept) or (by_name and bool(others & _LEFT)))
        and others <= (_LEFT if by_name else {EffectKind.MAIL})
        and all(effect.message or _ADDS.search(effect.callee) for effect in kept)
        and (by_name or all(effect.message or addresses.is_intake(effect.detail or "") for effect in kept))
    )


def shows_what_is_shared(reached: tuple[Reached, ...]) -> bool:
    """All that it reads is for whoever asks, and the files that such rows name."""
    rows = [effect for effect in reached if effect.kind is not EffectKind.FILE_READ]
    return bool(rows) and all(effect.kind is EffectKind.DATABASE_READ and effect.for_all for effect in rows)


def registers(endpoint: Endpoint, path: str, reached: tuple[Reached, ...]) -> bool:
    """``POST /users`` is how many apps name their registration: then something on the way is called so."""
    if not re.search(r"(?:^|/)(?:users?|accounts?)/?$", path):
        return False
    notes = (step.note for effect in reached for step in effect.trail)
    return _REGISTERS.search(endpoint.handler) is not None or any(_REGISTERS.search(note) for note in notes)


def looks_for_signature(handler: Function) -> bool:
    """It reads the header that another service signs its events in, whatever it does with that: ``headers.get("x-hub-signature-256")``."""
    asked = (call for call in handler.calls if call.callee.endswith((".get", ".header")) and call.arguments)
    return any(_SIGNATURE.search(call.arguments[0].text or "") for call in asked)


def asks_whether_set_up(handler: Function) -> bool:
    """It leaves by what the app holds already: that it is set up, or that there are accounts, whatever the caller sends."""
    names = (name for guard in handler.guards for name in guard.names if not is_callers(name))
    return any(_SET_UP.search(addresses.CAMEL.sub("_", name.rpartition("#")[2])) and not _asks_for_sent(handler, name) for name in names)


def _asks_for_sent(handler: Function, name: str) -> bool:
    """It looks for what the caller names: whether there is an account of that address is no word on the app."""
    starts = {call.span.start for call in handler.calls if call.callee == name}
    steps = (call for call in handler.calls if call.span.start in starts)
    return any(
        source.origin in _SENT or "#request." in source.text for call in steps for argument in call.arguments for source in argument.sources
    )


def manages_users(effect: Reached) -> bool:
    """It removes, bans or promotes the accounts of others."""
    return effect.kind is EffectKind.ACCOUNT_CHANGE and _MANAGES_USERS.search(effect.callee) is not None


def reveals_rows(effect: Reached, path: str) -> bool:
    """It answers with rows that are not made to be seen by all, as far as the request for them and the address say."""
    return not (effect.for_all or _ONLY_COUNTS.search(effect.callee) or _RANKS.search(path))


# The session of an ORM is no data.
_OF_LIBRARY = regex(r"(?:^|[.#])(?:async_?)?(?:scoped_?)?session(?:_?(?:local|maker|factory))?(?=[.#])", re.IGNORECASE)


def is_private(effect: Reached, path: str) -> bool:
    """What it reads is somebody's own, by the names of the data and of the route."""
    if not reveals_rows(effect, path):
        return False
    about = effect.detail or _OF_LIBRARY.sub("", effect.rows or effect.callee).rpartition("#")[2]
    return names_private(about) or addresses.PRIVATE.search(_of_rows(path, effect)) is not None


def names_private(model: str) -> bool:
    """Rows of such a name are somebody's own."""
    return addresses.PRIVATE.search(addresses.CAMEL.sub("_", model)) is not None


def _of_rows(path: str, effect: Reached) -> str:
    """An address from where it names the rows that are read: ``/users/cities`` is about cities, ``/users/:id/cities`` about those of somebody."""
    models = {singular(name) for name in (effect.detail, *effect.callee.split(".")[-2:-1]) if name}
    steps = path.split("/")
    rows = next((n for n, step in enumerate(steps) if step and singular(step) in models), None)
    if rows is None or any(step[:1] in _PARAMETER for step in steps[:rows]):
        return path
    return "/".join(("", *steps[rows:]))
