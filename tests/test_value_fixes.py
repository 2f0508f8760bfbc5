"""Remedies of single values change those and nothing round them: hashes, keys that people read, and what assistants may do unasked."""

import json
from pathlib import Path

import pytest
from fixing import fix, fixed, lay_out

from batten.testing_keys import expand

ROUTE = """IMPORTS
from flask import Flask, request

app = Flask(__name__)


@app.get("/work")
def work():
    name = request.args["name"].encode()
    return {"name": MADE}
"""
HASHES = {
    "of the module": ("import hashlib", "hashlib.md5(name).hexdigest()", ("import hashlib", "hashlib.sha256(name).hexdigest()")),
    "by its name": (
        "import hashlib",
        "hashlib.new('sha1', name).hexdigest()",
        ("import hashlib", "hashlib.new('sha256', name).hexdigest()"),
    ),
    "brought in": ("from hashlib import md5", "md5(name).hexdigest()", ("from hashlib import sha256", "sha256(name).hexdigest()")),
    "brought in and used twice": ("from hashlib import md5", "md5(name).hexdigest() + md5(name).name", None),
    "under another name": ("from hashlib import md5 as short", "short(name).hexdigest()", None),
    "of a password": ("import hashlib", "hashlib.md5(request.args['password'].encode()).hexdigest()", None),
    "that others have made, too": ("import hashlib", "'https://gravatar.com/' + hashlib.md5(name).hexdigest()", None),
}


@pytest.mark.parametrize("case", HASHES)
def test_a_hash_is_made_by_what_cannot_be_forged(tmp_path: Path, case: str) -> None:
    imports, made, wanted = HASHES[case]
    text = ROUTE.replace("IMPORTS", imports).replace("MADE", made)
    after = {} if wanted is None else {"app.py": ROUTE.replace("IMPORTS", wanted[0]).replace("MADE", wanted[1])}
    assert fixed(tmp_path, "obsolete-cryptography", {"app.py": text}) == after


KEY = "{{key:openai}}"
READ = {
    "docs/setup.md": (f"Before you start, `export OPENAI_API_KEY={KEY}`\n", "Before you start, `export OPENAI_API_KEY=<OPENAI_API_KEY>`\n"),
    "start.sh": (
        f'echo "it\'s on" # don\'t wait\nexport OPENAI_API_KEY="{KEY}"\n',
        'echo "it\'s on" # don\'t wait\nexport OPENAI_API_KEY="${OPENAI_API_KEY:?OPENAI_API_KEY is not set}"\n',
    ),
    "bare.sh": (f"OPENAI_API_KEY={KEY} node app.js\n", "OPENAI_API_KEY=${OPENAI_API_KEY:?OPENAI_API_KEY is not set} node app.js\n"),
    "quoted.sh": (f"export OPENAI_API_KEY='{KEY}'\n", None),
    "over lines.sh": (f"cat <<'END'\nOPENAI_API_KEY={KEY}\nEND\n", None),
    "said.sh": (f"# OPENAI_API_KEY={KEY}\ntrue\n", None),
}


@pytest.mark.parametrize("path", READ)
def test_what_people_or_a_shell_read_gets_a_stand_in(tmp_path: Path, path: str) -> None:
    before, after = READ[path]
    assert fixed(tmp_path, "ai-key-in-source", {path: expand(before)}) == ({} if after is None else {path: after})


@pytest.mark.parametrize(
    ("path", "line", "wanted"),
    [
        ("app.py", 'os.environ["OPENAI_API_KEY"] = "KEY"', None),
        ("app.py", 'KEYS["OPENAI_API_KEY"] = "KEY"', 'KEYS["OPENAI_API_KEY"] = os.environ["OPENAI_API_KEY"]'),
        ("app.js", "process.env.OPENAI_API_KEY = 'KEY'", None),
    ],
)
def test_a_variable_is_not_set_to_itself(tmp_path: Path, path: str, line: str, wanted: str | None) -> None:
    before = f"import os\n{line}\n" if path.endswith(".py") else f"{line}\nconsole.log(1)\n"
    found = fixed(tmp_path, "ai-key-in-source", {path: expand(before.replace('= "KEY"', f'= "{KEY}"').replace("= 'KEY'", f"= '{KEY}'"))})
    assert found.get(path) == (None if wanted is None else before.replace(line, wanted))


def test_a_key_in_code_and_in_its_documentation_goes_from_both(tmp_path: Path) -> None:
    files = {"app.py": expand(f'OPENAI_API_KEY = "{KEY}"\n'), "docs/setup.md": expand(f"OPENAI_API_KEY is {KEY} for all.\n")}
    changed = fixed(tmp_path, "ai-key-in-source", files)
    assert (changed["app.py"], changed["docs/setup.md"]) == (
        'import os\n\nOPENAI_API_KEY = os.environ["OPENAI_API_KEY"]\n',
        "OPENAI_API_KEY is <OPENAI_API_KEY> for all.\n",
    )


SCRIPT = "import { createClient } from '@supabase/supabase-js'\nconst db = createClient('https://a.supabase.co', 'KEY')\nconsole.log(await db.from('t').select('id'))\n"
REQUIRED = "const { createClient } = require('@supabase/supabase-js')\nconst db = createClient('https://a.supabase.co', 'KEY')\nmodule.exports = db\n"


@pytest.mark.parametrize(
    ("path", "text", "more", "wanted"),
    [
        ("check.mjs", SCRIPT, {}, True),
        ("scripts/check.js", REQUIRED, {}, True),
        ("check.js", SCRIPT, {}, False),  # a browser runs it as well
        ("check.mjs", SCRIPT, {"index.html": '<script type="module" src="/check.mjs"></script>'}, False),
        # Another key, which would come from the same variable.
        ("check.mjs", SCRIPT, {"other.mjs": SCRIPT.replace("KEY", "{{jwt:service_role:zyxwvutsrqponmlkjihg}}")}, False),
    ],
    ids=["of Node by its ending", "of Node by what it asks for", "of anybody", "of a page", "two keys"],
)
def test_a_script_that_node_runs_reads_the_key_from_the_environment(
    tmp_path: Path, path: str, text: str, more: dict[str, str], wanted: bool
) -> None:
    key = "{{jwt:service_role}}"
    files = {"package.json": "{}", path: expand(text.replace("KEY", key)), **{name: expand(each) for name, each in more.items()}}
    read = {path: text.replace("'KEY'", "process.env.SUPABASE_SERVICE_ROLE_KEY")} if wanted else {}
    changed = fixed(tmp_path, "service-key-in-source", files)
    assert {name: each for name, each in changed.items() if name.endswith("js")} == read


def test_settings_of_an_assistant_stay_json_and_keep_what_is_harmless(tmp_path: Path) -> None:
    before = """{
\t"permissions": {
\t\t"allow": ["WebFetch", "Bash", "Read(**)", "mcp__*"],
\t\t"defaultMode": "bypassPermissions"
\t},
\t"model": "opus"
}"""
    lay_out(tmp_path, {".claude/settings.json": before}, "\r\n")
    assert [done for _, done in fix(tmp_path, "agent-prompts-disabled")] == [True, True, True]
    after = (tmp_path / ".claude/settings.json").read_bytes().decode()
    assert json.loads(after) == {"permissions": {"allow": ["WebFetch", "Read(**)"], "defaultMode": "default"}, "model": "opus"}
    assert [line for line in after.split("\r\n") if line not in before.split("\n")] == [
        '\t\t"allow": ["WebFetch", "Read(**)"],',
        '\t\t"defaultMode": "default"',
    ]
