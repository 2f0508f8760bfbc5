"""Which rows a request to a database is about, by how it is written; knows no other function."""

import re

from batten.facts.calls import HOLE, KEPT_ROWS, Argument, Call, Function, Origin, Source, simple_name
from batten.link.by_place import chain_of
from batten.link.statements import is_of_result, statement_model
from batten.parse.dialects.queries import Touched, tables_in
from batten.regex import regex

# Kysely's name it in the first step, with what it is called from there on: `selectFrom("orders as o")`.
_TABLE_STEPS = ("from", "from_", "table", "collection", "selectFrom", "insertInto", "updateTable", "deleteFrom")
# Also what an app makes of them: `class PrismaService extends PrismaClient`.
_CONNECTION = regex(r"(?:Prisma(?:Client|Service)|DatabaseService|(?:Async)?Session|MongoClient|AsyncIOMotorClient)$")
# Drizzle and SQLAlchemy name the model in the first call: `db.update(orders)`, `db.query(Order)`.
_MODEL_STEPS = ("insert", "update", "delete", "query", "get", "select")
_SQL_TABLE = regex(r"\b(?:from|into|update)\s+[\"`\[]?(?:\w+\.)?[\"`]?(\w+)", re.IGNORECASE)
# Django's managers, and what saves a model's rows.
_MODEL = regex(r"[#.](\w+)\.objects\.|[#.](\w+(?:Serializer|Form))\.save$")
# What a model of Mongoose or Sequelize is called by in the file that makes it.
_MODEL_MADE = regex(r"^(?:mongoose|sequelize)#(?:\w+\.)*(?:model|define)\.")
_HOLDS = regex(r"(\w+?)(?:_?[Cc]ol(?:l(?:ection)?)?)")
_SUFFIX = regex(r"(?:Model)?(?:Serializer|Form)$")
QUERY_SLOTS = frozenset({"0", "1", "0.text", "0.sql", "query", "sql", "operation"})
_ADDS = regex(r"(?is)\s*insert\s+into\b(?!.*\b(?:do|key)\s+update\b)")
_ASKS = regex(r"\s*(?:select|insert|update|delete|with|replace|merge|truncate|call)\b", re.IGNORECASE)
_GETTERS = ("#get_object_or_404", "#get_list_or_404")
_COUNTS = frozenset({"count", "exists", "aggregate"})
_SQL_COUNT = regex(r"^\s*select\s+(?:count|sum|avg|min|max)\s*\([^()]*\)(?:\s+as\s+\w+)?\s+from\b", re.IGNORECASE)
# https://supabase.com/docs/reference/javascript/select
_WAYS_TO_COUNT = frozenset(("exact", "planned", "estimated"))
_FOR_ALL = regex(r"(?:^|\.)(?:is_?public|is_?published|published)$", re.IGNORECASE)
# Whoever has the link may see what it leads to.
_SHARED = regex(
    r"(?:\w+_)?(?:share|public|invite|invitation)_?(?:slug|token|code|id|key|hash)|(?:share|public|invite|invitation)(?:Slug|Token|Code|Id|Key|Hash)"
)
_PUBLIC = ("public", "PUBLIC", "published", "PUBLISHED")
_FILTERS = frozenset({"eq", "match", "filter", "filter_by"})
_LISTED = regex(r"\s*select\s+(.+?)\s+from\b", re.IGNORECASE | re.DOTALL)
_FIRST_ROW = regex(r"\blimit\s+1\s*;?\s*$", re.IGNORECASE)
_SQL_BY_ID = regex(r"\bwhere\b[^;]*[\s(.\"`]_?(?:id|pk)[\"`\]]?\s*=", re.IGNORECASE)
_FINDS_ONE = regex(r"[.#](?:findUnique|findFirst|findOne|find_one)(?:OrThrow)?$")
_OWN_ID = regex(r"(?:^\d|\.where|^where)\._?id(?:\.(?:equals|\$eq))?$")
_NAMED = regex(r"\.where\.(?:username|slug|handle)$")
# One of these ends so: an address, a bus; menus do not.
_ENDS_IN_S = regex(r".*(?:ss|(?:b|stat|bon|camp|vir|corp|cens)us|(?:bas|analys|diagnos)is)")
_BY_NAME = regex(r"(?:^|__)(?:username|slug|handle)$")
_SHOWN = regex(r"\.select\.(\w+)$")
_HIDDEN = regex(r"mail|phone|pass|hash|token|secret|address|birth|key", re.IGNORECASE)
_CLASS = regex(r"(?!\w*(?:Session|Dep|DB|Connection)$)[A-Z][a-z]\w*$")
# `rows.delete(userId)` is about a row that is called by its key.
_KEY = regex(r"^(?:ids?|\w*[a-z](?:Ids?|IDs?)|\w+_ids?)$")
_CONVEX = regex(r"(?:^|/)convex/(?:[^/]+/)*(\w+)\.[cm]?[jt]sx?$")
# https://firebase.google.com/docs/firestore/data-model#references
_DOCUMENT_PATH = regex(r"/?(\w+)/[^/]*$")
_DOCUMENT = regex(r"@\w+\.db\.(insert|query|get|patch|replace|delete)$")
_IN_APP = regex(r"\.|[@~]/")
_ENDING = regex(r"\.[cm]?[jt]sx?$")
# What a module exports as a whole is a client of Prisma, and the model a field of it: ``prisma.chat.findMany``, and not ``Chat.find().count``.
_OF_CLIENT = regex(
    r"(?:default\.)?(?P<model>(?!default\.|(?:find|create|update|delete|insert|where|query|select)(?![a-z]))\w+)\."
    r"(?:find(?:Many|Unique|First)(?:OrThrow)?|(?:create|update)(?:Many(?:AndReturn)?)?|upsert|delete(?:Many)?|count|aggregate|groupBy)"
)
USERS = frozenset(("user", "usuario", "usuaria", "utilisateur", "benutzer", "utente", "pengguna"))
"""What the records of people with an account are called, in the languages that tables are written in."""
CONNECTIONS = frozenset(
    {
        "session",
        "sessionlocal",
        "asyncsession",
        "db",
        "database",
        "sqlmodel",
        "sqlalchemy",
        "conn",
        "connection",
        "cursor",
        "pool",
        "client",
        "prisma",
    }
)


def table_of(function: Function, call: Call) -> str | None:
    """The table or model an effect is about, where the call says so."""
    for inner in chain_of(function, call):
        if inner.callee.rpartition(".")[2] in _TABLE_STEPS and inner.arguments:
            return inner.arguments[0].text and inner.arguments[0].text.partition(" ")[0]
        if (
            inner.callee.endswith(("firestore.doc", "Firestore.doc"))
            and inner.arguments
            and (path := _DOCUMENT_PATH.match(_beginning(inner.arguments[0])))
        ):
            return path[1]
    model = _MODEL.search(call.callee)
    if model is not None:
        return "User" if model[1] == "get_user_model" else _SUFFIX.sub("", model[1] or model[2])
    if call.callee.endswith(_GETTERS):
        named = next((source.text for argument in call.arguments[:1] for source in argument.sources), "")
        return re.split(r"[#.]", named)[-1] or None
    text = query_text(call)
    if text is None or _SQL_COUNT.match(text):
        return None
    touched = tables_in(text, HOLE)
    if touched is None:
        table = _SQL_TABLE.search(text)
        return table[1] if table is not None and HOLE not in table[1] else None
    return next((each.table for each in touched if each.table), None)


def _beginning(argument: Argument) -> str:
    """The constant that a text begins with."""
    first = argument.sources[0] if argument.sources else None
    return argument.text or (first.text if first is not None and first.origin is Origin.LITERAL else "")


def query_text(call: Call) -> str | None:
    """The query that is sent, with holes where it is put together; None where no argument is one."""
    for argument in call.arguments:
        text = argument.text or argument.sql
        if text is not None and argument.slot in QUERY_SLOTS and _ASKS.match(text):
            return text
    return None


def queried(call: Call) -> tuple[Touched, ...]:
    """The tables that a query is about, what it changes first; empty where there is none, or it is not understood."""
    text = query_text(call)
    return (tables_in(text, HOLE) if text is not None else None) or ()


def only_adds(call: Call) -> bool:
    """It is a query that adds rows, and changes none that is there."""
    text = query_text(call)
    return text is not None and _ADDS.match(text) is not None


def model_of(function: Function, call: Call) -> str | None:
    """The table or model that a request to the database is about, by how such requests are written, or None."""
    if call.callee.startswith(KEPT_ROWS):
        return call.callee.split(".")[-2]
    named = table_of(function, call)
    if named is not None:
        return named
    stated = statement_model(function, call)
    if stated is not None or is_of_result(call):
        return re.split(r"[#.]", stated)[-1] if stated is not None else None
    chained = chain_of(function, call)
    for other in chained:
        if re.split(r"[#.]", other.callee)[-1] in (*_TABLE_STEPS, *_MODEL_STEPS):
            # What names no model is a record: `prisma.order.update({ where: { id: order.id } })`.
            for argument in other.arguments[:1] if not any(each.slot.startswith("0.") for each in other.arguments) else ():
                for source in argument.sources[:1]:
                    named = re.split(r"[#.]", source.text)[-1]
                    asked = "#request." in source.text  # an id of Flask's request, and no model
                    if source.origin is Origin.NAME and not asked and ("#" in source.text or named[:1].isupper()):
                        return named
    if _MODEL_MADE.search(call.callee):
        return _made_here(function, call)
    module, _, path = call.callee.rpartition("#")
    of_client = _OF_CLIENT.fullmatch(path) if path.startswith("default.") or _IN_APP.match(module) else None
    if of_client is not None:
        return of_client["model"]
    steps = path.split(".")
    if len(steps) > 1 and steps[-2].endswith(("Repository", "Repo", "Model")):
        return steps[-2]
    if steps[0][:1].isupper() and not _CONNECTION.fullmatch(steps[0]):
        return steps[0]
    if (steps[0] in ("", "default") or len(steps) == 1) and module:
        return _ENDING.sub("", module.rpartition("/")[2])
    if len(steps) > 1 and steps[-2] == "collection":
        return _collection_of(function, call)
    # `prisma.invoice.findUnique`, `db.orders.find_one`
    return steps[-2] if len(steps) > len(("db", "find")) else None


def model_named(function: Function, call: Call) -> str | None:
    """The model that a request is about, by its qualified name where it is a class or a value of the app's own (``app.models#Note``), else as ``model_of``."""
    if call.callee.startswith(KEPT_ROWS):
        return model_of(function, call)
    if query_text(call) is not None:
        return table_of(function, call)
    stated = statement_model(function, call)
    if stated is not None:
        return stated
    chained = chain_of(function, call)
    named = [call.callee, *(source.text for other in (call, *chained) for each in other.arguments[:1] for source in each.sources[:2])]
    for name in named:
        module, _, path = name.rpartition("#")
        steps = path.split(".")
        at = next((n for n, step in enumerate(steps) if step[:1].isupper() and not _CONNECTION.search(step)), None)
        if at is not None and "#" in name and module.partition(".")[0] not in CONNECTIONS:
            return f"{module}#{'.'.join(steps[: at + 1])}"
    module, _, path = call.callee.rpartition("#")
    # `const Note = require("./Note")`, `import Note from "./Note"`, then `Note.find()`
    if _IN_APP.match(module) and ("." not in path or path.startswith("default.")) and not _OF_CLIENT.fullmatch(path):
        return f"{module}#default"
    return model_of(function, call)


def _collection_of(function: Function, call: Call) -> str | None:
    """The collection that a request to MongoDB is about: as it was asked for in the same function, or as the variable is called that holds it (``loansCol``)."""
    asked = {
        other.arguments[0].text
        for other in function.calls
        if other.callee == call.callee.rpartition(".")[0] and other.arguments and other.arguments[0].text
    }
    if len(asked) == 1:
        return next(iter(asked))
    held = _HOLDS.fullmatch(re.split(r"[#.:]", call.receiver or "")[-1])
    return held[1] if held is not None else None


def _made_here(function: Function, call: Call) -> str | None:
    """The model of the file itself that a request, or a step on a row that one gave, is made on: ``Invoice`` for ``const Invoice = mongoose.model(…)``."""
    asked = [other for other in function.calls if other.span.start <= call.span.start and f"{call.callee}.".startswith(f"{other.callee}.")]
    for other in sorted(asked, key=lambda each: -each.span.start):
        name = re.split(r"[#.]", other.receiver or "")[-1]
        if name[:1].isupper():
            return name
    return None


def document_of(path: str, function: Function, call: Call) -> str | None:
    """The table in a function of Convex: written out where one adds or asks, else what the id is called after, or the module. None elsewhere.

    https://docs.convex.dev/database/writing-data
    """
    module, deed = _CONVEX.search(path), _DOCUMENT.match(call.callee)
    if module is None or deed is None or not call.arguments:
        return None
    if deed[1] in ("insert", "query"):
        return call.arguments[0].text
    steps = [other for other in function.calls if any(source.text == other.callee for source in call.arguments[0].sources)]
    asked = next(
        (
            other.arguments[0].text
            for step in steps
            for other in chain_of(function, step)
            if other.callee.endswith(".db.query") and other.arguments
        ),
        None,
    )
    if asked is not None:
        return asked  # `ctx.db.query("notes")….first()`, and then its id
    named = next((source.text.rpartition(".")[2] for source in call.arguments[0].sources if source.origin is Origin.PROPERTY), "")
    return named.removesuffix("Id") if named.endswith("Id") and named != "Id" else module[1]


def row_of(path: str, function: Function, call: Call) -> str | None:
    """The model or table of a request, also where a session is handed an object of it; None where only the connection has a name."""
    steps = re.split(r"[#.]", call.callee)
    if path.endswith(".py") and steps[-1] in (
        "add",
        "add_all",
        "merge",
        "delete",
        "refresh",
        "get",
        "exec",
        "execute",
        "scalar",
        "scalars",
        "commit",
    ):
        given = [source for argument in call.arguments[:1] for source in argument.sources]
        # `item = session.get(Item, key)`, then `session.delete(item)`
        calls = {source.text for source in given if source.origin is Origin.CALL}
        given += [s for other in function.calls if other.callee in calls for argument in other.arguments[:1] for s in argument.sources]
        found = (_class_in(source) for source in given if source.origin in (Origin.NAME, Origin.CALL))
        return next((name for name in found if name is not None), None)
    for other in chain_of(function, call):
        if other.callee.endswith(".collection") and other.arguments and other.arguments[0].text:
            return other.arguments[0].text
    named = model_of(function, call)
    return None if named is None or named.lower() in CONNECTIONS or _KEY.search(named) else _ENDING.sub("", named)


def _class_in(source: Source) -> str | None:
    """The class of a row that a name begins with: ``app.models#Item.model_validate``, and no kind of session."""
    first = source.text.rpartition("#")[2].partition(".")[0] if "#" in source.text else ""
    return first if _CLASS.match(first) else None


def is_for_all(function: Function, call: Call) -> bool:
    """They are only counted, the rows are those marked as public, the one that a shared link leads to, or one person's by the name in the address, without what is nobody's business."""
    chained = chain_of(function, call)
    if (".objects." in call.callee or call.callee.endswith(".query")) and any(
        other.callee.rpartition(".")[2] in _COUNTS for other in chained
    ):
        return True
    if any(other.callee.endswith(".select") and _asks_for_number(other) for other in chained):
        return True
    slots = [argument.slot for other in (call, *chained) for argument in other.arguments]
    if "Profile.objects." in call.callee and any(_BY_NAME.search(slot) for slot in slots):
        return True
    if any(argument.text in _PUBLIC for other in chained for argument in other.arguments if other.callee.rpartition(".")[2] in _FILTERS):
        return True
    filtered = [each.arguments[0].text or "" for each in chained if each.callee.rpartition(".")[2] in _FILTERS and each.arguments]
    if any(_FOR_ALL.search(slot) for slot in (*slots, *filtered)) or any(_SHARED.fullmatch(name) for name in filtered):
        return True
    shown = [found[1] for slot in slots if (found := _SHOWN.search(slot)) is not None]
    return bool(shown) and any(_NAMED.search(slot) for slot in slots) and not any(_HIDDEN.search(column) for column in shown)


def _asks_for_number(call: Call) -> bool:
    """How many rows there are, and for none of them: ``.select("*", { count: "exact", head: true })``."""
    said = {source.text for each in call.arguments if each.slot == "1" for source in each.sources if source.origin is Origin.LITERAL}
    return "True" in said and not said.isdisjoint(_WAYS_TO_COUNT)


def is_single(call: Call) -> bool:
    """It asks for one row that no id chooses: the newest, or the one that goes by an address or a code which whoever asks knows."""
    text = query_text(call)
    if text is not None:
        return _FIRST_ROW.search(text) is not None and _SQL_BY_ID.search(text) is None
    return _FINDS_ONE.search(call.callee) is not None and not any(_OWN_ID.search(argument.slot) for argument in call.arguments)


def is_harmless(function: Function, call: Call) -> bool:
    """It asks for some columns by their names, and for none of how to reach somebody: ``select: { number: true }``, ``query(Seat.number)``."""
    text = query_text(call)
    if text is not None:
        listed = _LISTED.match(text)
        return listed is not None and "*" not in listed[1] and not _HIDDEN.search(listed[1])
    chained = chain_of(function, call)
    given = [argument for other in chained for argument in other.arguments]
    shown = [found[1] for argument in given if (found := _SHOWN.search(argument.slot)) is not None]
    for argument in (each for other in chained if other.callee.endswith(".query") for each in other.arguments):
        named = [source.text for source in argument.sources if source.origin is Origin.NAME]
        for name in (each for each in named if not each.endswith("#") and not any(other.startswith(f"{each}.") for other in named)):
            model, _, column = name.rpartition(".")
            if not simple_name(model)[:1].isupper():
                return False  # all of its columns
            shown.append(column)
    return bool(shown) and not any(_HIDDEN.search(column) for column in shown)


def is_whole(function: Function, call: Call) -> bool:
    """No condition is given: ``deleteMany()``, ``updateMany({}, …)``, ``deleteMany({ where: {} })``, and not ``deleteMany({ where: { id } })``."""
    if not call.callee.lower().replace("_", "").endswith("many"):
        return True
    if any("where" in other.callee.rpartition(".")[2].lower() for other in chain_of(function, call)):
        return False
    inner = [argument for argument in call.arguments if argument.slot.startswith(("0.", "where"))]
    if any(argument.slot.startswith(("0.where", "where")) for argument in inner):
        return not any(
            argument.slot.startswith(("0.where.", "where.")) or argument.sources for argument in inner if "where" in argument.slot
        )
    given = next((argument for argument in call.arguments if argument.slot == "0"), None)
    return given is None or (not given.sources and not inner) or any(argument.slot.startswith("0.data") for argument in inner)


def singular(model: str) -> str:
    """The name of a model or table as one row of it is called."""
    bare = re.sub(r"(?:Model|Schema|Table|Entity|Repository|Collection)$", "", model.rpartition(".")[2]).replace("_", "").lower()
    if bare.endswith("ies"):
        return f"{bare[:-3]}y"
    one = bare.removesuffix("es") if _ENDS_IN_S.fullmatch(bare.removesuffix("es")) else bare
    return one if _ENDS_IN_S.fullmatch(one) else one.removesuffix("s")
