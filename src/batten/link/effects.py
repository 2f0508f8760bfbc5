"""What a function does to the world, directly and through what it calls, and what protects each of these effects."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, cast

from msgspec import structs

from batten.facts.calls import Call, Function, Origin, is_callers
from batten.facts.routes import EffectKind
from batten.facts.vocabulary import Meaning, Vocabulary
from batten.finding import Step
from batten.link.by_place import chain_of
from batten.link.callers_keys import is_callers_key
from batten.link.callgraph import Code, Target
from batten.link.choices import choices, is_of_table
from batten.link.commits import models_kept
from batten.link.data_api import by_helper, plain
from batten.link.guards import Guards, Protection, sounds_like_a_check
from batten.link.guards.bearer import is_by_secret
from batten.link.hosts import FETCHING, KINDS, Hosts, is_request
from batten.link.later import run_later
from batten.link.model_given import rows_named, typed_model
from batten.link.mounted import made_for_agents
from batten.link.owner_filters import asks_for_owner
from batten.link.relays import hands_on
from batten.link.rooms import is_listener, room_of, tell_rooms
from batten.link.row_writes import is_message, is_of_visit
from batten.link.rows import document_of, is_for_all, is_harmless, is_single, is_whole, model_named, queried
from batten.link.slowing import counts_calls
from batten.link.supabase_keys import SupabaseKeys
from batten.link.supplied import meant
from batten.parse.dialects.queries import DELETE, READ, WRITE
from batten.regex import regex
from batten.text import Place

# Six calls lead far enough; a function that stands where it is handed over is hardly one more.
_CALL, _CALLBACK = 8, 1
_DEEPEST = 6 * _CALL + _CALL - 1
# A route that does more than this is not better described by the rest.
_MOST = 40

_SENTENCES = {
    EffectKind.DATABASE_WRITE: "writes to the database here",
    EffectKind.DATABASE_DELETE: "deletes from the database here",
    EffectKind.DATABASE_READ: "reads the database here",
    EffectKind.ADMIN_CLIENT: "uses the admin client here",
    EffectKind.PAID_MODEL_CALL: "calls the paid model here",
    EffectKind.LOCAL_MODEL_CALL: "calls a local model here",
    EffectKind.MAIL: "sends a message here",
    EffectKind.PAYMENT: "moves money here",
    EffectKind.FILE_WRITE: "writes a file here",
    EffectKind.FILE_READ: "reads a file here",
    EffectKind.COMMAND: "runs a command here",
    EffectKind.ACCOUNT_CHANGE: "changes an account here",
    EffectKind.QUEUE: "queues a job here",
    EffectKind.SERVES_TOOLS: "hands the request to a server of tools here",
    EffectKind.OUTGOING_REQUEST: "asks another server here",
}
_REQUESTS = (".get", ".post", ".put", ".patch", ".delete", ".head", ".request", ".send", ".stream")
_SINKS = {"address": EffectKind.OUTGOING_REQUEST}
_DEEDS = {READ: EffectKind.DATABASE_READ, WRITE: EffectKind.DATABASE_WRITE, DELETE: EffectKind.DATABASE_DELETE}
_OF_DATABASES = frozenset({EffectKind.DATABASE_READ, EffectKind.DATABASE_WRITE, EffectKind.DATABASE_DELETE})
_OF_CLIENTS = _OF_DATABASES | {EffectKind.ACCOUNT_CHANGE, EffectKind.FILE_READ, EffectKind.FILE_WRITE}
_PAGE = regex(r"\.(?:html?|css|m?js|svg|png|ico|webmanifest)$")

# https://docs.convex.dev/functions/internal-functions: what nobody outside may call is done for whoever may call this.
_RUNS_MUTATION = "@ctx.runMutation"
_INTERNAL = regex(r"_generated/api#internal\.")


# https://next-auth.js.org/configuration/callbacks
_SIGNS_IN = regex(r"next-auth(?:/next)?\.(?:default|NextAuth)$")


class Reached(NamedTuple):
    """One effect, what protects it on the way, and the way."""

    kind: EffectKind
    place: Place
    callee: str
    detail: str | None
    controlled: bool
    admin: bool
    protection: Protection
    trail: tuple[Step, ...]
    for_all: bool = False
    """It only reads what is marked as public, or what a page about somebody shows."""
    whole: bool = True
    """Nothing says that it is about some rows and not about all."""
    message: bool = False
    """It adds what a stranger wrote into a form, and how to reach them."""
    rows: str | None = None
    """The model or table that a request to a database is about, by its qualified name where it has one in code."""
    of_owner: bool = False
    """It asks for the rows of whom the caller names."""
    single: bool = False
    """It asks for one row that no id chooses."""


class _Way(NamedTuple):
    """A call of one of the app's own functions that a stranger may come to."""

    path: str
    function: Function
    protection: Protection
    controlled: bool
    step: tuple[Step, ...]

    @property
    def cost(self) -> int:
        """What of the depth of a walk it takes to go there."""
        return _CALL if self.step else _CALLBACK

    def reached(self, effects: tuple[Reached, ...]) -> Iterator[Reached]:
        """The effects of the function, as those of its caller; how often somebody asked is nobody's data."""
        counts = any(each.kind in _OF_DATABASES for each in effects) and counts_calls(self.function)
        for inner in effects:
            if not (counts and inner.kind in _OF_DATABASES):
                yield inner._replace(
                    protection=max(self.protection, inner.protection),
                    controlled=inner.controlled and (self.controlled or not self.step),
                    trail=(*self.step, *inner.trail),
                )


_Seen = dict[tuple[str, str, bool], tuple[int, tuple[Reached, ...]]]


# The kind of a row whose argument is a function that the call runs first, and that throws at whom it does not let in.
_ASKED_FIRST = "asked-first"


class Effects:
    """The effects of functions, each computed once.

    ``everybody``: also those that only the known can have, and requests to servers of no special meaning. It leads into more files.
    """

    def __init__(self, code: Code, guards: Guards, vocabulary: Vocabulary, keys: SupabaseKeys, *, everybody: bool = False) -> None:
        self._everybody = everybody
        self._code = code
        self._guards = guards
        self._vocabulary = vocabulary
        self._keys = keys
        self._hosts = Hosts(code, vocabulary)
        self._memo = code.memo
        tell_rooms(code.files.values(), self._memo)

    def of(self, path: str, function: Function, handler: bool = False, method: str = "", at: str = "") -> tuple[Reached, ...]:
        """Every effect that a call of the function may have, nearest first; with a ``method`` or an address (``at``), that a request of it may have."""
        ranges = [each.reach for each in function.by_method if not each.runs(method)] if method not in ("", "ANY") else []
        ranges += [each.reach for each in function.by_path if not each.runs(at)] if at else []
        if ranges:
            calls = tuple(call for call in function.calls if not any(call.span in reach for reach in ranges))
            part = structs.replace(function, calls=calls)
            question = ("effects", path, function.name, handler, self._everybody, method, at)
            partly: tuple[Reached, ...] = self._memo.once(question, self._of_part, path, part, handler)
            return partly
        key = ("effects", path, function.name, handler, self._everybody)
        found: tuple[Reached, ...] = self._memo.once(key, self._walk, path, function, handler, _DEEPEST, {})
        return found

    def _of_part(self, path: str, function: Function, handler: bool) -> tuple[Reached, ...]:
        """The effects of a function that lacks some of its calls: nothing of it is kept for the whole."""
        effects: list[Reached] = []
        seen: _Seen = {}
        for step in self._steps(path, function, handler):
            if isinstance(step, Reached):
                effects.append(step)
            else:
                effects += step.reached(self._walk(step.path, step.function, False, _DEEPEST - step.cost, seen))
        return _weakest(effects)

    def _walk(self, path: str, function: Function, handler: bool, depth: int, seen: _Seen) -> tuple[Reached, ...]:
        """The effects of a function and of what it calls. ``seen`` is what this walk has come by, and no other: or it would matter which came first."""
        key = (path, function.name, handler)
        known = seen.get(key)
        if known is not None and known[0] >= depth:
            return known[1]
        seen[key] = (_DEEPEST, ())  # a cycle adds nothing
        effects: list[Reached] = []
        for step in cast(
            "tuple[Reached | _Way, ...]", self._memo.once(("steps", *key, self._everybody), self._steps, path, function, handler)
        ):
            if isinstance(step, Reached):
                effects.append(step)
            elif depth >= step.cost:
                effects += step.reached(self._walk(step.path, step.function, False, depth - step.cost, seen))
        found = _weakest(effects)
        seen[key] = (depth, found)
        return found

    def _steps(self, path: str, function: Function, handler: bool) -> tuple["Reached | _Way", ...]:
        """What a function does itself, and where it leads, call by call."""
        self._memo.look(path)
        return tuple(step for call in function.calls for step in self._of_call(path, function, call, handler))

    def through(self, path: str, function: Function) -> tuple[tuple[str, Function], ...]:
        """A handler and the app's own functions that its work goes through, nearest first."""
        found = {(path, function.name): function}
        near = [(path, function)]
        while near and len(found) < _MOST:
            at, each = near.pop(0)
            steps = self._memo.once(("steps", at, each.name, each is function, self._everybody), self._steps, at, each, each is function)
            for way in steps:
                if isinstance(way, _Way) and (way.path, way.function.name) not in found:
                    found[way.path, way.function.name] = way.function
                    near.append((way.path, way.function))
        return tuple((at, each) for (at, _), each in found.items())

    def direct(self, path: str, call: Call, function: Function | None = None) -> EffectKind | None:
        """What a call of an outside function does, whoever may come to it; in a ``function``, also one of what that was handed."""
        target = self._code.target(path, call.callee) if function is None else meant(self._code, path, function, call)
        return next(iter(self._kinds(path, target.name, call)), None)

    def _asks_rows(self, path: str, function: Function, call: Call) -> bool:
        return self.direct(path, call, function) in _OF_DATABASES

    def of_proxy(self, host: str, place: Place) -> tuple[Reached, ...]:
        """What a route does that hands every request on to a host with a key of the app's."""
        kind = next((KINDS[row.means] for row in self._vocabulary.host(host) if row.means in KINDS), None)
        if kind is None:
            return ()
        trail = (Step(place, f"every request is handed on to {host} here"),)
        return (Reached(kind, place, host, None, controlled=True, admin=False, protection=Protection.NONE, trail=trail),)

    def of_made(self, path: str, names: Iterable[str], place: Place) -> tuple[Reached, ...]:
        """What a route does whose handler, by one of these names, a package makes for agents; nothing where it is made for anything else."""
        found = (made_for_agents(path, name, place, self._code, self._vocabulary) for name in names)
        made = next((each for each in found if each is not None), None)
        if made is None:
            return ()
        kind = EffectKind.SERVES_TOOLS
        trail = (Step(made[1], _SENTENCES[kind]),)
        return (Reached(kind, place, made[0], None, controlled=True, admin=False, protection=Protection.NONE, trail=trail),)

    def _of_call(self, path: str, function: Function, call: Call, handler: bool) -> Sequence["Reached | _Way"]:
        protection = self._guards.at_effect(path, function, call.span.start, handler)
        place = Place(path, call.span)
        target = meant(self._code, path, function, call)
        asked = plain(self._code, path, call, target.name) if target.path is None else by_helper(self._code, call, target)
        if target.path is not None and asked is None:
            queued = [
                Reached(
                    EffectKind.QUEUE,
                    place,
                    name,
                    None,
                    _controlled(call),
                    admin=False,
                    protection=protection,
                    trail=(Step(place, _SENTENCES[EffectKind.QUEUE]),),
                )
                for name in self._on_task(target)
                if EffectKind.QUEUE in self._kinds(path, name, call)
            ][:1]
            others = choices(self._code, path, call, target)
            return queued or [way for each in (target, *others) for way in self._ways(path, function, each, call, protection, place)]
        taken = choices(self._code, path, call, target) if is_of_table(call) else ()
        if taken:
            return [way for each in taken for way in self._ways(path, function, each, call, protection, place)]
        room = room_of(call, self._memo) if is_listener(function) else None
        if room is not None and _controlled(call):
            heard = (Step(place, "whoever is let in here hears what the server sends to that room"),)
            return (Reached(EffectKind.DATABASE_READ, place, call.callee, room, True, admin=False, protection=protection, trail=heard),)
        found: list[Reached | _Way] = [
            way for name in run_later(call) for way in self._later(path, function, name, call, protection, place)
        ]
        for kind in self._kinds(path, target.name, call) if asked is None else [asked.kind]:
            if kind is EffectKind.PAID_MODEL_CALL and (
                is_callers_key(self._code, path, function, call)
                or hands_on(self._code, path, function, call)
                or self._hosts.is_this_machine(path, call)
            ):
                continue
            if (kind is EffectKind.DATABASE_WRITE or call.callee.endswith(".rpc")) and is_of_visit(function, call):
                continue
            if kind is EffectKind.FILE_READ and any(_PAGE.search(argument.text or "") for argument in call.arguments[:1]):
                continue  # what it shows is made to be sent to browsers
            admin: bool | None = None
            held = self._everybody and kind in _OF_DATABASES
            is_sent = kind is EffectKind.OUTGOING_REQUEST
            detail = self._hosts.always(path, call) if is_sent else rows_named(self._code, path, function, call, held=held)
            handed = self._keys.privileged(path, function, call) if kind in _OF_CLIENTS and is_callers(target.name) else None
            if asked is not None or handed is not None or target.name.startswith(("@supabase/", "supabase.")):
                admin = asked.admin if asked is not None else self._keys.privileged(path, function, call) if handed is None else handed
                detail = detail if asked is None else asked.table
                # Without the service key the database's own policies decide who gets what.
                protection = protection if admin else max(protection, Protection.DATABASE if admin is False else Protection.UNKNOWN)
            protection = max(protection, self._asked_first(path, target.name, call))
            if kind in _OF_DATABASES and is_by_secret(chain_of(function, call)):
                protection = max(protection, Protection.SECRET)
            if kind is EffectKind.DATABASE_READ and protection < Protection.UNKNOWN:
                protection = max(protection, self._guards.of_row(path, function, call.callee, call.span.end))
            one = Reached(
                kind, place, target.name, detail, _controlled(call), bool(admin), protection,
                (Step(place, _SENTENCES[kind]),), is_for_all(function, call), is_whole(function, call), kind is EffectKind.DATABASE_WRITE and is_message(call),
                (typed_model(self._code, path, call) or document_of(path, function, call) or model_named(function, call)) if kind in _OF_DATABASES and not is_harmless(function, call) else None,
                kind is EffectKind.DATABASE_READ and asks_for_owner(function, call), is_single(call),
            )  # fmt: skip
            if (
                kept := models_kept(self._code, path, function, call, self._asks_rows) if kind is EffectKind.DATABASE_WRITE else None
            ) is not None:
                found += (one._replace(detail=detail, rows=named) for detail, named in kept)
                continue
            found.append(one)
            if self._everybody and kind in _OF_DATABASES:
                found += (one._replace(kind=_DEEDS[each.deed], detail=each.table) for each in queried(call)[1:] if each.table)
        return found

    def _ways(self, path: str, function: Function, target: Target, call: Call, protection: Protection, place: Place) -> list[_Way]:
        """What only the known can reach is of no use to a stranger: it is not followed, and its files need not be read."""
        known = not self._everybody and protection >= Protection.UNKNOWN
        if known or target.function is None or target.path is None:
            return []
        if self._guards.is_check(path, function, call) and not (
            self._everybody and not sounds_like_a_check(call.callee.rpartition("#")[2])
        ):
            return []
        written_here = call.callee.startswith("#") and ".@" in call.callee
        around = [self._guards.demands(target.path, each.callee, each.span) for each in self._callers(target, written_here=written_here)]
        protection = max([protection, *around])
        if written_here and any(_SIGNS_IN.match(self._code.target(target.path, each.callee).name) for each in target.function.wrappers):
            protection = max(protection, Protection.UNKNOWN)  # called for whom the library has signed in, or is about to
        if protection >= Protection.UNKNOWN and not self._everybody:
            return []
        name = target.name.rpartition("@")[0].rstrip(".") if "@" in target.name else target.name
        step = () if written_here else (Step(place, f"`{name}` is called here"),)
        return [_Way(target.path, target.function, protection, _controlled(call), step)]

    def _later(self, path: str, function: Function, name: str, call: Call, protection: Protection, place: Place) -> list[_Way]:
        """A function of the app's own that is handed over to run in the background."""
        target = self._code.target(path, name)
        handed = call if target.path is None else structs.replace(call, callee=name)
        return [] if target.path is None or target.rest else self._ways(path, function, target, handed, protection, place)

    def _asked_first(self, path: str, name: str, call: Call) -> Protection:
        """What a function demands of callers that a call is handed and runs before it does anything."""
        slots = {row.arg for row in self._vocabulary.calls.lookup(name) if row.kind == _ASKED_FIRST}
        handed = (source.text for each in call.arguments if each.slot in slots for source in each.sources if "#" in source.text)
        return max((self._guards.demands(path, text) for text in handed), default=Protection.NONE)

    def _callers(self, target: Target, *, written_here: bool) -> list[Call]:
        """What stands between a call and the function that it names: Python's decorators, or the app's own functions that a callback is handed to."""
        if target.function is None or target.path is None or target.rest:
            return []
        if target.path.endswith(".py"):
            return list(target.function.wrappers)
        path = target.path
        return [each for each in target.function.wrappers if written_here and self._code.target(path, each.callee).function is not None]

    def _on_task(self, target: Target) -> list[str]:
        """What a step on a decorated function of the app's is a step on: ``build_report.delay`` is one of ``celery.Celery.task``."""
        if not target.rest or target.function is None or target.path is None:
            return []
        return [f"{self._code.target(target.path, wrapper.callee).name}.{target.rest}" for wrapper in target.function.wrappers]

    def _kinds(self, path: str, name: str, call: Call) -> list[EffectKind]:
        rows = self._vocabulary.calls.lookup(name)
        kinds = [KINDS[row.means] for row in rows if row.means in KINDS and row.applies(call.arguments) is not False][:1]
        if name == _RUNS_MUTATION and not any(_INTERNAL.search(source.text) for each in call.arguments[:1] for source in each.sources):
            return []  # one that anyone may call as well is told of by itself, and is handed who calls
        if kinds and kinds[0] in _OF_DATABASES and (touched := queried(call)):
            kinds = [_DEEDS[touched[0].deed]]
        if is_request(name):
            kinds += self._hosts.reached(path, name, call)
            if EffectKind.MAIL in kinds and (name.endswith(".get") or not call.arguments[1:]):
                kinds = []  # it asks what was sent
            if not kinds and (asked := self._hosts.asks(path, call)) is not None:
                kinds = [asked]
        # What makes a client asks nobody yet, and what is made of it goes by the same name: ``const api = axios.create()``, ``api({ url })``.
        if self._everybody and not kinds and not call.callee.endswith("create"):
            kinds += [_SINKS[row.kind] for row in self._vocabulary.values.lookup(name) if row.means is Meaning.SINK and row.kind in _SINKS][
                :1
            ]
            if not kinds and name.startswith(FETCHING) and name.endswith(_REQUESTS):
                kinds = [EffectKind.OUTGOING_REQUEST]
        return kinds


def _controlled(call: Call) -> bool:
    """A caller of the function shapes an argument."""
    return any(
        source.origin is Origin.PARAMETER or is_callers(source.text) or ("request" in source.text and "#" in source.text)
        for argument in call.arguments
        for source in argument.sources
    )


def _weakest(effects: list[Reached]) -> tuple[Reached, ...]:
    """One entry for each effect and place, with the weakest protection that leads there."""
    best: dict[tuple[EffectKind, Place, str | None], Reached] = {}
    for effect in effects:
        key = (effect.kind, Place(effect.place.path, effect.place.span), effect.detail)
        known = best.get(key)
        if known is None or effect.protection < known.protection:
            best[key] = effect
    return tuple(sorted(best.values(), key=lambda effect: (effect.protection, len(effect.trail), effect.place)))[:_MOST]
