"""What a configuration says, where it is found, and how its mistakes are told."""

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.config import SCHEMA, Acceptance, Config, load
from batten.finding import Confidence, ConfigError, Severity

FULL = """\
select = ["supabase", "secret-*"]
ignore = ["table-without-rls"]
min-severity = "low"
min-confidence = "medium"
fail-on = "never"
strict = true
exclude = ["legacy/"]
rulepacks = ["security/pack"]
baseline = "known.json"
data-api-defaults = "revoked"
show-unsure = true

[vocabulary]
calls = [{ call = "auth#require_user", means = "identity" }]

[[ignores]]
rules = ["*-without-rls"]
paths = ["supabase/migrations/0001*.sql"]
reason = "a public lookup table"
"""


def test_every_key(tmp_path: Path) -> None:
    (tmp_path / "batten.toml").write_text(FULL)
    assert load(tmp_path) == Config(
        folder=tmp_path,
        source=tmp_path / "batten.toml",
        select=("supabase", "secret-*"),
        ignore=("table-without-rls",),
        min_severity=Severity.LOW,
        min_confidence=Confidence.MEDIUM,
        fail_on=None,
        strict=True,
        exclude=("legacy/",),
        rulepacks=(tmp_path / "security/pack",),
        baseline=tmp_path / "known.json",
        data_api_defaults="revoked",
        show_unsure=True,
        vocabulary={"calls": [{"call": "auth#require_user", "means": "identity"}]},
        ignores=(Acceptance(("*-without-rls",), ("supabase/migrations/0001*.sql",), "a public lookup table"),),
    )


def test_the_published_schema_is_the_one_that_is_used() -> None:
    published = Path(__file__).parent.parent / "docs/schema/batten.schema.json"
    assert published.read_bytes() == SCHEMA.read_bytes()
    keys = {field.replace("_", "-") for field in Config.__struct_fields__} - {"folder", "source"}
    assert set(json.loads(published.read_bytes())["properties"]) == keys


def test_the_documentation_names_every_key() -> None:
    page = (Path(__file__).parent.parent / "docs/configuration.md").read_text()
    for key in json.loads(SCHEMA.read_bytes())["properties"]:
        assert f"`{key}`" in page


def test_the_same_in_pyproject(tmp_path: Path) -> None:
    rows = FULL.replace("[vocabulary]", "[tool.batten.vocabulary]").replace("[[ignores]]", "[[tool.batten.ignores]]")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'shop'\n\n[tool.batten]\n" + rows)
    in_pyproject = load(tmp_path)
    (tmp_path / "batten.toml").write_text(FULL)
    alone = load(tmp_path)
    assert alone.source == tmp_path / "batten.toml"
    fields = [name for name in Config.__struct_fields__ if name != "source"]
    assert [getattr(in_pyproject, name) for name in fields] == [getattr(alone, name) for name in fields]


def test_the_nearest_file_counts_up_to_the_top(tmp_path: Path) -> None:
    inner = tmp_path / "top/apps/web"
    inner.mkdir(parents=True)
    (tmp_path / "batten.toml").write_text("strict = true")
    assert load(inner, top=tmp_path / "top") == Config(folder=tmp_path / "top")
    (tmp_path / "top/batten.toml").write_text("show-unsure = true")
    (inner / "pyproject.toml").write_text("[tool.ruff]\n")
    assert load(inner, top=tmp_path / "top").source == tmp_path / "top/batten.toml"
    assert load(inner) == Config(folder=inner)


def test_an_explicit_file_wins_and_may_point_anywhere(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/batten.toml").write_text("strict = true")
    (tmp_path / "mine.toml").write_text('rulepacks = ["../packs"]\n')
    config = load(tmp_path / "app", tmp_path / "mine.toml")
    assert (config.strict, config.rulepacks) == (False, (tmp_path / "../packs",))


@pytest.mark.parametrize(
    ("text", "message", "advice"),
    [
        ("selct = []", "batten.toml:1: unknown key 'selct'", "did you mean 'select'? the keys are baseline, "),
        ("\nfail_on = 'high'", "batten.toml:2: unknown key 'fail_on'", "did you mean 'fail-on'? "),
        ("strict = 'yes'", "batten.toml:1: 'strict' must be true or false", "write for example strict = true"),
        ("select = 'all'", "batten.toml:1: 'select' must be a list of strings", 'write for example select = ["'),
        ("select = ['a', 1]", "batten.toml:1: 'select' must be a list of strings", 'write for example select = ["'),
        ("select = ['']", "batten.toml:1: 'select' must not be empty", 'write for example select = ["'),
        (
            "fail-on = 'hihg'",
            "batten.toml:1: 'fail-on' can't be 'hihg'",
            "did you mean 'high'? it is one of critical, high, medium, low, info, never",
        ),
        (
            "[[ignores]]\nrules = ['a']\npaths = ['b']\nreason = 'c'\n\n[[ignores]]\nrules = ['a']\npaths = ['b']",
            "batten.toml:6: 'ignores' lacks 'reason'",
            'add reason = "a public lookup table"',
        ),
        (
            "[[ignores]]\nrules = ['a']\npath = 'b'\nreason = 'c'\n",
            "batten.toml:1: 'ignores' lacks 'paths' (and 1 more)",
            'add paths = ["supabase/migrations/"]',
        ),
        (
            "[[ignores]]\nrules = ['a']\npaths = ['b']\nreason = ' '\n",
            "batten.toml:4: 'ignores.reason' must not be empty",
            'write for example reason = "a public lookup table"',
        ),
        (
            "[ignores]\nrules = ['a']",
            "batten.toml:1: 'ignores' must be an array of tables, each begun with [[ignores]]",
            "write for example ",
        ),
        ("vocabulary = 3", "batten.toml:1: 'vocabulary' must be a table", "write for example "),
        (
            "strict = true\nselect = = 1",
            "batten.toml:2: this is not valid TOML: Invalid value",
            "see https://toml.io for the syntax",
        ),
        ("select = " + "[" * 100_000, "batten.toml is nested too deeply", "a configuration needs no more than three"),
        (
            "rulepacks = ['../packs']",
            "batten.toml: '../packs' leads out of ",
            "name it on the command line: --rulepack",
        ),
        (
            "baseline = '/etc/passwd'",
            "batten.toml: '/etc/passwd' leads out of ",
            "name it on the command line: --rulepack",
        ),
    ],
)
def test_mistakes_are_told_with_their_place_and_what_to_do(tmp_path: Path, text: str, message: str, advice: str) -> None:
    (tmp_path / "batten.toml").write_text(text)
    with pytest.raises(ConfigError) as error:
        load(tmp_path)
    assert str(error.value).startswith(f"{tmp_path}/{message}")
    assert error.value.help.startswith(advice)


def test_mistakes_in_pyproject_have_their_place(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n\n[tool.batten]\nstrict = 1\n")
    with pytest.raises(ConfigError, match=r"pyproject.toml:5: 'strict' must be true or false"):
        load(tmp_path)


def test_a_broken_pyproject_without_our_table_is_not_our_business(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project\n")
    assert load(tmp_path) == Config(folder=tmp_path)


def test_files_that_cant_be_used(tmp_path: Path) -> None:
    place = tmp_path / "batten.toml"
    place.write_bytes(b"a = '\xe9'")
    with pytest.raises(ConfigError, match=r"is not UTF-8 text \(byte 5\)"):
        load(tmp_path)
    place.write_bytes(b"# " + b"x" * 1_000_000)
    with pytest.raises(ConfigError, match="is larger than 1 MB"):
        load(tmp_path)
    place.unlink()
    place.symlink_to("/etc/passwd")
    with pytest.raises(ConfigError, match="is a symbolic link"):
        load(tmp_path)
    place.unlink()
    place.mkdir()
    with pytest.raises(ConfigError, match="is not a file"):
        load(tmp_path)
    with pytest.raises(ConfigError, match="is not a file"):
        load(tmp_path, tmp_path / "nowhere.toml")


def test_a_mark_at_the_start_is_fine(tmp_path: Path) -> None:
    (tmp_path / "batten.toml").write_bytes("strict = true\r\n".encode("utf-8-sig"))
    assert load(tmp_path).strict is True


@given(st.text(max_size=200))
def test_any_text_loads_or_is_a_config_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    place = tmp_path_factory.getbasetemp() / "any.toml"
    place.write_text(text, encoding="utf-8")
    with suppress(ConfigError):
        load(place.parent, place)


KEYS = st.sampled_from(["select", "strict", "ignores", "fail-on", "baseline", "vocabulary", "nonsense", "paths", "rules"])
VALUES = st.recursive(
    st.booleans() | st.integers() | st.sampled_from(["", "high", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_values_load_or_are_a_config_error(tmp_path_factory: pytest.TempPathFactory, values: dict[str, object]) -> None:
    def toml(value: object) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(toml, value)) + "]"
        return json.dumps(value)

    place = tmp_path_factory.getbasetemp() / "values.toml"
    place.write_text("".join(f"{key} = {toml(value)}\n" for key, value in values.items()))
    said = f"{place}:1: fine: fine"
    try:
        load(place.parent, place)
    except ConfigError as error:
        said = f"{error}: {error.help}"
    assert re.fullmatch(re.escape(str(place)) + r":\d+: .+: .+", said)


# ── the gate ──

C, H, M, L, INFO = Severity
SURE, LIKELY, UNSURE = Confidence


@pytest.mark.parametrize(
    ("config", "shown"),
    [
        (Config(), {(C, SURE), (C, LIKELY), (H, SURE), (H, LIKELY), (M, SURE)}),
        (Config(min_severity=H), {(C, SURE), (C, LIKELY), (H, SURE), (H, LIKELY)}),
        (Config(min_severity=M), {(C, SURE), (C, LIKELY), (H, SURE), (H, LIKELY), (M, SURE), (M, LIKELY)}),
        (Config(min_confidence=SURE), {(C, SURE), (H, SURE), (M, SURE)}),
        (Config(min_confidence=UNSURE), {(s, c) for s in (C, H, M) for c in Confidence}),
        (Config(show_unsure=True), {(s, c) for s in (C, H, M) for c in Confidence}),
        (Config(min_severity=INFO, min_confidence=UNSURE), {(s, c) for s in Severity for c in Confidence}),
        (Config(fail_on=L), {(C, SURE), (C, LIKELY), (H, SURE), (H, LIKELY), (M, SURE), (L, SURE)}),
    ],
)
def test_what_is_shown(config: Config, shown: set[tuple[Severity, Confidence]]) -> None:
    assert {(s, c) for s in Severity for c in Confidence if config.shows(s, c)} == shown


def test_what_fails() -> None:
    assert [s for s in Severity if Config().fails(s)] == [C, H]
    assert [s for s in Severity if Config(fail_on=INFO).fails(s)] == [C, H, M, L, INFO]
    assert [s for s in Severity if Config(fail_on=None).fails(s)] == []
