"""Variables that settings of bundlers put into what browsers get."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.extract.injected import injected


def names(text: str, path: str = "vite.config.ts") -> list[str]:
    return [variable.name for variable in injected(path, text.encode())]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('define: { "process.env.API_KEY": JSON.stringify(env.GEMINI_API_KEY) }', ["GEMINI_API_KEY"]),
        ('define: { "process.env.OPENAI_API_KEY": JSON.stringify(env.KEY) }', ["OPENAI_API_KEY"]),
        ("define: { a: 1, /* b: process.env.API_SECRET, */ c: 2 }", []),
        ("define: { a: { b: process.env.API_SECRET } }", ["API_SECRET"]),
        ('const env = loadEnv(m, process.cwd(), ""); define: { "process.env": env }', ["*"]),
        ('const env = loadEnv(m, process.cwd()); define: { "process.env": env }', []),
        ('envPrefix: "VITE_"', []),
        ('envPrefix: ["VITE_", ""]', ["*"]),
        ("define: { unclosed: process.env.API_SECRET", []),
        ("undefine: { a: process.env.API_SECRET }", []),
    ],
)
def test_what_settings_of_vite_inject(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_only_settings_are_looked_at() -> None:
    assert names("define: { a: process.env.API_SECRET }", "src/main.ts") == []
    assert names("env: { A: process.env.API_SECRET }") == []
    assert names("env: { A: process.env.API_SECRET }", "next.config.js") == ["API_SECRET"]


def test_the_place_is_the_name_of_the_entry() -> None:
    text = b'define: { "process.env.K": process.env.API_SECRET }'
    (variable,) = injected("vite.config.ts", text)

    span = variable.place.span
    assert (text[span.start : span.end], variable.injected, variable.defined) == (b"process.env.K", True, False)


_KEYS = "const keys: Record<string, string> = { A: process.env.API_SECRET };\n"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("app.config.ts", _KEYS + "export default () => ({ name: 'Notes', extra: keys });", ["API_SECRET"]),
        ("app.config.ts", _KEYS.replace("keys", "extra") + "export default ({ config }) => ({ ...config, extra });", ["API_SECRET"]),
        ("app.config.js", _KEYS + "module.exports = { expo: { extra: { ...keys, version: '1' } } };", ["API_SECRET"]),
        ("next.config.js", _KEYS + "module.exports = { env: keys };", ["API_SECRET"]),
        ("vite.config.ts", _KEYS + "export default { define: keys };", ["API_SECRET"]),
        ("app.config.ts", _KEYS + "export default () => ({ name: 'Notes', hooks: keys, extra: { version: '1' } });", []),
        ("vite.config.ts", _KEYS + "export default { server: keys, define: others };", []),
        ("app.config.ts", "const a = { ...b }; const b = { ...a }; export default { extra: a };", []),
    ],
)
def test_what_is_handed_over_by_the_name_of_a_record(path: str, text: str, expected: list[str]) -> None:
    assert names(text, path) == expected


@given(st.text(alphabet="define:env{}[]()\"'`,./* \nprocess.SECRET_KEY", max_size=300))
def test_any_settings_are_read_without_an_error(text: str) -> None:
    for variable in injected("vite.config.ts", text.encode()):
        assert variable.place.span.end <= len(text.encode())


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("vue.config.js", "args[0]['process.env'].API_SECRET = JSON.stringify(process.env.API_SECRET)", ["API_SECRET"]),
        ("vue.config.js", 'args[0]["process.env"]["API_SECRET"] = x', ["API_SECRET"]),
        ("vue.config.js", "args[0]['process.env'].API_SECRET == x; args[0]['process.env'].VERSION = 1", []),
        ("gatsby-node.js", "plugins.define({ A: JSON.stringify(process.env.API_SECRET) })", ["API_SECRET"]),
        (
            "src/env.ts",
            "defineEnvVars({ API_SECRET: { public: true }, OTHER_SECRET: {}, THIRD_SECRET: { public: false } })",
            ["API_SECRET"],
        ),
        ("src/env.ts", "define: { A: process.env.API_SECRET }; new Dotenv()", []),
        ("App.tsx", "import { API_SECRET, APP_URL, DB_PASSWORD as p } from '@env'", ["API_SECRET", "DB_PASSWORD"]),
        ("App.tsx", "import { API_SECRET } from './@env'; import { A_SECRET } from '@envoy'", []),
        (
            "App.tsx",
            "import C from 'react-native-config'; C.API_SECRET; C?.['A_PASSWORD']; C.URL; x.C.B_SECRET",
            ["API_SECRET", "A_PASSWORD"],
        ),
        ("config.py", "import { API_SECRET } from '@env'", []),
    ],
)
def test_other_ways_into_the_bundle(path: str, text: str, expected: list[str]) -> None:
    assert names(text, path) == expected
