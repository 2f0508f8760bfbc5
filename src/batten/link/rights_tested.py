"""What a function tests, or asks of tables: whether that is about what somebody may do, or only about who they are."""

import re

from batten.facts.calls import Argument, Call, Function, Guard, Origin, is_callers
from batten.link.by_place import chain_of
from batten.link.callgraph import Code
from batten.link.for_few import answered, is_of_everybody, speaks_of_rights
from batten.link.guards import Guards
from batten.link.ownership import Ownership
from batten.link.route_marks import RouteMarks
from batten.link.rows import model_of, query_text, singular
from batten.link.slowing import TOO_MANY
from batten.link.spelled import graph_of, spelled
from batten.link.touches import chained
from batten.regex import regex

_FORBIDDEN = 403
# What is shown of a row, and not what it is asked for by.
_SHOWS = regex(
    r"(?:^|\.)(?:select|include|attributes|projection|populate|fields|only|columns|data|set|\$set|values|update|create|defaults)(?:\.|$)"
)
_MAKES = regex(r"(?:^|[.#])[A-Z]\w*[a-z]\w*$|\.(?:create|insert|insertOne|add|save)$")
_SHOWN_BY = regex(r"\.(?:select|populate|sign|only|values|log|info|warn|error|debug|json|send|render)$")
# What is asked of the record of an account, or of a session, to know whether there is one and it holds.
_OF_ACCOUNT = regex(
    r"(?:req|request|ctx|context|locals|state|auth|user|current_?user|session|data|error|claims|payload|decoded|token|headers?|authorization|cookies?|get|get_?(?:auth_?)?(?:user|session|claims|user_?(?:id|identity))|first|rows|length|success|ok|valid"
    r"|_?id|uid|sub|subject|token_?identifier|user_?id|account_?id|e-?mail|user_?name|name|exp|iat|jti|sid|expires(?:_?at)?|token_?version|token_?type|password_?changed_?at|deleted(?:_?at)?|status"
    r"|(?:is_?)?(?:active|disabled|enabled|deleted|authenticated|logged_?in|signed_?in|anonymous|verified|banned|blocked|suspended|locked)|e-?mail_?verified|created_?at|message|code|\d+|\[\d*\])(?:\(\))?",
    re.IGNORECASE,
)
_WHO_ROWS = frozenset(("user", "account", "profile", "session", "token", "authuser", "refreshtoken", "apikey"))
# ``User.role == "admin"`` in a condition of SQLAlchemy's tests nobody.
_COLUMN = regex(r"#[A-Z]\w*[a-z]\w*\.")
_FETCHED = regex(r"\.fetch(?:one|all|many)$")
_OF_TABLE = regex(r"""(?is)^\s*select\b[^;]{0,400}?\bfrom\s+[`"\[]?(?P<table>\w{1,80})[`"\]]?\s+where\b""")
_WHERE = regex(r"(?is)^\s*select\b.*?\bwhere\b(?P<condition>.{0,2000})")
_COMPARED = regex(
    r"""(?i)(?P<column>[a-z_][\w.]{0,100})[`"\]]?\s{0,9}(?:[=<>]|!=|\bin\b)[=>]?\s{0,9}['"(]*(?P<value>[\w-]{0,40})|(?<![\w.])(?P<flag>(?:\w{1,40}\.)?is_\w{1,40})"""
)
_TESTS = frozenset({"includes", "has", "some", "indexOf", "every", "find", "__contains__", "in", "==", "test", "startsWith", "endsWith"})


class RightsTested:
    """What functions test."""

    def __init__(self, code: Code, guards: Guards, ownership: Ownership, marks: RouteMarks) -> None:
        self._code = code
        self._guards = guards
        self._ownership = ownership
        self._marks = marks

    def tests(self, path: str, function: Function, *, whole: bool) -> bool:
        """A function tests something that is about what somebody may do. ``whole``: it is a handler, where what callers send is tested too, and rows are compared with them."""
        if self._marks.leaves_to_base(path, function):
            return False
        return (
            any(self._of_test(path, function, guard, whole=whole) for guard in function.guards)
            or (not whole and any(speaks_of_rights(name) for name in answered(function)))
            or any(self._asks_table(path, function, call, whole=whole) for call in function.calls)
            or self._compares(path, function)
        )

    def _of_test(self, path: str, function: Function, guard: Guard, *, whole: bool) -> bool:
        if not guard.names or guard.status == TOO_MANY:
            return guard.status == _FORBIDDEN and not self._is_of_state(path, function, guard)
        if guard.status == _FORBIDDEN and self._is_row_of_few(path, function, guard):
            return True
        who = [name for name in guard.names if self.is_who(path, function, name)]
        longest = max(who, key=len, default="")
        if whole and who and (len(who) < len(guard.names) or not all(_is_step_to(name, longest) for name in who)):
            return True  # something is compared with who calls
        return any(self._tells_rights(path, function, name, is_who=name in who) for name in guard.names)

    def _is_row_of_few(self, path: str, function: Function, guard: Guard) -> bool:
        """It refuses whom no row is found for by who calls and nothing else, in a table that is not that of all accounts: ``SELECT id FROM operators WHERE email = ?``."""
        if not all(_FETCHED.search(name) for name in guard.names):
            return False
        before = [call for call in function.calls if call.callee.endswith(".execute") and call.span.start < guard.place.span.start]
        asked = max(before, key=lambda call: call.span.start, default=None)
        table = _OF_TABLE.match(query_text(asked) or "") if asked is not None else None
        given = [each for each in asked.arguments if each.slot != "0"] if asked is not None else []
        return (
            table is not None
            and singular(table["table"].lower()) not in _WHO_ROWS
            and bool(given)
            and not self._is_filled(path, table["table"])
            and all(self._ownership.values.is_own(path, function, each, classes=False) for each in given)
        )

    def _is_filled(self, path: str, table: str) -> bool:
        """The file adds rows to a table: whoever that is for has one for the asking."""
        into = re.compile(rf"(?is)^\s*(?:insert|replace)\b.{{0,40}}?\binto\s+\W?{re.escape(table)}\b")
        return any(
            into.match(query_text(call) or "") is not None
            for function in self._code.functions(path).values()
            for call in function.calls
            if call.callee.endswith((".execute", ".executemany"))
        )

    def _is_of_state(self, path: str, function: Function, guard: Guard) -> bool:
        """All that it compares is the state of an account: ``user.status === "locked"``."""
        graph = graph_of(self._code, path, function)
        compared = [call for call in graph.calls if call.callee == "==" and call.span in guard.place.span] if graph is not None else []
        named = [spelled(graph, number) for call in compared for number in call.arguments] if graph is not None else []
        if not compared:  # what passes on the other way of the test names what it looks at
            named = [name for other in function.guards if other.place == guard.place for name in other.names]
        return bool(named) and all(name is None or all(_OF_ACCOUNT.fullmatch(step) for step in name.split(".")[1:]) for name in named)

    def _tells_rights(self, path: str, function: Function, name: str, *, is_who: bool) -> bool:
        """What is tested says more of the caller than who they are."""
        asked = (each.text for call in function.calls if call.callee == name for each in call.arguments[:1] if name.endswith(".get"))
        if is_who and any(text is not None and speaks_of_rights(text) for text in asked):
            return True
        if is_callers(name):
            return is_who and not all(_OF_ACCOUNT.fullmatch(step) for step in name.split(".")[1:])
        if speaks_of_rights((self._code.canonical(path, name) or name).rpartition("#")[2]):
            return True
        call = max((each for each in function.calls if _is_step_to(each.callee, name)), key=lambda each: len(each.callee), default=None)
        if call is None:
            return False
        rest = [step for step in name.removeprefix(call.callee).split(".") if step]
        if not is_who and not any(self._ownership.values.is_own(path, function, each, classes=False) for each in chained(function, call)):
            return False
        return not all(_OF_ACCOUNT.fullmatch(step) for step in rest) if rest else not (is_who or self._is_of_account(path, function, call))

    def _is_of_account(self, path: str, function: Function, call: Call) -> bool:
        """A row that is there for everybody who has an account; what the app's own functions give is looked at where they are."""
        return any(singular(model_of(function, each) or "") in _WHO_ROWS for each in chain_of(function, call)) or (
            "#" in call.callee and self._code.target(path, call.callee).path is not None
        )

    def is_who(self, path: str, function: Function, name: str) -> bool:
        """The name stands for who calls, or for something of theirs."""
        return self._ownership.values.says_who(path, function, name) if is_callers(name) else self._guards.identifies(path, function, name)

    def _asks_table(self, path: str, function: Function, call: Call, *, whole: bool) -> bool:
        """A row is asked for by what somebody may do, or of a table that keeps that: ``from("user_roles")``, ``rpc("is_admin")``, ``findOne({ _id, role: "admin" })``."""
        if _SHOWN_BY.search(call.callee) or _MAKES.search(call.callee) or call.callee.startswith(("@res", "@reply", "console")):
            return False
        if (
            whole
            and not call.callee.endswith(".rpc")
            and not any(self._ownership.values.is_own(path, function, each, classes=False) for each in chained(function, call))
        ):
            return False
        return any(
            (each.text is not None and speaks_of_rights(each.text) and " " not in each.text)
            or speaks_of_rights(each.slot)
            or _has_condition(each)
            for each in call.arguments
            if not _SHOWS.search(each.slot)
        )

    def _compares(self, path: str, function: Function) -> bool:
        """A property of the caller, or of a row, that is about rights is compared with something."""
        graph = graph_of(self._code, path, function)
        for call in graph.calls if graph is not None else ():
            if graph is None or not (call.callee == "==" or call.method in _TESTS):
                continue
            names = [name for number in (*call.arguments, call.receiver) if (name := spelled(graph, number)) is not None]
            if any(_COLUMN.search(name) for name in names):
                continue
            if any(speaks_of_rights(name) and (not is_callers(name) or self.is_who(path, function, name)) for name in names):
                return True
        return False


def _has_condition(argument: Argument) -> bool:
    """It is a query of SQL whose condition asks for a right: ``where id = ? and role_id = 1``; a role that everybody has is none."""
    written = argument.sql or argument.text or " ? ".join(each.text for each in argument.sources if each.origin is Origin.LITERAL)
    asked = _WHERE.search(written)
    return asked is not None and any(
        speaks_of_rights(found["column"] or found["flag"]) and not is_of_everybody(found["value"] or "")
        for found in _COMPARED.finditer(asked["condition"])
    )


def _is_step_to(name: str, whole: str) -> bool:
    return name == whole or whole.startswith(f"{name}.")
