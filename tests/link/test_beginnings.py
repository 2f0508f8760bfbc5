"""Where browsers are sent by an address of which a test has looked at the beginning."""

from own_rules import RULES

from batten.scan import scan_files

HEAD = 'import express from "express";\n\nconst app = express();\nconst ALLOWED = ["/home", "/shop"];\n\n'
IN_PYTHON = "from urllib.parse import urlsplit\n\nfrom flask import Flask, redirect, request\n\napp = Flask(__name__)\n\n\n"
LEADS_AWAY = [
    'if (!to.startsWith("/")) return res.sendStatus(400);',
    "if (!/^\\//.test(to)) return res.sendStatus(400);",
    'if (to[0] !== "/") return res.sendStatus(400);',
    'if (to.charAt(0) !== "/") return res.sendStatus(400);',
    'if (to.startsWith("//")) return res.sendStatus(400);',
    'if (!to.startsWith("/") || to.startsWith("/admin")) return res.sendStatus(400);',
    'if (!to.startsWith("/") || to.includes("://")) return res.sendStatus(400);',
    'if (!to.startsWith("/") || /^https?:\\/\\//.test(to)) return res.sendStatus(400);',
    'if (!ALLOWED.includes(req.get("x-to"))) return res.sendStatus(400);',
]
STAYS = [
    'if (!to.startsWith("/") || to.startsWith("//")) return res.sendStatus(400);',
    'if (!to.startsWith("/") || to.includes("//")) return res.sendStatus(400);',
    'if (!to.startsWith("/") || to[1] === "/") return res.sendStatus(400);',
    'if (to.charAt(0) !== "/" || to.charAt(1) === "/") return res.sendStatus(400);',
    'if (!to.startsWith("/") || to.slice(0, 2) === "//") return res.sendStatus(400);',
    "if (!/^\\/(?![/\\\\])/.test(to)) return res.sendStatus(400);",
    "if (!/^\\/[^/\\\\]/.test(to)) return res.sendStatus(400);",
    "if (!/^\\/[a-z]/.test(to)) return res.sendStatus(400);",
    'if (!to.startsWith("/") || /^(?:https?:)?\\/\\//.test(to)) return res.sendStatus(400);',
    'if (!ALLOWED.includes(req.get("to"))) return res.sendStatus(400);',
]
LEADS_AWAY_IN_PYTHON = ["if not to.startswith('/'):", "if to[0] != '/':", "if to.startswith(('//', '/\\\\')):"]
STAYS_IN_PYTHON = [
    "if not to.startswith('/') or to.startswith('//'):",
    "if not to.startswith('/') or to.startswith(('//', '/\\\\')):",
    "if not to.startswith('/') or '//' in to:",
    "if to[:1] != '/' or to[:2] == '//' or not to.startswith('/'):",
    "if urlsplit(to).netloc:",
]


def told(path: str, text: str) -> list[int]:
    """The lines at which browsers are sent to somewhere else."""
    flows = scan_files({path: text.encode()}, RULES).project.flows
    return sorted(text.encode()[: flow.place.span.start].count(b"\n") for flow in flows if flow.kind == "redirect" and flow.certain)


def test_one_slash_at_the_beginning_is_no_address_of_this_site_and_two_are_one_of_another() -> None:
    routes = [
        f'app.get("/{at}", (req, res) => {{ let to = req.get("to"); {test} res.redirect(to); }});'
        for at, test in enumerate(LEADS_AWAY + STAYS)
    ]
    first = HEAD.count("\n")
    assert told("server.js", HEAD + "\n".join(routes)) == [first + at for at in range(len(LEADS_AWAY))]


def test_the_same_in_python() -> None:
    routes = [
        f"@app.get('/{at}')\ndef of_{at}():\n    to = request.args.get('to', '/')\n    {test}\n        return 'no', 400\n    return redirect(to)\n"
        for at, test in enumerate(LEADS_AWAY_IN_PYTHON + STAYS_IN_PYTHON)
    ]
    first = IN_PYTHON.count("\n")
    assert told("app.py", IN_PYTHON + "".join(routes)) == [first + 6 * at + 5 for at in range(len(LEADS_AWAY_IN_PYTHON))]


def test_what_is_asked_for_twice_is_one_value_until_something_is_put_there() -> None:
    routes = [
        'app.get("/a", (req, res) => { if (ALLOWED.includes(req.get("to"))) res.redirect(req.get("to")); });',
        'app.get("/b", (req, res) => { if (ALLOWED.includes(req.query.to)) res.redirect(req.query.to); });',
        'app.get("/c", (req, res) => { if (ALLOWED.includes(req.get("to"))) res.redirect(req.get("other")); });',
        'app.get("/d", (req, res) => { const kept = new Map([["to", "/"]]); if (ALLOWED.includes(kept.get("to"))) { kept.set("to", req.query.to); res.redirect(kept.get("to")); } });',
    ]
    first = HEAD.count("\n")
    assert told("server.js", HEAD + "\n".join(routes)) == [first + 2, first + 3]
