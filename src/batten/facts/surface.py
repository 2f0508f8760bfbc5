"""What routes do, whoever may come to it, and who stands before it: worked out for those who ask (``batten map``, ``explain``), and read by no rule."""

from msgspec import Struct

from batten.facts.routes import EffectKind, RouteAuth
from batten.finding import Step
from batten.text import Place


class Deed(Struct, frozen=True):
    """One thing that a route does. ``auth`` is what a caller has shown there, None where that can't be told; the others are as in ``Effect``.

    ``admin``: with the service key. ``detail``: the table, model or server, where known.
    """

    kind: EffectKind
    place: Place
    callee: str
    detail: str | None = None
    controlled: bool = False
    admin: bool = False
    auth: RouteAuth | None = RouteAuth.UNAUTHENTICATED
    trail: tuple[Step, ...] = ()


class Sighting(Struct, frozen=True):
    """Something on the way to what a route does that may ask who calls.

    ``counts``: it keeps strangers out, None where that can't be told; ``why`` says so in a clause. ``vocabulary``: who told what it is: a pack, or ``configuration``.
    ``call``: how a row of the configuration names it, "" where it has no name of its own.
    """

    name: str
    place: Place
    counts: bool | None
    why: str
    vocabulary: str = ""
    call: str = ""


class Reach(Struct, frozen=True):
    """All of one route, by its key. ``deeds`` come weakest guarded first, ``guards`` outermost first."""

    route: str
    deeds: tuple[Deed, ...] = ()
    guards: tuple[Sighting, ...] = ()
