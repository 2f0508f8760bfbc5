"""No report, baseline or print of facts holds more of a key than its first characters, wherever keys stand and however often."""

import shutil
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.baseline import create, dump
from batten.options import Options
from batten.outcome import Outcome, outcome
from batten.report import FORMATS, write
from batten.report.facts import write_json, write_text
from batten.setting import Setting, settle
from batten.testing_keys import jwt, key

SHAPES = (
    "groq",
    "stripe-live",
    "github",
    "openai",
    "anthropic",
    "sendgrid",
    "npm",
    "gitlab",
    "supabase-pat",
    "supabase-secret",
    "stripe-test",
)
VALUES = {shape: key(shape) for shape in SHAPES} | {"service": jwt("service_role"), "random": "q7Lm2Vx9TzB4nK8sW3pR6yH1"}
LINES = {
    ".env": "{name}={value}",
    "src/app.py": "{name} = '{value}'",
    "src/app.ts": 'const {name} = "{value}";',
    "settings.json": '  "{name}": "{value}",',
    "docker-compose.yml": "      {name}: {value}",
    "README.md": "    export {name}={value}",
    "db/seed.sql": "insert into settings values ('{name}', '{value}');",
    "tests/test_app.py": "{name} = '{value}'  # {value}",
    "web/page.html": "<script>window.{name} = '{value}'</script>",
}
FIRST = 6
"""At most so many characters of a value are shown: those by which its provider is told."""


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Setting:
    return settle(Options(paths=(tmp_path_factory.mktemp("app"),), min_severity="info", min_confidence="low"))


def everything(found: Outcome) -> str:
    """All that is ever written of a run."""
    text = StringIO()
    for name in FORMATS:
        write(found.run, name, text)
    write_text(found.project, found.run.sources, text)
    write_json(found.project, found.run.sources, text)
    text.write(dump(create(found.run.findings)))
    return text.getvalue()


def scanned(setting: Setting, files: dict[str, str]) -> Outcome:
    shutil.rmtree(setting.root)
    for path, text in files.items():
        (setting.root / path).parent.mkdir(parents=True, exist_ok=True)
        (setting.root / path).write_text(text)
    return outcome(Options(paths=(setting.root,), jobs=1), setting)


@settings(max_examples=30)
@given(
    st.dictionaries(
        st.sampled_from(sorted(LINES)), st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=4), min_size=1, max_size=4
    )
)
def test_no_output_holds_a_key(setting: Setting, files: dict[str, list[str]]) -> None:
    named = {"random": "JWT_SECRET"}
    texts = {
        path: "".join(LINES[path].format(name=named.get(one, f"KEY_{number}"), value=VALUES[one]) + "\n" for number, one in enumerate(held))
        for path, held in files.items()
    }
    found = scanned(setting, texts)
    shown = everything(found)
    sure = {one for held in files.values() for one in held if one != "random"}

    assert found.project.secrets or not sure
    assert [one for one in sorted(sure) if VALUES[one][FIRST : FIRST + 12] in shown] == []


def test_a_key_beside_another_finding_is_covered_at_each_of_its_places(setting: Setting) -> None:
    lines = [
        f"A = '{VALUES['groq']}'",
        f"B = '{VALUES['npm']}'",
        f"C = '{VALUES['groq']}'",
        f"D = '{VALUES['gitlab']}'",
        f"E = '{VALUES['groq']}'",
    ]
    shown = everything(scanned(setting, {"src/app.py": "\n".join(lines) + "\n"}))

    assert [name for name in ("groq", "npm", "gitlab") if VALUES[name][FIRST : FIRST + 12] in shown] == []


def test_a_password_that_many_scripts_repeat_is_covered_in_all_of_them(setting: Setting) -> None:
    script = f"const k = '{VALUES['npm']}';\nawait signIn({{ email: 'owner@shop.dev', password: 'Shop-Owner-7' }});\nconst t = '{VALUES['gitlab']}';\n"
    shown = everything(scanned(setting, {f"tools/{name}.ts": script for name in "abc"} | {"package.json": "{}"}))

    assert "Shop-Owner-7" not in shown
