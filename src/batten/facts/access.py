"""What lets callers do more than they should, beside the routes themselves: rows of others, deeds of the privileged, checks that fail open."""

from batten.facts.linked import LinkedFact
from batten.finding import Step


class Session(LinkedFact, frozen=True):
    """One place of the server that reads the session of a cookie without having it verified, and lets callers in by it.

    ``names`` are the titles of the routes behind it, ``names_shown`` the same as words. ``middleware``: it stands before the pages of the app.
    ``acts``: a route behind it does something that no policy of the database stops.
    """

    names: tuple[str, ...]
    names_shown: str
    middleware: bool = False
    acts: bool = False


class SoleGuard(LinkedFact, frozen=True):
    """A check that is the only one before what it stands in front of.

    ``kind``: ``middleware`` of the whole app, or a ``layout`` that stands around pages. ``names`` are the titles of what lies behind it, ``names_shown`` the same as words, ``places`` where that is.
    ``called``: requests come to some of it without the check, as the framework says itself. ``known_hole``: the version of the framework lets strangers past it.
    ``actions``: some of the functions that the app's pages post to ask nothing themselves.
    """

    kind: str
    file: str
    names: tuple[str, ...]
    names_shown: str
    called: bool = False
    writes: bool = False
    known_hole: bool = False
    actions: bool = False
    places: tuple[Step, ...] = ()


class UnfilteredUse(LinkedFact, frozen=True):
    """A handler that knows who calls works on rows of a table with the service key, by a filter that the caller chooses and none for the caller.

    ``verb``: ``select``, ``update`` or ``delete``; ``deed`` the same as a verb. ``known``: the migrations make the table, and it tells whose row is whose or holds private data.
    """

    table: str
    verb: str
    deed: str
    route: str
    known: bool


class NeedlessAdmin(LinkedFact, frozen=True):
    """Handlers that know who calls work on the caller's own rows with the service key, where policies let the caller do just that, and the app makes clients with the caller's rights.

    ``names`` are the titles of their routes, ``names_shown`` the same as words, ``places`` where they do it.
    """

    names: tuple[str, ...]
    names_shown: str
    tables: tuple[str, ...]
    places: tuple[Step, ...] = ()


class ForeignRow(LinkedFact, frozen=True):
    """A handler that knows who calls works on a row that the request names, and nothing ties the row to the caller.

    ``deed``: ``reads``, ``changes`` or ``deletes``. ``chosen`` is what of the request names the row. ``tied``: elsewhere the app asks for rows of the model by who calls, or it has a column
    for an owner. ``private``: rows of such a name are about one person. ``joins``: strangers make accounts for themselves.
    """

    model: str
    deed: str
    route: str
    chosen: str
    writes: bool
    private: bool
    tied: bool
    joins: bool = False


class PrivilegedDeed(LinkedFact, frozen=True):
    """Something that is not for every account to do, and the routes of one file that do such things for whoever has one: the worst, with all of them.

    ``deed`` says in words what ``route`` does, the worst of them. ``kind``: what tells that it is not for every account: the ``address`` of the route, an ``account`` that the request names and that is
    removed or changed, a ``right`` that the request gives one, the ``list`` of all, ``rows`` of everybody that elsewhere are shown to those whose they are, or only are somebody's ``rows-by-name``, a change of ``shared`` rows that all accounts see. ``roles``: elsewhere the app asks callers what they may do, or accounts have roles;
    ``joins``: strangers make accounts for themselves. ``private``: what it shows is about people, by its name. ``names`` are the titles of all, ``others`` says in words how many more there are, ``places`` where they are.
    """

    route: str
    deed: str
    kind: str
    writes: bool
    private: bool
    roles: bool
    joins: bool
    names: tuple[str, ...] = ()
    others: str = ""
    places: tuple[Step, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Nothing speaks against it that would make less of it."""
        by_name = self.kind in ("rows-by-name", "shared") and not self.joins
        return self.kind != "list" and not by_name and (self.roles or self.joins) and (self.writes or self.private)


class ClaimedIdentity(LinkedFact, frozen=True):
    """A handler that works on rows in the name of somebody, and takes the word of the request for who that is.

    ``claimed`` is what the request says it by, ``where`` the part of it in words. ``kind``: whether it is a ``person`` or a ``tenant``. ``deed``: ``reads``, ``writes`` or ``deletes``.
    ``knows_caller``: the route asks who calls, and does not compare.
    """

    route: str
    model: str
    deed: str
    claimed: str
    where: str
    kind: str
    writes: bool
    knows_caller: bool


class RevealedRow(LinkedFact, frozen=True):
    """A handler answers rows of a model as the database gives them, with fields that hold credentials (``fields``).

    ``tool`` is the ORM, ``sql`` for a query of text. ``to`` says what the rows become: ``an answer``, ``the data of a page``, ``props of a component of the browser``. ``own``: they are the caller's, as far
    as what they are chosen by tells, or new. ``caller`` is who may call the handler: ``anyone``, an ``account``, or one with a role (``privileged``); None can't tell.
    """

    model: str
    fields: tuple[str, ...]
    fields_shown: str
    tool: str
    to: str
    own: bool
    caller: str | None = None


class FailOpen(LinkedFact, frozen=True):
    """A check of a route that lets everybody on, though it says otherwise; ``shown`` says in words why. ``kind`` as in ``Slip``."""

    kind: str
    shown: str
    route: str


class SecretComparison(LinkedFact, frozen=True):
    """A check before a route that compares a secret of the server's (``what``, in words) with what a request sends by an operator."""

    what: str
    route: str


class OpenRoutes(LinkedFact, frozen=True):
    """Routes that are open for one cause: an app that asks nobody who they are, or settings that leave open what says nothing.

    ``names`` are the titles of those that are not for everybody, worst first, ``names_shown`` the same as words. ``writes`` and ``admin``: one of them is so.
    ``places`` are where these routes stand, in the same order; ``place`` is that of the cause, or of the first.
    """

    names: tuple[str, ...]
    names_shown: str
    writes: bool = False
    admin: bool = False
    places: tuple[Step, ...] = ()
