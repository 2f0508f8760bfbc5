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
        ("const key = process.env.API_SECRET!;\nconsole.log(key);", "a.ts", ["API_SECRET"]),
        ("const key: string = process.env.API_SECRET || '';\nconsole.log(`with ${key}`);", "a.ts", ["API_SECRET"]),
        ("const key = process.env.API_SECRET;\nconsole.log(!!key, key?.length, key ? 'set' : 'missing');", "a.ts", []),
        ("const key = process.env.API_SECRET;\nconsole.log('key', { key: 1 });", "a.ts", []),
        ("const key = process.env.API_SECRET;\nnames.map((key) => console.log(key));", "a.ts", []),
        ("const key = process.env.API_SECRET;\nfor (const key of names) console.log(key);", "a.ts", []),
        ("const key = digest(process.env.API_SECRET);\nconsole.log(key);", "a.ts", []),
        ("const key = process.env.API_SECRET.slice(0, 4);\nconsole.log(key);", "a.ts", []),
        ("key = os.environ['API_SECRET']\nprint(f'with {key}')\n", "a.py", ["API_SECRET"]),
        ("key = os.getenv('API_SECRET', '')\nlogger.info('with %s', key)\n", "a.py", ["API_SECRET"]),
        ("key = os.getenv('API_SECRET')\nprint('key' if key else 'none')\n", "a.py", []),
        ("def show(key):\n    print(key)\nkey = os.getenv('API_SECRET')\n", "a.py", []),
        ("console.log('headers', req.headers)", "a.ts", ["Headers"]),
        ("console.log(req.headers.authorization)", "a.ts", ["Authorization"]),
        ("console.log(request.headers.get('authorization'))", "a.ts", ["Authorization"]),
        ("console.log(req.headers['user-agent'], !!req.headers.authorization)", "a.ts", []),
        ("res.json({ headers: req.headers })", "a.ts", []),
        ("logger.debug('cookie %s', request.headers['Cookie'])", "a.py", ["Cookie"]),
    ],
)
def test_what_is_said(text: str, path: str, expected: list[str]) -> None:
    assert names(text, path) == expected


@given(st.text(alphabet="console.log(process.env.API_SECRET)\"'`$;{} \n=>", max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for path in ("a.ts", "a.py"):
        for variable in spoken(path, text.encode(), reads(path, text.encode())):
            assert variable.spoken
