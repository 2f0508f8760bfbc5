"""A check that is believed in holds: whatever branches, loops and handlers stand round it, nobody gets past it unknown.

Small programs are made at random, in both languages, and run in thought for a caller whom nobody knows: wherever he gets, no guard may claim to stand.
"""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from own_rules import RULES

from batten.extract.file import Reader
from batten.extract.secrets.providers import from_document
from batten.facts.calls import Function
from batten.link.callgraph import Code
from batten.link.guards import Guards, Protection
from batten.link.modules import modules
from batten.scan import SECRETS

READER = Reader(RULES.vocabulary, from_document(RULES.documents[SECRETS]), prefilter=False)


class Node(NamedTuple):
    """One statement. ``kind`` says which; ``parts`` are its blocks; ``word`` is a name or a way."""

    kind: str
    parts: tuple[tuple["Node", ...], ...] = ()
    word: str = ""


Block = tuple[Node, ...]

# What a test says of a caller whom nobody knows: True, False, or None where that depends on something else.
TESTS: dict[str, tuple[str, str, bool | None]] = {
    "user": ("user", "user", False),
    "no user": ("!user", "not user", True),
    "is null": ("user === null", "user is None", True),
    "is something": ("user !== null", "user is not None", False),
    "role": ("user.role === 'x'", "user.role == 'x'", False),
    "no role": ("user?.role !== 'x'", "user is None or user.role != 'x'", True),
    "other": ("other", "other", None),
    "user and other": ("user && other", "user and other", False),
    "user or other": ("user || other", "user or other", None),
    "no user or other": ("!user || other", "not user or other", True),
    "no user and other": ("!user && other", "not user and other", None),
    "neither": ("!(user || other)", "not (user or other)", None),
    "not both": ("!(user && other)", "not (user and other)", True),
}
RETURNS: dict[str, tuple[str, str, bool | None]] = {
    "user": ("user", "user", False),
    "nothing": ("null", "None", False),
    "true": ("true", "True", True),
    "a guest": ("user || guest", "user or guest", True),
    "user or nothing": ("user ?? null", "user or None", False),
    "his name": ("user ? user.name : null", "user.name if user else None", False),
    "one of two": ("user ? user : guest", "user if user else guest", True),
    "that there is none": ("!user", "not user", True),
    "that there is one": ("user !== null", "user is not None", False),
    "user and other": ("user && other", "user and other", False),
    "other": ("other", "other", None),
}  # fmt: skip

_LEAVES = st.one_of(
    st.just(Node("save")),
    st.just(Node("check")),
    st.just(Node("raise")),
    st.sampled_from(sorted(RETURNS)).map(lambda word: Node("return", word=word)),
)
_TESTS = st.sampled_from(sorted(TESTS))


def _compound(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    branch = st.builds(lambda test, body, orelse: Node("if", (body, orelse), test), _TESTS, inner, inner)
    single = st.builds(lambda test, body: Node("if", (body, ()), test), _TESTS, inner)
    attempt = st.builds(lambda body, handler: Node("try", (body, handler, ())), inner, inner)
    final = st.builds(lambda body, handler, last: Node("try", (body, handler, last)), inner, inner, inner)
    loop = st.builds(lambda body: Node("loop", (body,)), inner)
    return st.lists(st.one_of(_LEAVES, branch, single, single, attempt, final, loop), min_size=1, max_size=4).map(tuple)


PROGRAMS = st.recursive(st.lists(_LEAVES, min_size=1, max_size=3).map(tuple), _compound, max_leaves=12)


# --- as text ---


def javascript(block: Block, numbers: Iterator[int]) -> str:
    text = []
    for node in block:
        match node.kind:
            case "save":
                text.append(f"save{next(numbers)}();")
            case "check":
                text.append("jwt.verify(token, key);")
            case "raise":
                text.append("throw new Gone();")
            case "return":
                text.append(f"return {RETURNS[node.word][0]};")
            case "if":
                head = f"if ({TESTS[node.word][0]}) {{ {javascript(node.parts[0], numbers)} }}"
                text.append(head + (f" else {{ {javascript(node.parts[1], numbers)} }}" if node.parts[1] else ""))
            case "try":
                body, handler, last = (javascript(part, numbers) for part in node.parts)
                text.append(f"try {{ {body} }} catch (error) {{ {handler} }}" + (f" finally {{ {last} }}" if node.parts[2] else ""))
            case "loop":
                text.append(f"for (const one of all) {{ {javascript(node.parts[0], numbers)} }}")
    return " ".join(text)


def python(block: Block, numbers: Iterator[int], depth: int) -> str:
    pad = "  " * depth
    text = []
    for node in block:
        inner = [python(part, numbers, depth + 1) for part in node.parts]
        match node.kind:
            case "save":
                text.append(f"{pad}save{next(numbers)}()\n")
            case "check":
                text.append(f"{pad}jwt.decode(token, KEY)\n")
            case "raise":
                text.append(f"{pad}raise Gone()\n")
            case "return":
                text.append(f"{pad}return {RETURNS[node.word][1]}\n")
            case "if":
                text.append(f"{pad}if {TESTS[node.word][1]}:\n{inner[0]}" + (f"{pad}else:\n{inner[1]}" if node.parts[1] else ""))
            case "try":
                last = f"{pad}finally:\n{inner[2]}" if node.parts[2] else ""
                text.append(f"{pad}try:\n{inner[0]}{pad}except Exception:\n{inner[1]}{last}")
            case "loop":
                text.append(f"{pad}for one in all_of_them:\n{inner[0]}")
    return "".join(text)


# --- in thought ---


def run(block: Block, numbers: Iterator[int], reached: set[int], live: bool) -> set[str]:
    """How a block may end for a caller whom nobody knows; ``reached`` collects what he gets to save. ``live``: he gets here at all."""
    ends: set[str] = set()
    for node in block:
        found: set[str] = set()
        match node.kind:
            case "save":
                number = next(numbers)
                if live:
                    reached.add(number)
                    found.add("next")
            case "check" | "raise":
                found.add("raise")
            case "return":
                empty = RETURNS[node.word][2]
                found |= {"something"} if empty is True else {"nothing"} if empty is False else {"something", "nothing"}
            case "if":
                came = TESTS[node.word][2]
                found |= run(node.parts[0], numbers, reached, live and came is not False)
                found |= run(node.parts[1], numbers, reached, live and came is not True)
            case "loop":
                found |= run(node.parts[0], numbers, reached, live) | {"next"}
            case "try":
                body = run(node.parts[0], numbers, reached, live)
                # Anything may fail, at any time.
                handler = run(node.parts[1], numbers, reached, live)
                found = (body - {"raise"}) | handler
                last = run(node.parts[2], numbers, reached, live)
                found = (last - {"next"}) | (found if "next" in last else set())
        if live:
            ends |= found - {"next"}
            live = "next" in found
    return ends | ({"next"} if live else set())


class Checked(NamedTuple):
    code: Code
    guards: Guards
    path: str
    function: Function


def checked(block: Block, language: str) -> Checked:
    if language == "python":
        path, text = (
            "app.py",
            f"from jose import jwt\nfrom flask_login import current_user\ndef f(token, other):\n  user = current_user\n{python(block, iter(range(99)), 1)}",
        )
    else:
        path = "app.ts"
        body = javascript(block, iter(range(99)))
        text = f"import jwt from 'jsonwebtoken'\nimport {{ getServerSession }} from 'next-auth'\nasync function f(token, other) {{ const user = await getServerSession(); {body} }}"
    facts = [READER.look(path, text.encode())]
    assert facts[0].notes == ()
    code = Code(facts, modules(facts).names.resolve)
    return Checked(code, Guards(code, RULES.vocabulary), path, code.functions(path)["f"])


@pytest.mark.parametrize("language", ["javascript", "python"])
@settings(max_examples=150)
@example((Node("if", ((Node("return", word="nothing"),), ()), "no user"), Node("save")))
@example((Node("try", ((Node("check"),), (Node("return", word="nothing"),), ())), Node("save")))
@example((Node("if", ((Node("check"),), (Node("save"), Node("return", word="true"))), "other"), Node("save")))
@example((Node("if", ((Node("return", word="user and other"),), ()), "is something"),))
@example((Node("if", ((Node("return", word="his name"),), ()), "other"),))
@example((Node("if", ((Node("save"),), ()), "user and other"),))
@given(PROGRAMS)
def test_where_a_stranger_gets_no_guard_stands(language: str, block: Block) -> None:
    app = checked(block, language)
    reached: set[int] = set()
    ends = run(block, iter(range(99)), reached, live=True)
    claimed = {
        int(call.callee.removeprefix("save"))
        for call in app.function.calls
        if call.callee.startswith("save") and app.guards.at(app.path, app.function, call.span.start) > Protection.UNKNOWN
    }
    assert claimed & reached == set()
    if ends & {"next", "nothing", "something"}:
        assert app.guards.rejects(app.path, app.function) <= Protection.UNKNOWN
    if "something" in ends:
        assert app.guards.yields(app.path, app.function) <= Protection.UNKNOWN


@pytest.mark.parametrize("language", ["javascript", "python"])
@pytest.mark.parametrize(
    "block",
    [
        (Node("check"), Node("save")),
        (Node("if", ((Node("raise"),), ()), "no user"), Node("save")),
        (Node("if", ((Node("return", word="nothing"),), ()), "no user or other"), Node("save")),
        (Node("if", ((Node("save"),), ()), "user"),),
        (Node("if", ((Node("check"),), (Node("check"),)), "other"), Node("save")),
        (Node("try", ((Node("check"),), (Node("raise"),), ())), Node("save")),
        (Node("try", ((Node("check"), Node("save")), (Node("return", word="nothing"),), ())),),
        (Node("if", ((Node("return", word="nothing"),), (Node("save"),)), "no user"),),
        (Node("loop", ((Node("check"), Node("save")),)),),
        (Node("if", ((Node("if", ((Node("raise"),), ()), "is null"), Node("save")), ()), "other"),),
    ],
)
def test_and_where_a_guard_stands_it_is_seen(language: str, block: Block) -> None:
    app = checked(block, language)
    saves = [call for call in app.function.calls if call.callee.startswith("save")]
    assert [app.guards.at(app.path, app.function, call.span.start) for call in saves] == [Protection.IDENTITY]
