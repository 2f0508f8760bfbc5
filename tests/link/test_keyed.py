"""Keys of a request below keys of a request: what is put there may be in all records."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

HEAD = """
import express from "express";

const app = express();
const settings = {};
const users = { one: {} };
const FIELDS = ["name", "mail"];
"""
BY_KEYS = """function merge(into, from) {
  for (const key of Object.keys(from)) {
    %s
    if (typeof from[key] === "object") { into[key] = into[key] || {}; merge(into[key], from[key]); }
    else into[key] = from[key];
  }
  return into;
}
app.post("/", (req, res) => { merge(settings, req.body); res.json({}); });
"""
BY_FUNCTION = """const merge = (into, from) => {
  Object.keys(from).forEach((key) => {
    %s
    if (typeof from[key] === "object") { if (!into[key]) into[key] = {}; merge(into[key], from[key]); }
    else { into[key] = from[key]; }
  });
};
app.post("/", (req, res) => { merge(settings, req.body); res.json({}); });
"""
BY_ENTRIES = """function merge(into, from) {
  for (const [key, value] of Object.entries(from)) {
    %s
    if (typeof value === "object") { if (!into[key]) into[key] = {}; merge(into[key], value); }
    else into[key] = value;
  }
}
app.post("/", (req, res) => { merge(settings, req.body); res.json({}); });
"""
BY_PATH = """function put(into, path, value) {
  const keys = path.split(".");
  const last = keys.pop();
  let current = into;
  for (const key of keys) { %s current[key] ??= {}; current = current[key]; }
  current[last] = value;
}
app.post("/", (req, res) => { put(settings, req.body.path, req.body.value); res.json({}); });
"""
GUARDS = [
    'if (key === "__proto__" || key === "constructor") continue;',
    'if (["__proto__", "constructor", "prototype"].includes(key)) continue;',
]


def told(text: str) -> list[bool | None]:
    """Whether it is certain that keys of strangers are set, for each flow."""
    flows = scan_files({"server.js": (HEAD + text).encode()}, RULES).project.flows
    return [flow.certain for flow in flows if flow.kind == "prototype-key"]


@pytest.mark.parametrize("merge", [BY_KEYS, BY_FUNCTION, BY_ENTRIES, BY_PATH], ids=["keys", "function", "entries", "path"])
def test_a_merge_of_its_own_lets_a_request_choose_the_keys(merge: str) -> None:
    assert told(merge % "") == [True]


@pytest.mark.parametrize("merge", [BY_KEYS, BY_ENTRIES, BY_PATH], ids=["keys", "entries", "path"])
@pytest.mark.parametrize("guard", GUARDS)
def test_keys_that_lead_to_what_all_records_share_are_refused(merge: str, guard: str) -> None:
    assert told(merge % guard) == []


def test_a_list_with_a_name_may_refuse_them() -> None:
    assert told("const REFUSED = load();\n" + BY_KEYS % "if (REFUSED.includes(key)) continue;") == [None]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("settings[req.body.section][req.body.name] = req.body.value;", [True]),
        ("const { section, name } = req.body; const found = settings[section]; found[name] = 1;", [True]),
        ("users[req.params.id].name = req.body.name;", []),
        ("for (const field of FIELDS) users[req.params.id][field] = req.body[field];", []),
        ("settings[req.body.name] = req.body.value;", []),
        ("settings.theme[req.body.name] = req.body.value;", []),
        ("settings[Number(req.body.row)][Number(req.body.column)] = req.body.value;", []),
        ('if (!["theme", "mail"].includes(req.body.section)) return; settings[req.body.section][req.body.name] = 1;', []),
        ('if (["theme", "mail"].includes(req.body.section)) return; settings[req.body.section][req.body.name] = 1;', [True]),
    ],
)
def test_two_keys_of_a_request(body: str, expected: list[bool | None]) -> None:
    assert told(f'app.post("/:id", (req, res) => {{ {body} res.json({{}}); }});') == expected


@pytest.mark.parametrize(("handed", "expected"), [("req.body.name", [None]), ('"mail"', [None])])
def test_two_keys_that_a_function_is_given_apart_may_be_of_different_people(handed: str, expected: list[bool | None]) -> None:
    made = "function keep(section, name, value) { settings[section][name] = value; }\n"
    assert told(f'{made}app.post("/", (req, res) => {{ keep(req.body.section, {handed}, 1); res.json({{}}); }});') == expected
