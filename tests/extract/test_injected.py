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


@given(st.text(alphabet="define:env{}[]()\"'`,./* \nprocess.SECRET_KEY", max_size=300))
def test_any_settings_are_read_without_an_error(text: str) -> None:
    for variable in injected("vite.config.ts", text.encode()):
        assert variable.place.span.end <= len(text.encode())
