"""Secrets of the environment that server code hands over: what a value carries, and to whom it goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.code.lower_javascript import lower as lower_javascript
from batten.code.lower_python import lower as lower_python
from batten.extract.environment import reads
from batten.extract.handed import handed, may_hand
from batten.facts.secrets import Handed
from batten.skim import scripts_alone


def found(text: str, path: str = "app/page.tsx") -> list[tuple[str, Handed | None]]:
    data = text.encode()
    unit = lower_python(data, path) if path.endswith(".py") else lower_javascript(scripts_alone(path, data), path)
    return [(variable.name, variable.handed) for variable in handed(path, data, unit)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("process.env.API_SECRET", ["API_SECRET"]),
        ("process.env.API_SECRET!", ["API_SECRET"]),
        ("process.env['API_SECRET'] as string", ["API_SECRET"]),
        ("process.env.API_SECRET ?? process.env.ADMIN_TOKEN", ["API_SECRET", "ADMIN_TOKEN"]),
        ("`Bearer ${process.env.API_SECRET}`", ["API_SECRET"]),
        ("{ a: { b: [process.env.API_SECRET] } }", ["API_SECRET"]),
        ("JSON.stringify({ a: process.env.API_SECRET })", ["API_SECRET"]),
        ("on ? process.env.API_SECRET : null", ["API_SECRET"]),
        ("{ ...process.env }", ["*"]),
        ("process.env", ["*"]),
        ("env.API_SECRET", ["API_SECRET"]),
        ("named", ["API_SECRET"]),
        ("taken", ["ADMIN_TOKEN"]),
        ("kept.key", ["API_SECRET"]),
        ("kept.size", []),
        ("process.env.API_SECRET.length", []),
        ("process.env.API_SECRET?.slice(0, 4)", []),
        ("!!process.env.API_SECRET", []),
        ("Boolean(process.env.API_SECRET)", []),
        ("process.env.API_SECRET ? 1 : 2", []),
        ("process.env.API_SECRET === given", []),
        ("sign(process.env.API_SECRET)", []),
        ("() => fetch(url, { headers: { key: process.env.API_SECRET } })", []),
        ("process.env.NEXT_PUBLIC_API_SECRET", []),
        ("process.env.PORT", []),
        ("round", []),
    ],
)
def test_what_a_value_carries(value: str, expected: list[str]) -> None:
    head = "import { env } from '../env'\nconst named = process.env.API_SECRET\nconst { ADMIN_TOKEN: taken } = process.env\n"
    head += "const kept = { key: named, size: 1 }\nlet round = other; let other = round\n"
    text = f"{head}export async function getServerSideProps() {{ return {{ props: {{ x: {value} }} }} }}"
    assert [name for name, _ in found(text, "pages/x.tsx")] == sorted(expected, key=text.index if "*" not in expected else None)


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("export const loader = () => ({ k: process.env.API_SECRET })", "app/routes/x.tsx", Handed.PAGE_DATA),
        ("const loader = () => ({ k: process.env.API_SECRET })", "app/routes/x.tsx", None),
        ("export const loader = () => ({ k: process.env.API_SECRET })", "webpack/loader.js", None),
        ("export const load = () => ({ k: process.env.API_SECRET })", "src/routes/+page.server.ts", Handed.PAGE_DATA),
        ("export const load = () => ({ k: process.env.API_SECRET })", "src/lib/load.ts", None),
        ("Page.getInitialProps = async () => ({ k: process.env.API_SECRET })", "pages/x.tsx", Handed.PAGE_DATA),
        ("export default defineEventHandler(() => ({ k: process.env.API_SECRET }))", "server/api/x.ts", Handed.ANSWER),
        ("app.get('/x', async () => ({ k: process.env.API_SECRET }))", "server.ts", Handed.ANSWER),
        ("app.get('/x', (req, res) => res.json({ k: process.env.API_SECRET }))", "server.ts", Handed.ANSWER),
        ("app.get('/x', (req, res) => res.render('x', { k: process.env.API_SECRET }))", "server.ts", Handed.TEMPLATE),
        ("client.send({ k: process.env.API_SECRET })", "server.ts", None),
        ("export const GET = () => new Response(process.env.API_SECRET)", "app/api/x/route.ts", Handed.ANSWER),
        ("async function f() { 'use server'; return process.env.API_SECRET }", "app/page.tsx", Handed.ACTION),
        ("'use server'\nconst f = () => process.env.API_SECRET", "app/actions.ts", None),
        ("import { createServerFn } from '@tanstack/react-start'\nexport const f = createServerFn().handler(async () => process.env.API_SECRET)", "src/f.ts", Handed.ACTION),
        ("const x = <p>{process.env.API_SECRET}</p>", "app/page.tsx", Handed.MARKUP),
        ("'use client'\nconst x = <p>{process.env.API_SECRET}</p>", "app/page.tsx", None),
        ("import { A } from './a'\nconst x = <A k={process.env.API_SECRET} />", "app/page.tsx", Handed.PROPS),
        ("const A = () => 1\nconst x = <A k={process.env.API_SECRET} />", "app/page.tsx", None),
        ("import { A } from './a'\nconst x = <A k={() => process.env.API_SECRET} />", "app/page.tsx", None),
        ("@app.route('/x')\ndef f():\n    return jsonify(key=os.environ['API_SECRET'])\nimport os", "app.py", Handed.ANSWER),
        ("import os\n@app.get('/x')\ndef f():\n    return {'k': os.getenv('API_SECRET')}", "app.py", Handed.ANSWER),
        ("import os\n@cache\ndef f():\n    return {'k': os.getenv('API_SECRET')}", "app.py", None),
        ("import os\ndef f():\n    return render_template('x', ok=bool(os.environ['API_SECRET']))", "app.py", None),
        ("---\nconst k = import.meta.env.API_SECRET;\n---\n<Card k={k} /><Card client:load k={k.length} />", "x.astro", None),
        ("---\nconst k = import.meta.env.API_SECRET;\n---\n<Card client:load {k} />", "x.astro", Handed.MARKUP),
    ],
)  # fmt: skip
def test_to_whom_it_goes(text: str, path: str, expected: Handed | None) -> None:
    assert {to for _, to in found(text, path)} == ({expected} if expected else set())


@given(st.text(alphabet="export const loader=()({})process.env.API_SECRET\"'`$;<>/ \n", max_size=300))
def test_what_is_handed_over_is_read_in_files_that_may(text: str) -> None:
    for path in ("app/routes/a.tsx", "a.py", "a.astro"):
        data = text.encode()
        if found(text, path):
            assert may_hand(data, reads(path, data))
