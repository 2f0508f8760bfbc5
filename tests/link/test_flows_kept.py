"""Values that functions keep where others find them, and put into what others have under another name."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

EXPRESS = 'const express = require("express");\nconst store = require("./store");\nconst app = express();\nconst LIST = [], OTHER = [];\nconst TABLE = new Map();\nconst RECORD = {};\n'
STORE = """
const kept = [];
function add(text) { kept.push(text); }
exports.put = (text) => add(text);
exports.all = () => kept;
exports.count = () => kept.length;
exports.add = add;
"""


def found(files: dict[str, str]) -> list[tuple[str, bool | None]]:
    flows = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.flows
    return [(flow.kind, flow.certain) for flow in flows]


CODE = [("code", True)]


@pytest.mark.parametrize(
    ("writes", "reads", "expected"),
    [
        ("LIST.push(req.body.text)", "eval(LIST.join(';'))", CODE),
        ("LIST.push(req.body.text)", "LIST.forEach((each) => eval(each))", CODE),
        ("LIST.push(req.body.text)", "eval(OTHER[0])", []),
        ("LIST.push(Number(req.body.text))", "eval(LIST[0])", []),
        ("LIST.push('1 + 1')", "eval(LIST[0])", []),
        ("TABLE.set(req.body.id, { code: req.body.code })", "eval(TABLE.get(req.params.id).code)", CODE),
        ("TABLE.set(req.body.id, { code: '1', name: req.body.name })", "eval(TABLE.get(req.params.id).code)", []),
        ("TABLE.set(req.body.id, '1 + 1')", "eval(TABLE.get(req.params.id))", []),
        ("RECORD[req.body.id] = req.body.code", "eval(RECORD[req.params.id])", CODE),
        ("RECORD[req.body.id] = '1 + 1'", "eval(RECORD[req.params.id])", []),
        ("store.add(req.body.text)", "eval(store.all()[0])", CODE),
        ("store.put(req.body.text)", "eval(store.all()[0])", CODE),
        ("store.put('1 + 1')", "eval(store.all()[0])", []),
        ("store.put(req.body.text)", "eval(store.count())", []),
    ],
)
def test_what_one_request_leaves_another_finds(writes: str, reads: str, expected: list[tuple[str, bool | None]]) -> None:
    routes = (
        f'app.post("/notes", (req, res) => {{ {writes}; res.end(); }});\napp.get("/notes/:id", (req, res) => {{ {reads}; res.end(); }});\n'
    )
    assert found({"server.js": EXPRESS + routes, "store.js": STORE}) == expected


@pytest.mark.parametrize(
    ("writes", "reads", "expected"),
    [
        ("NOTES.append(given)", "eval(NOTES[0])", CODE),
        ("NOTES.append(given)", "eval(OTHERS[0])", []),
        ("NAMES[given] = 'x'", "eval(NAMES['a'])", []),
        ("NAMES['a'] = given", "eval(NAMES['a'])", CODE),
        ("NAMES['a'] = given", "eval(NAMES['b'])", []),
        ("keep(given)", "eval(NOTES[0])", CODE),
        ("keep('1')", "eval(NOTES[0])", []),
    ],
)
def test_what_one_request_leaves_another_finds_in_python(writes: str, reads: str, expected: list[tuple[str, bool | None]]) -> None:
    text = f"""
from flask import Flask, request
app = Flask(__name__)
NOTES, OTHERS = [], []
NAMES = dict()
def keep(text):
    NOTES.append(text)
@app.post('/notes')
def add():
    given = request.form['text']
    {writes}
    return {{}}
@app.get('/notes')
def show():
    {reads}
    return {{}}
"""
    assert found({"app.py": text}) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("const list = ['1']; fill(list, list, req.body.text);", CODE),
        ("const one = ['1'], other = ['1']; fill(one, other, req.body.text);", []),
        ("const list = ['1']; fill(list, list, '2');", []),
        ("fill(null, null, req.body.text);", []),
    ],
)
def test_an_object_that_a_function_is_given_twice_has_what_is_put_into_either(call: str, expected: list[tuple[str, bool | None]]) -> None:
    function = "function fill(one, other, text) { one.push(text); eval(other.join('')); }\n"
    text = EXPRESS + function + f'app.post("/run", (req, res) => {{ {call} res.end(); }});\n'
    assert found({"server.js": text, "store.js": STORE}) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("const name = 'run'; const method = this[name]; method.call(this, text);", CODE),
        ("const name = 'skip'; const method = this[name]; method.call(this, text);", []),
        ("const method = this.run; method.apply(this, [text]);", CODE),
        ("const method = this.run; method.apply(this, ['1']);", []),
    ],
)
def test_methods_that_a_variable_holds_are_called(call: str, expected: list[tuple[str, bool | None]]) -> None:
    made = f"class Held {{ run(code) {{ eval(code); }} skip(code) {{ return 1; }} go(text) {{ {call} }} }}\n"
    text = EXPRESS + made + 'app.post("/run", (req, res) => { new Held().go(req.body.text); res.end(); });\n'
    assert found({"server.js": text, "store.js": STORE}) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("list('notes', req, res)", [("html", True)]),
        ("list('notes', res, req)", []),
        ("list(req, res)", []),
    ],
)
def test_a_handler_may_hand_both_on_to_what_has_them_at_other_places(call: str, expected: list[tuple[str, bool | None]]) -> None:
    function = "const list = (name, asked, answer) => answer.send('<b>' + name + asked.query.text + '</b>');\n"
    assert found({"routes.js": f"{function}module.exports = {{ handle: (req, res) => {{ {call}; }} }};\n"}) == expected


VUE = """
<script>
import axios from 'axios'
import DOMPurify from 'dompurify'
export default {
  data() { return { items: [], fixed: '<b>x</b>', asked: '', start: this.$route.query.q } },
  computed: {
    made: { get() { return `<b>${this.asked}</b>` } },
    safe() { return DOMPurify.sanitize(this.asked) },
    plain() { return this.fixed },
  },
  created() { const vm = this; this.put(this.$route.params.id); this.load(); axios.get('/a').then((answer) => { vm.answer = answer.data }) },
  methods: {
    put(text) { this.asked = text },
    async load() { this.items = await this.all() },
    async all() { const { data } = await this.$axios.get('/api/notes'); return data },
  },
}
</script>
"""


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("asked", ["browser"]),
        ("made", ["browser"]),
        ("start", ["browser"]),
        ("answer", ["answer"]),
        ("items[0].text", ["answer"]),
        ("safe", []),
        ("plain", []),
        ("fixed", []),
        ("unknown", []),
    ],
)
@pytest.mark.parametrize("made", ["export default {", "export default defineComponent({"])
def test_what_components_of_vue_keep_in_themselves(shown: str, expected: list[str], made: str) -> None:
    script = VUE.replace("export default {", made)
    script = script if made.endswith(" {") else script.replace("}\n</script>", "})\n</script>")
    text = f'{script}<template><p v-html="{shown}"></p></template>\n'
    flows = scan_files({"src/Notes.vue": text.encode()}, RULES).project.flows
    assert [(flow.kind, flow.source) for flow in flows] == [("markup", source) for source in expected]
