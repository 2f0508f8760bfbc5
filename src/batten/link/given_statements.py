"""Calls of the app's own functions that are handed a statement and run it: they are requests to the database, ``query_db("DELETE FROM notes WHERE id = ?", (key,))``."""

from batten.facts.calls import Call, Function, Origin
from batten.link.callgraph import Code, Target
from batten.link.rows import QUERY_SLOTS, queried
from batten.regex import regex

_RUNS = regex(
    r"(?:^|[.#])(?:execute|executemany|exec|query|run|all|get|raw|fetch|fetchrow|fetchval|fetch_all|fetch_one|unsafe|read_sql(?:_query)?|text)$"
)
_DEEPEST = 3
# By these names all statements are known for what they do, whatever the connection is made by.
_OF_PYTHON, _OF_SCRIPTS = "sqlite3.connect.execute", "pg.Pool.query"


def driver_asked(code: Code, target: Target, call: Call) -> Target | None:
    """The driver's own call that a call of one of the app's functions stands for, which is handed the statement; None where it is no such call."""
    if target.path is None or target.function is None or target.rest or not queried(call):
        return None
    if not code.memo.within(("runs what it is handed", target.path, target.function.name), _DEEPEST, _Runs(code)):
        return None
    return Target(None, _OF_PYTHON if target.path.endswith(".py") else _OF_SCRIPTS)


class _Runs:
    """Whether a function runs a statement that it is handed."""

    def __init__(self, code: Code) -> None:
        self._code = code

    def __call__(self, path: str, name: str, budget: int) -> bool:
        self._code.memo.look(path)
        function = self._code.functions(path).get(name)
        if function is None or budget <= 0:
            return False
        return any(self._in(path, function, inner, budget) for inner in (function, *self._code.inner(path, name)))

    def _in(self, path: str, function: Function, inner: Function, budget: int) -> bool:
        own = {each for parameter in function.parameters for each in parameter.name.split(",")} - {"self", "cls"}
        for call in inner.calls:
            handed = [
                given
                for given in call.arguments
                if given.slot in QUERY_SLOTS and any(s.origin is Origin.PARAMETER and s.text in own for s in given.sources)
            ]
            if not handed:
                continue
            target = self._code.target(path, call.callee)
            if target.function is None or target.path is None:
                if _RUNS.search(call.callee):
                    return True
            elif not target.rest and self._code.memo.within(
                ("runs what it is handed", target.path, target.function.name), budget - 1, self
            ):
                return True
        return False
