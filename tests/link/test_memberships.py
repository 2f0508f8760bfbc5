"""A value that something was found by stands for one of a few: searches as lists of what is allowed, in handlers of their own."""

from own_rules import RULES

from batten.scan import scan_files

OPEN = "res.send(fs.readFileSync('/srv/' + id));"
JAVASCRIPT = {
    "const hit = LIST.find((each) => each.id === id); if (!hit) return res.end()": False,
    "const hit = LIST.find((each) => each.id === id && each.open); if (hit === undefined) throw new Error('no')": False,
    "const hit = LIST.find(({ id: known }) => id === known); if (hit == null) return res.end()": False,
    "const hit = LIST.find(function (each) { return each.id == id }); if (hit) { SINK } return": False,
    "if (LIST.findIndex((each) => each.id === id) === -1) return res.end()": False,
    "const at = LIST.findIndex((each) => each.id === id); if (at < 0) return res.end()": False,
    "if (!(LIST.findIndex((each) => each.id === id) > -1)) return res.end()": False,
    "if (NAMES.indexOf(id) === -1) return res.end()": False,
    "if (!LIST.some((each) => each.id === id)) return res.end()": False,
    "if (!KNOWN.has(id)) return res.end()": False,
    "const hit = KNOWN.get(id); if (!hit) return res.end()": False,
    "if (!(id in TABLE)) return res.end()": False,
    # what is found is not asked for, is another, or is refused
    "const hit = LIST.find((each) => each.id === id)": True,
    "const hit = LIST.find((each) => each.id === 'a'); if (!hit) return res.end()": True,
    "const hit = LIST.find((each) => each.id !== id); if (!hit) return res.end()": True,
    "const hit = LIST.find((each) => each.id === id || each.open); if (!hit) return res.end()": True,
    "if (LIST.find((each) => each.id === id)) return res.end()": True,
    "if (LIST.findIndex((each) => each.id === id) === 0) return res.end()": True,
    "if (NAMES.indexOf(id) !== -1) return res.end()": True,
    "if (KNOWN.has(id)) return res.end()": True,
}
PYTHON = {
    "hit = next((each for each in LIST if each['id'] == name), None)\n    if hit is None:\n        abort(404)": False,
    "if not any(each['id'] == name for each in LIST):\n        abort(404)": False,
    "if TABLE.get(name) is None:\n        abort(404)": False,
    "if name not in TABLE:\n        abort(404)": False,
    "hit = next((each for each in LIST if each['open']), None)\n    if hit is None:\n        abort(404)": True,
    "hit = TABLE.get(name)": True,
    "if name in TABLE:\n        abort(404)": True,
    "if name not in TABLE:\n        print('no')": True,
}


def opened(path: str, head: str, handlers: list[str]) -> list[bool]:
    """Whether each handler opens a file that a stranger names."""
    text = (head + "".join(handlers)).encode()
    found = scan_files({path: text}, RULES).project.flows
    places = {text.count(b"handler_", 0, flow.place.span.start) for flow in found if flow.kind == "path" and flow.certain}
    return [number in places for number in range(1, len(handlers) + 1)]


def test_searches_in_javascript() -> None:
    head = (
        "import express from 'express';\nimport fs from 'fs';\nconst app = express();\nconst LIST = [{ id: 'a', open: true }];\n"
        "const NAMES = ['a'];\nconst KNOWN = new Map([['a', 1]]);\nconst TABLE = { a: 1 };\n"
    )
    handlers = [
        f"app.get('/handler_{number}', (req, res) => {{ const id = req.query.id; {body.replace('SINK', OPEN)}; {'' if 'SINK' in body else OPEN} }});\n"
        for number, body in enumerate(JAVASCRIPT)
    ]
    assert dict(zip(JAVASCRIPT, opened("app.js", head, handlers), strict=True)) == JAVASCRIPT


def test_searches_in_python() -> None:
    head = "from flask import Flask, abort, request\n\napp = Flask(__name__)\nLIST = [{'id': 'a', 'open': True}]\nTABLE = {'a': 1}\n\n\n"
    handlers = [
        f"@app.get('/{number}')\ndef handler_{number}():\n    name = request.args['name']\n    {body}\n    return open(name).read()\n\n\n"
        for number, body in enumerate(PYTHON)
    ]
    assert dict(zip(PYTHON, opened("app.py", head, handlers), strict=True)) == PYTHON
