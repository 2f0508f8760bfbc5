"""Where a file says the same in other places, what was found before is found there, and it is not asked for anew."""

import random
import re
from pathlib import Path

import pytest
from changing_apps import APPS, EXAMPLES, RULES, fresh, lay_out, of_app, report

from batten import scan as module
from batten.config import Config
from batten.moved import moves
from batten.scan import Line
from batten.testing_keys import expand
from batten.workspace import Workspace

SIGNS = {
    "py": "#",
    "sql": "--",
    "ts": "//",
    "tsx": "//",
    "js": "//",
    "jsx": "//",
    "mjs": "//",
    "yml": "#",
    "yaml": "#",
    "env": "#",
    "toml": "#",
}
APP = {
    "main.py": b"from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/orders')\ndef orders(user: str):\n    return db.query(user)\n",
    "supabase/migrations/0001_notes.sql": b"create table public.notes (id int primary key, body text);\n",
}


@pytest.fixture
def linked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each time that the whole app is joined."""
    found: list[int] = []
    link = module.link
    monkeypatch.setattr(module, "link", lambda *given, **more: found.append(1) or link(*given, **more))
    return found


def with_remarks(data: bytes, ending: str, draw: random.Random) -> bytes:
    """Blank lines and comments somewhere, as far as a line is where one may be; else no guess is made what it does."""
    lines = data.splitlines(keepends=True)
    sign = SIGNS.get(ending, "").encode()
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(lines) + 1)
        lines.insert(at, draw.choice([b"\n", b"\n\n", sign + b" a remark\n", b"   \n"]))
    return b"".join(lines)


@pytest.mark.parametrize("seed", range(8))
def test_blank_lines_and_remarks_give_what_a_fresh_run_gives(tmp_path: Path, seed: int, linked: list[int]) -> None:
    draw = random.Random(seed)
    app, kept = tmp_path / "app", tmp_path / "kept"
    files = of_app(draw.choice(sorted(APPS)))
    for number, example in enumerate(draw.sample(EXAMPLES, 6)):
        files |= {f"more{number}/{path}": expand(text).encode() for path, text in example.files}
    lay_out(app, files)
    workspace = Workspace((app,), Config(), RULES, 1)
    workspace.scan()
    Workspace((app,), Config(), RULES, 1, kept).scan()
    spared = 0
    for _ in range(10):
        for _ in range(draw.randint(1, 2)):
            path = draw.choice(sorted(files))
            data = with_remarks((app / path).read_bytes(), path.rpartition(".")[2], draw)
            (app / path).write_bytes(data)
            workspace.put(path, data)
        linked.clear()
        typed = report(app, workspace.scan())
        spared += not linked
        warm = report(app, Workspace((app,), Config(), RULES, 1, kept).scan())
        assert typed == warm == report(app, fresh(app))
    assert spared > 0


def test_a_remark_costs_no_join_and_a_call_does(tmp_path: Path, linked: list[int]) -> None:
    app, kept = tmp_path / "app", tmp_path / "kept"
    lay_out(app, APP)
    workspace = Workspace((app,), Config(), RULES, 1)
    before = workspace.scan()
    Workspace((app,), Config(), RULES, 1, kept).scan()
    linked.clear()
    remark = APP["main.py"].replace(b"\n\n\n@app", b"\n\n# why it is here\n\n@app")
    workspace.put("main.py", remark)
    after = workspace.scan()
    lay_out(app, {"main.py": remark})
    assert Workspace((app,), Config(), RULES, 1, kept).scan().findings == after.findings
    assert linked == []
    assert [each.key for each in after.findings] == [each.key for each in before.findings]
    assert after.project.routes[0].place.span.start == before.project.routes[0].place.span.start + len("# why it is here\n")
    workspace.put("main.py", remark.replace(b"db.query(user)", b"db.get(user)"))
    workspace.scan()
    assert linked != []


def test_an_ignore_that_is_written_is_heard_without_a_join(tmp_path: Path, linked: list[int]) -> None:
    route = b"from flask import Flask, request\nfrom openai import OpenAI\n\napp = Flask(__name__)\nclient = OpenAI()\n\n\n@app.post('/chat')\ndef chat():\n    return client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': request.json['text']}])\n"
    lay_out(tmp_path, {"main.py": route, "requirements.txt": b"flask\nopenai\n"})
    workspace = Workspace((tmp_path,), Config(), RULES, 1)
    finding = workspace.scan().findings[0]
    linked.clear()
    workspace.put("main.py", route.replace(b"@app.post", f"# batten: ignore[{finding.rule}] a demo\n@app.post".encode()))
    found = workspace.scan()
    assert finding.key in {each.finding.key for each in found.ignored}
    assert linked == []


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("f()\ng()\n", "f()\n\ng()\n", True),
        ("f()\ng()\n", "# a remark\nf()\ng()\n", False),  # the file begins where it begins
        ("x = 1\nf()\ng()\n", "x = 1\n\n\nf()\ng()\n", True),
        ("f()\ng()\n", "g()\nf()\n", False),
        ("def f(a):\n    g(a)\n", "def f(a):\n    g(a)\n# a remark\n", True),
        ("f(a)\n", "f(b)\n", False),
        ("f()\ng()\n", "f()\nh()\n", False),
        ("def f(a):\n    if a:\n        g()\n", "def f(a):\n    if a:\n\n        g()\n", True),
    ],
)
def test_what_says_the_same(before: str, after: str, same: bool) -> None:
    files: dict[str, bytes] = {}
    line = Line(files.__getitem__, Config(), RULES, 1, prefilter=False)
    found = []
    for text in (before, after):
        files["app.py"] = text.encode()
        found.append(line._reader.look("app.py", files["app.py"]))
    assert (moves(*found) is not None) is same


def test_offsets_are_not_taken_for_numbers() -> None:
    """Each field of facts of one file that counts bytes is named where they are compared; a new one has to be, too."""
    from batten.facts import calls, routes

    said = {
        (kind.__name__, name)
        for kind in (calls.Join, calls.Source, routes.Endpoint, routes.Mount, routes.Middleware)
        for name in kind.__struct_fields__
        if re.search(rf"\b{name}\b[^.]*\boffsets?\b|\boffset\b", kind.__doc__ or "") and kind.__annotations__[name] in ("int", int)
    }
    from batten.moved import _OFFSETS

    assert {(kind.__name__, name) for kind, names in _OFFSETS.items() for name in names} >= said
