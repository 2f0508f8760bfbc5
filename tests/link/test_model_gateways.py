"""Routes that hand requests on to a provider of models, by whatever client, with a key of the app's; and those whose callers bring their own."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

ROUTE = "unauthenticated-llm-route"
FASTAPI = "import os\nfrom fastapi import FastAPI, Request\napp = FastAPI()\nKEY = os.environ['MODEL_KEY']\n"
EXPRESS = 'import express from "express";\nconst app = express();\napp.use(express.json());\n'
KEYED = "headers: { authorization: `Bearer ${process.env.MODEL_KEY}` }"

GATEWAYS = {
    "httpx, with the method first": {
        "main.py": f"import httpx\n{FASTAPI}BASE = 'https://api.openai.com'\n@app.post('/ai')\nasync def hand_on(request: Request):\n    async with httpx.AsyncClient() as client:\n        made = await client.request('POST', f'{{BASE}}/v1/responses', content=await request.body(), headers={{'Authorization': KEY}})\n    return made.json()\n"
    },
    "httpx, with an address of the client": {
        "main.py": f"import httpx\n{FASTAPI}client = httpx.AsyncClient(base_url='https://api.anthropic.com', headers={{'x-api-key': KEY}})\n@app.post('/ai')\nasync def hand_on(request: Request):\n    return (await client.post('/v1/complete', json=await request.json())).json()\n"
    },
    "requests, with an address that a setting may replace": {
        "main.py": f"import requests\n{FASTAPI}BASE = os.getenv('MODEL_URL', 'https://api.openai.com/v1')\n@app.post('/ai')\nasync def hand_on(request: Request, path: str):\n    return requests.post(f'{{BASE}}/{{path}}', json=await request.json(), headers={{'Authorization': KEY}}).json()\n"
    },
    "requests, with an address that a function puts together": {
        "main.py": f"import requests\n{FASTAPI}def address(path):\n    return 'https://api.openai.com/v1/' + path\n@app.post('/ai')\nasync def hand_on(request: Request, path: str):\n    return requests.post(address(path), json=await request.json(), headers={{'Authorization': KEY}}).json()\n"
    },
    "an instance of axios in another file": {
        "models.js": f'const axios = require("axios");\nmodule.exports = axios.create({{ baseURL: "https://openrouter.ai/api/v1", {KEYED} }});\n',
        "server.js": f'{EXPRESS}const models = require("./models");\napp.post("/ai", async (req, res) => res.json((await models.post("/ask", req.body)).data));\n',
    },
    "an instance of axios in a field": {
        "server.ts": f'{EXPRESS}import axios from "axios";\nclass Models {{ constructor() {{ this.http = axios.create({{ baseURL: "https://api.together.xyz/v1", {KEYED} }}); }} async ask(body) {{ return (await this.http.post("/ask", body)).data; }} }}\nconst models = new Models();\napp.post("/ai", async (req, res) => res.json(await models.ask(req.body)));\n'
    },
    "got": {
        "server.ts": f'{EXPRESS}import got from "got";\nconst client = got.extend({{ prefixUrl: "https://api.openai.com/v1", {KEYED} }});\napp.post("/ai", async (req, res) => res.json(await client.post("responses", {{ json: req.body }}).json()));\n'
    },
    "undici": {
        "server.ts": f'{EXPRESS}import {{ request }} from "undici";\napp.post("/ai", async (req, res) => {{ const {{ body }} = await request("https://api.deepseek.com/ask", {{ method: "POST", {KEYED}, body: req.body.text }}); res.json(await body.json()); }});\n'
    },
    "a table of providers": {
        "server.ts": f'{EXPRESS}const PROVIDERS = {{ one: {{ url: "https://api.openai.com/v1/responses", key: () => process.env.ONE_KEY }}, other: {{ url: "https://api.groq.com/v1/responses", key: () => process.env.OTHER_KEY }} }};\napp.post("/ai", async (req, res) => {{ const chosen = PROVIDERS[req.body.provider]; const made = await fetch(chosen.url, {{ method: "POST", headers: {{ Authorization: `Bearer ${{chosen.key()}}` }}, body: JSON.stringify(req.body) }}); res.json(await made.json()); }});\n'
    },
    "a proxy that is made first": {
        "server.ts": f'{EXPRESS}import {{ createProxyMiddleware }} from "http-proxy-middleware";\nconst proxy = createProxyMiddleware({{ target: "https://api.openai.com", {KEYED} }});\napp.use("/ai", proxy);\n'
    },
    "express-http-proxy": {
        "server.js": f'{EXPRESS}const proxy = require("express-http-proxy");\napp.use("/ai", proxy("https://api.openai.com", {{ proxyReqOptDecorator: (given) => {{ given.headers["authorization"] = process.env.MODEL_KEY; return given; }} }}));\n'
    },
    "Hono's own": {
        "server.ts": f'import {{ Hono }} from "hono";\nimport {{ proxy }} from "hono/proxy";\nconst app = new Hono();\napp.all("/ai/*", (c) => proxy(`https://api.openai.com${{c.req.path}}`, {{ ...c.req, {KEYED} }}));\nexport default app;\n'
    },
    "Nitro's own": {
        "nuxt.config.ts": "export default defineNuxtConfig({});\n",
        "server/api/ai/[...path].ts": f"export default defineEventHandler((event) => proxyRequest(event, `https://api.anthropic.com/${{event.context.params.path}}`, {{ {KEYED} }}));\n",
    },
}


@pytest.mark.parametrize("way", GATEWAYS)
def test_a_gateway_spends_the_key_of_the_app(way: str) -> None:
    found = scan_files({path: text.encode() for path, text in GATEWAYS[way].items()}, RULES)
    assert [each.rule for each in found.findings if each.rule == ROUTE] == [ROUTE]


OTHERS = {
    "another server": {
        "server.ts": f'{EXPRESS}import got from "got";\nconst client = got.extend({{ prefixUrl: "https://api.weather.example/v1", {KEYED} }});\napp.post("/ai", async (req, res) => res.json(await client.post("responses", {{ json: req.body }}).json()));\n'
    },
    "the key of whoever asks": {
        "server.ts": f'{EXPRESS}import {{ request }} from "undici";\napp.post("/ai", async (req, res) => {{ const {{ body }} = await request("https://api.deepseek.com/ask", {{ method: "POST", headers: {{ authorization: req.headers.authorization }}, body: req.body.text }}); res.json(await body.json()); }});\n'
    },
    "a setting that is replaced by this machine": {
        "main.py": f"import requests\n{FASTAPI}BASE = os.getenv('MODEL_URL', 'http://localhost:11434')\n@app.post('/ai')\nasync def hand_on(request: Request, path: str):\n    return requests.post(f'{{BASE}}/{{path}}', json=await request.json()).json()\n"
    },
}


@pytest.mark.parametrize("way", OTHERS)
def test_what_spends_nothing_of_the_app(way: str) -> None:
    found = scan_files({path: text.encode() for path, text in OTHERS[way].items()}, RULES)
    assert [each.rule for each in found.findings if each.rule == ROUTE] == []
