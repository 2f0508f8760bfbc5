"""The rows that calls lead to: requests to the database, made here or by the app's own functions, and what says which rows they are about."""

from collections.abc import Iterator
from typing import NamedTuple, cast

from batten.facts.calls import Argument, Call, Function, Origin
from batten.facts.routes import EffectKind
from batten.finding import Step
from batten.link.by_place import chain_of
from batten.link.callgraph import Code
from batten.link.effects import Effects
from batten.link.guards import Guards, Protection
from batten.link.last_few import LastFew
from batten.link.model_given import called, called_by_type, is_open, model_given, model_held, typed_model
from batten.link.rooms import is_listener, room_of
from batten.link.row_changes import is_changed, is_traced_elsewhere, own_parameters
from batten.link.rows import CONNECTIONS, document_of, model_named, model_of, row_of, singular
from batten.link.supplied import meant
from batten.regex import regex
from batten.text import Place

# Handlers call services, and these repositories; what lies deeper is seldom about one row.
_DEEPEST = 4
_MOST = 60
DEEDS = {EffectKind.DATABASE_READ: "reads", EffectKind.DATABASE_WRITE: "changes", EffectKind.DATABASE_DELETE: "deletes"}
_SAVES = regex(r"\.(?:save|update\w*|set\w*|increment|decrement)$")
_REMOVES = regex(r"\.(?:remove|delete\w*|destroy)$")
_MAKES = regex(r"\.(?:add|add_all|insert\w*|create\w*|bulk\w*)$")
# They say what else is told of the rows, and not which: https://docs.djangoproject.com/en/5.2/ref/models/querysets/#annotate
_SHOWS = (".annotate", ".alias", ".prefetch_related", ".select_related", ".aggregate", ".order_by", ".values", ".values_list")
_COUNTS = regex(r"(?:count|countDocuments|aggregate|exists|groupBy)$")


class Touch(NamedTuple):
    """A request to the database that a call of a function leads to, and the parameters of the function that say which rows."""

    kind: EffectKind
    model: str
    callee: str
    place: Place
    names: frozenset[str]
    trail: tuple[Step, ...]
    rows: str | None = None
    """The model by its qualified name, where it has one in code, as the file names it in which the request is made, or ``named_in``."""
    named_in: str | None = None


class Touches:
    """What calls of functions lead to, each computed once."""

    def __init__(self, code: Code, guards: Guards, effects: Effects) -> None:
        self._code = code
        self._guards = guards
        self._effects = effects
        self._memo = code.memo

    def of(self, path: str, function: Function, call: Call) -> tuple[Touch, ...]:
        """The requests to the database that a call makes, itself or through the app's own functions."""
        target = meant(self._code, path, function, call)
        place = Place(path, call.span)
        if target.path is None:
            room = room_of(call, self._memo) if is_listener(function) else None
            if room is not None:
                heard = Step(place, "whoever is let in here hears what the server sends to that room")
                return (Touch(EffectKind.DATABASE_READ, singular(room), call.callee, place, frozenset(), (heard,)),)
            kind = self._effects.direct(path, call, function)
            if kind not in DEEDS or target.name.startswith(("@supabase/", "supabase.")) or _COUNTS.search(target.name):
                return ()
            if kind is EffectKind.DATABASE_READ:
                kind = _done(self._code, path, function, call)
            names = {s.text for argument in chained(function, call) for s in argument.sources if s.origin is Origin.PARAMETER}
            named = model_at(self._code, path, function, call)
            at, held = (None if named else model_held(self._code, path, call)) or (None, None)
            model = singular(named or called(held or ""))
            if not model:
                return ()
            return (
                Touch(
                    kind,
                    model,
                    target.name,
                    place,
                    frozenset(names),
                    (Step(place, f"the database is asked here, and {DEEDS[kind]} the row"),),
                    held or typed_model(self._code, path, call) or document_of(path, function, call) or model_named(function, call),
                    at,
                ),
            )
        if target.function is None or target.rest:
            return ()
        name = target.name.rpartition("@")[0].rstrip(".") if "@" in target.name else target.name
        step = Step(place, f"`{name}` is called here")
        asked: list[Argument] = list(call.arguments)
        return tuple(
            touch._replace(kind=_done_with(self._code, path, function, call, touch.kind), trail=(step, *touch.trail))
            for touch in self._given(path, function, call, self._inside(target.path, target.function))
            if _selects(target.function, asked, touch)
        )

    def raised(self, path: str, function: Function, touch: Touch) -> Touch:
        """The touch; one that changes, where a row that is read is handed to what makes others, which are part of it from there on: ``Message.objects.create(chat=chat)``."""
        read = next((call for call in function.calls if call.span == touch.trail[0].place.span), None)
        adds = (
            read is not None
            and touch.kind is EffectKind.DATABASE_READ
            and any(
                each.kind is EffectKind.DATABASE_WRITE
                for call in function.calls
                if call.span.start > read.span.start and any(_is_row(argument, read) for argument in call.arguments)
                for each in self.of(path, function, call)
            )
        )
        return touch._replace(kind=EffectKind.DATABASE_WRITE) if adds else touch

    def _inside(self, path: str, function: Function) -> tuple[Touch, ...]:
        key = ("touches", path, function.name)
        found: tuple[Touch, ...] = self._memo.within(key, _DEEPEST, self._find_inside)
        return found

    def _find_inside(self, path: str, name: str, budget: int) -> tuple[Touch, ...]:
        self._memo.look(path)
        function = self._code.functions(path).get(name)
        if function is None or budget <= 0 or self._guards.finds_out(path, function) >= Protection.UNKNOWN:
            return ()
        found: list[Touch] = []
        parameters = {each for parameter in function.parameters for each in parameter.name.split(",")}
        for inner in (function, *self._code.inner(path, name)):
            for call in inner.calls:
                target = meant(self._code, path, inner, call)
                if target.path is None:
                    here = self.of(path, inner, call)
                    found += () if here and self._asks_for_own(path, inner, call) else here
                elif target.function is not None and not target.rest and not ("@" in target.name and target.name.startswith(name)):
                    deeper = cast(
                        "tuple[Touch, ...]",
                        self._memo.within(("touches", target.path, target.function.name), budget - 1, self._find_inside),
                    )
                    handed = {s.text for argument in call.arguments for s in argument.sources if s.origin is Origin.PARAMETER}
                    deeper = self._given(path, inner, call, deeper)
                    found += [
                        touch._replace(kind=_done_with(self._code, path, inner, call, touch.kind), names=frozenset(handed & parameters))
                        for touch in deeper
                        if touch.names
                    ]
        return tuple(dict.fromkeys(touch for touch in found if touch.names & parameters))[:_MOST]

    def _asks_for_own(self, path: str, function: Function, call: Call) -> bool:
        """It finds out itself who calls, and asks in their name: ``filter_by(note_id=key, user_id=current_user.id)``."""
        named = (
            source.text for given in chained(function, call) for source in given.sources if source.origin in (Origin.NAME, Origin.CALL)
        )
        return any("#" in name and self._guards.identifies(path, function, name) for name in named)

    def _given(self, path: str, function: Function, call: Call, touches: tuple[Touch, ...]) -> tuple[Touch, ...]:
        """With the model that the one who calls a method gives to it, where its class works on any."""
        if not any(is_open(touch.model) for touch in touches):
            return touches
        given = model_given(self._code, path, function, call)
        if given is None:
            return touches
        at, rows = given
        model = singular(called(rows))
        return tuple(touch._replace(model=model, rows=rows, named_in=at) if is_open(touch.model) else touch for touch in touches)


def model_at(code: Code, path: str, function: Function, call: Call) -> str | None:
    """The table or model that a request to the database is about: as the type of a field says, or as it is written."""
    typed = typed_model(code, path, call)
    if typed is not None:
        return called_by_type(call, typed)
    named = document_of(path, function, call) or model_of(function, call)
    # ``db.session.delete(row)`` is about the row.
    return row_of(path, function, call) if path.endswith(".py") and (named or "").lower() in CONNECTIONS else named


def chained(function: Function, call: Call) -> list[Argument]:
    """The arguments of all calls that a chain is made of, but for what only says how its rows are shown."""
    return [argument for other in chain_of(function, call) if not other.callee.endswith(_SHOWS) for argument in other.arguments]


def filled_by(function: Function, argument: Argument) -> Iterator[str]:
    """The parameters of a function that an argument of a call of it fills."""
    for number, parameter in enumerate(own_parameters(function)):
        yield from (name for name in parameter.name.split(",") if _fills([argument], number, name))


def _is_row(argument: Argument, read: Call) -> bool:
    """The argument is the row that a call reads, and nothing of it."""
    return any(source.origin is Origin.CALL and source.text == read.callee for source in argument.sources[:1])


def _selects(function: Function, given: list[Argument], touch: Touch) -> bool:
    """What is handed in says which rows."""
    return any(
        name in touch.names and _fills(given, number, name)
        for number, parameter in enumerate(own_parameters(function))
        for name in parameter.name.split(",")
    )


def _done_with(code: Code, path: str, function: Function, read: Call, kind: EffectKind) -> EffectKind:
    """What becomes of a row that one of the app's own functions gives back; where others are made beside it, what is kept need not be that row."""
    if kind is not EffectKind.DATABASE_READ:
        return kind
    done = _done(code, path, function, read)
    makes = (
        done is EffectKind.DATABASE_WRITE
        and not path.endswith(".py")
        and any(_MAKES.search(call.callee) for call in function.calls if not _is_given(call, read))
    )
    return kind if makes else done


def _is_given(call: Call, read: Call) -> bool:
    return any(source.origin is Origin.CALL and source.text.startswith(read.callee) for given in call.arguments for source in given.sources)


def _done(code: Code, path: str, function: Function, read: Call) -> EffectKind:
    """What becomes of a row that is read: it is changed and kept, or removed."""
    python = path.endswith(".py")
    for call in _CLOSING.of(function):
        of_it = call.callee.startswith(f"{read.callee}.") or _is_given(call, read)
        if python and (not of_it or is_traced_elsewhere(function, call, read)):
            continue
        if of_it and _REMOVES.search(call.callee):
            return EffectKind.DATABASE_DELETE
        commits = not python and call.callee.rpartition(".")[2] == "commit" and call.span.start > read.span.start
        if commits or (of_it and _SAVES.search(call.callee)):
            return EffectKind.DATABASE_WRITE
    if python and is_changed(code, path, function, read):
        return EffectKind.DATABASE_WRITE
    saved = {call.callee.removesuffix(".save") for call in function.calls if call.callee.endswith(".save")}
    fills = bool(saved) and any(call.callee in saved and _fills_in(call, read) for call in function.calls)
    return EffectKind.DATABASE_WRITE if fills else EffectKind.DATABASE_READ


def _closing(function: Function) -> list[Call]:
    """The calls that may keep or remove a row."""
    return [
        call
        for call in function.calls
        if _SAVES.search(call.callee) or _REMOVES.search(call.callee) or call.callee.rpartition(".")[2] == "commit"
    ]


_CLOSING = LastFew(_closing)


def _fills_in(call: Call, read: Call) -> bool:
    """A form or a serializer of Django is made that changes the row: ``NoteForm(request.POST, instance=note)``, ``NoteSerializer(note, data=request.data)``."""
    slots = {argument.slot for argument in call.arguments}
    filled = ("instance", "0") if "data" in slots else ("instance",)
    return any(
        source.origin is Origin.CALL and source.text.startswith(read.callee)
        for argument in call.arguments
        if argument.slot in filled
        for source in argument.sources[:1]
    )


def _fills(given: list[Argument], number: int, name: str) -> bool:
    return any(argument.slot in (str(number), name) or argument.slot.startswith((f"{number}.", f"{name}.")) for argument in given)
