"""Secrets of the environment in calls that log or answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.extract.environment import reads
from batten.extract.spoken import spoken


def names(text: str, path: str = "a.ts") -> list[str]:
    data = text.encode()
    return [variable.name for variable in spoken(path, data, reads(path, data))]


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("console.log(process.env)", "a.ts", ["*"]),
        ("console.log({ ...process.env })", "a.ts", ["*"]),
        ("// console.log(process.env)", "a.ts", []),
        ("spawn(command, { env: process.env })", "a.ts", []),
        ("console.log(process.env.API_SECRET)", "a.ts", ["API_SECRET"]),
        ("console.log(`key ${process.env.API_SECRET}`)", "a.ts", ["API_SECRET"]),
        ("console.log(process.env.PORT)", "a.ts", []),
        ("console.log(sum(process.env.API_SECRET))", "a.ts", []),
        ("console.log('x'); use(process.env.API_SECRET)", "a.ts", []),
        ("app.get('/', (req, res) => { res.send('x'); use(process.env.API_SECRET) })", "a.ts", []),
        ("print(os.environ['API_SECRET'])", "a.py", ["API_SECRET"]),
        ("print(bool(os.environ.get('API_SECRET')))", "a.py", []),
        ("print(dict(os.environ))", "a.py", []),
    ],
)
def test_what_is_said(text: str, path: str, expected: list[str]) -> None:
    assert names(text, path) == expected


@given(st.text(alphabet="console.log(process.env.API_SECRET)\"'`$;{} \n=>", max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for path in ("a.ts", "a.py"):
        for variable in spoken(path, text.encode(), reads(path, text.encode())):
            assert variable.spoken
