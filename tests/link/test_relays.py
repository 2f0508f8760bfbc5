"""Requests to models that go on with the headers of whoever asks: who pays is told by whether the app adds a key of its own."""

import pytest
from own_rules import RULES

from batten.facts.routes import EffectKind
from batten.scan import scan_files

URL = "'https://api.openai.com/v1/chat/completions'"
TO = "'https://api.openai.com' + url.pathname"
SEND = "method: 'POST', body: request.body"
SET = "headers.set('Authorization', `Bearer ${env.KEY}`)"
SETTING = "os.environ['OPENAI_API_KEY']"


def worker(body: str, rest: str = "") -> dict[str, str]:
    source = f"export default {{ async fetch(request, env) {{ const url = new URL(request.url); {body} }} }};\n{rest}"
    return {"wrangler.toml": 'name = "relay"\nmain = "src/index.js"\n', "src/index.js": source}


def express(headers: str, rest: str = "", before: str = "") -> dict[str, str]:
    asked = f"await fetch({URL}, {{ method: 'POST', headers: {headers}, body: JSON.stringify(req.body) }})"
    return {
        "src/index.js": f"import express from 'express'\n{rest}\nconst app = express()\napp.post('/x', async (req, res) => {{ {before}; res.json(await ({asked}).json()) }})\n"
    }


def httpx(headers: str, before: str = "pass", rest: str = "") -> dict[str, str]:
    return {
        "requirements.txt": "fastapi\nhttpx\n",
        "main.py": f"""
import os, httpx
from fastapi import FastAPI, Request
{rest}
app = FastAPI()
@app.post("/x")
async def relay(request: Request):
    async with httpx.AsyncClient() as client:
        {before}
        r = await client.post({URL}, headers={headers}, content=await request.body())
        return r.json()
""",
    }


def node(options: str, rest: str = "", before: str = "") -> dict[str, str]:
    return {
        "src/index.js": f"import http from 'node:http'\nimport https from 'node:https'\nhttp.createServer((req, res) => {{ {before}; req.pipe(https.request({options}, (r) => r.pipe(res))) }}).listen(80)\n{rest}"
    }


def pays(files: dict[str, str]) -> bool:
    routes = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    return any(effect.kind is EffectKind.PAID_MODEL_CALL for route in routes for effect in route.effects)


@pytest.mark.parametrize(
    "files",
    [
        worker(f"return fetch({TO}, {{ {SEND}, headers: request.headers }})"),
        worker(f"const headers = new Headers(request.headers); headers.delete('host'); return fetch({TO}, {{ {SEND}, headers }})"),
        worker(f"return fetch(new Request({TO}, request))"),
        worker(f"return fetch({TO}, request)"),
        worker(f"return fetch({TO}, {{ {SEND}, headers: strip(request.headers) }})", "function strip(h) { const kept = new Headers(h); kept.delete('cookie'); return kept }"),
        worker(f"const h = new Headers(); h.set('Authorization', request.headers.get('Authorization')); return fetch({TO}, {{ {SEND}, headers: h }})"),
        worker(f"const base = env.UPSTREAM_URL; return fetch({TO}, {{ {SEND}, headers: request.headers }})"),
        express("{ ...req.headers, host: 'api.openai.com' }"),
        express("told(req)", "const told = (req) => ({ authorization: req.headers.authorization, 'content-type': 'application/json' })"),
        httpx("dict(request.headers)"),
        httpx("headers", "headers = {k: v for k, v in request.headers.items() if k != 'host'}"),
        node("{ hostname: 'api.openai.com', path: req.url, method: req.method, headers: { ...req.headers, host: 'api.openai.com' } }"),
        worker(f"url.host = 'api.openai.com'; return fetch(url, {{ {SEND}, headers: request.headers }})"),
        worker(f"url.host = 'files.shop.dev'; return fetch(url, {{ {SEND}, headers: {{ Authorization: `Bearer ${{env.KEY}}` }} }})"),
    ],
)  # fmt: skip
def test_whoever_asks_pays(files: dict[str, str]) -> None:
    assert pays(files) is False


@pytest.mark.parametrize(
    "files",
    [
        worker(f"const headers = new Headers(request.headers); {SET}; return fetch({TO}, {{ {SEND}, headers }})"),
        worker(f"const next = new Request({TO}, request); next.{SET}; return fetch(next)"),
        worker(f"return fetch({TO}, {{ {SEND}, headers: made(request, env) }})", f"function made(r, env) {{ const headers = new Headers(r.headers); {SET}; return headers }}"),
        worker(
            f"return fetch({TO}, {{ {SEND}, headers: made(request, pick(env)) }})",
            "function pick(env) { return env.KEYS.split(',')[0] }\nfunction made(r, one) { const kept = new Headers(r.headers); kept.set('Authorization', `Bearer ${one}`); return kept }",
        ),
        worker(f"const one = await env.KV.get('k'); const h = new Headers(request.headers); h.set('Authorization', one); return fetch({TO}, {{ {SEND}, headers: h }})"),
        worker(f"const {{ OPENAI }} = env; const h = new Headers(request.headers); h.set('Authorization', OPENAI); return fetch({TO}, {{ {SEND}, headers: h }})"),
        express("{ ...req.headers, authorization: `Bearer ${process.env.OPENAI_API_KEY}` }"),
        express("told(req)", "const told = (req) => ({ ...req.headers, authorization: 'Bearer ' + process.env.OPENAI_API_KEY })"),
        express("told()", "import { told } from './nowhere.js'"),
        express("told(req)", "import { told } from './nowhere.js'"),
        express("h", "import paid from './paid.js'", "const h = { ...req.headers }; h.authorization = `Bearer ${paid.openai}`"),
        express("h", "import { next } from './pool.js'", "const h = { ...req.headers }; h['Authorization'] = next()"),
        express("{ ...req.headers, Authorization: next() }", "import { next } from './pool.js'"),
        express("h", "import db from './db.js'", "const row = await db.one('select value from vault'); const h = { ...req.headers, 'x-api-key': row.value }"),
        httpx("headers", f"headers = dict(request.headers); headers['authorization'] = 'Bearer ' + {SETTING}"),
        httpx("headers", "headers = dict(request.headers); headers['Authorization'] = f'Bearer {settings.openai}'", "from conf import settings"),
        httpx("made(request)", rest=f"def made(request):\n    headers = dict(request.headers)\n    headers['authorization'] = 'Bearer ' + {SETTING}\n    return headers\n"),
        {
            "requirements.txt": "fastapi\nhttpx\n",
            "kept.py": f"import os, httpx\nclient = httpx.AsyncClient(headers={{'Authorization': {SETTING}}})\n",
            "main.py": f"from fastapi import FastAPI, Request\nfrom kept import client\napp = FastAPI()\n@app.post('/x')\nasync def relay(request: Request):\n    return (await client.post({URL}, headers=dict(request.headers))).json()\n",
        },
        node("'https://api.openai.com' + req.url, { method: 'POST', headers: { authorization: `Bearer ${process.env.OPENAI_API_KEY}` } }"),
        node("{ hostname: 'api.openai.com', path: req.url, method: 'POST', headers: made(req) }", "function made(req) { const h = { ...req.headers }; h.authorization = `Bearer ${process.env.OPENAI_API_KEY}`; return h }"),
        node("options", before="const options = { hostname: 'api.openai.com', port: 443, path: '/v1/responses', headers: { authorization: `Bearer ${process.env.OPENAI_API_KEY}` } }"),
        worker(f"url.host = 'api.openai.com'; return fetch(url, {{ {SEND}, headers: {{ Authorization: `Bearer ${{env.KEY}}` }} }})"),
        worker(f"url.hostname = HOST; return fetch(url.toString(), {{ {SEND}, headers: {{ Authorization: `Bearer ${{env.KEY}}` }} }})", "const HOST = 'api.openai.com'"),
        worker(f"url.host = 'api.openai.com'; const next = new Request(url, request); next.{SET}; return fetch(next)"),
        worker(f"return fetch('https://generativelanguage.googleapis.com' + url.pathname + '?key=' + next(), {{ {SEND}, headers: request.headers }})", "import { next } from './pool'"),
        worker(f"url.host = 'generativelanguage.googleapis.com'; url.searchParams.set('key', next()); return fetch(url, {{ {SEND}, headers: request.headers }})", "import { next } from './pool'"),
    ],
)  # fmt: skip
def test_the_app_pays(files: dict[str, str]) -> None:
    assert pays(files) is True
