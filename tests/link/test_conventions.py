"""What a host or a framework calls handlers with is told by the rows of those that do it alike: what strangers send is followed, what the host says is not."""

import json

from own_rules import RULES

from batten.scan import scan_files

EXEC = "import { exec } from 'node:child_process'\n"
RUN = "import subprocess\n"
PACKAGES = (
    "@netlify/functions", "@azure/functions", "@google-cloud/functions-framework", "firebase-functions", "convex", "astro", "@sveltejs/kit",
    "@tanstack/react-start", "routing-controllers", "tsoa", "inversify-express-utils", "hono",
)  # fmt: skip


def _told(files: dict[str, str]) -> list[str]:
    sources = {path: text.encode() for path, text in files.items()}
    sources["package.json"] = json.dumps({"dependencies": dict.fromkeys(PACKAGES, "1")}).encode()
    sources["requirements.txt"] = b"litestar\nazure-functions\nfunctions-framework\nchainlit\ngradio\ndash\nstreamlit\nnicegui\n"
    found = scan_files(sources, RULES).findings
    return sorted(each.place.path for each in found if each.rule == "command-injection")


def _vercel(value: str) -> str:
    return f"{EXEC}export default async function handler(req, res) {{ exec({value}); res.end() }}\n"


def _netlify(value: str) -> str:
    return f"{EXEC}export default async (req, context) => {{ exec({value}); return new Response('') }}\n"


def _azure(parameters: str, value: str) -> str:
    return f"{EXEC}import {{ app }} from '@azure/functions'\napp.http('run', {{ handler: async ({parameters}) => {{ exec({value}); return {{}} }} }})\n"


def _astro(value: str) -> str:
    return (
        f"{EXEC}export const POST = async ({{ request, url, params, cookies, locals }}) => {{ exec({value}); return new Response('') }}\n"
    )


def _pages(value: str) -> str:
    return f"{EXEC}export const onRequestPost = async ({{ request, params, env }}) => {{ exec({value}); return new Response('') }}\n"


def _bun(value: str) -> str:
    return f"{EXEC}Bun.serve({{ routes: {{ '/run/:name': async (req) => {{ exec({value}); return new Response('') }} }} }})\n"


def _hono(value: str) -> str:
    return f"{EXEC}import {{ Hono }} from 'hono'\nconst app = new Hono()\napp.post('/run', (c) => {{ exec({value}); return c.text('') }})\n"


def _controller(parameter: str) -> str:
    return (
        f"{EXEC}import {{ JsonController, Post, Body, BodyParam, QueryParam, Req, CurrentUser }} from 'routing-controllers'\n"
        f"@JsonController('/run')\nexport class Run {{\n  @Post('/') run({parameter}) {{ exec(given) }}\n}}\n"
    )


def _tsoa(parameter: str) -> str:
    return (
        f"{EXEC}import {{ Controller, Route, Post, Body, Path, Query, Inject }} from 'tsoa'\n"
        f"@Route('run')\nexport class Run extends Controller {{\n  @Post('{{given}}') public run({parameter}) {{ exec(given) }}\n}}\n"
    )


def _litestar(parameter: str, value: str = "given") -> str:
    return (
        f"{RUN}from litestar import Litestar, Request, post\nfrom state import Settings\n"
        f"@post('/run/{{name:str}}')\nasync def run({parameter}) -> dict:\n    subprocess.run({value}, shell=True)\n    return {{}}\napp = Litestar([run])\n"
    )


def _server(value: str) -> str:
    return (
        f"{RUN}from http.server import BaseHTTPRequestHandler, HTTPServer\nclass Handler(BaseHTTPRequestHandler):\n"
        f"    def do_POST(self):\n        subprocess.run({value}, shell=True)\nHTTPServer(('', 8000), Handler).serve_forever()\n"
    )


def test_what_strangers_send_is_followed() -> None:
    files = {
        "v1/api/run.ts": _vercel("req.body.cmd"),
        "v2/api/run.ts": _vercel("(await req.json()).cmd"),
        "v3/api/run.ts": _vercel("req.headers.get('x')"),
        "n1/netlify/functions/run.ts": f"{EXEC}export const handler = async (event) => {{ exec(JSON.parse(event.body).cmd); return {{}} }}\n",
        "n2/netlify/functions/run.ts": _netlify("(await req.json()).cmd"),
        "az1/run.ts": _azure("request, context", "request.query.get('cmd')"),
        "az2/run.ts": _azure("context, req", "req.body.cmd"),
        "as1/src/pages/api/run.ts": _astro("url.searchParams.get('cmd')"),
        "as2/src/pages/api/run.ts": _astro("(await request.formData()).get('cmd')"),
        "as3/src/actions/index.ts": f"{EXEC}import {{ defineAction }} from 'astro:actions'\n"
        "export const server = { run: defineAction({ handler: async (input, context) => { exec(input.cmd) } }) }\n",
        "functions/api/run.ts": _pages("(await request.json()).cmd"),
        "functions/api/[name].ts": _pages("params.name"),
        "bun1.ts": _bun("req.params.name"),
        "bun2.ts": _bun("(await req.json()).cmd"),
        "deno.ts": f"{EXEC}Deno.serve(async (req) => {{ exec(new URL(req.url).searchParams.get('cmd')); return new Response('') }})\n",
        "hono.ts": _hono("c.req.raw.headers.get('x')"),
        "google.js": "const functions = require('@google-cloud/functions-framework')\nconst { exec } = require('child_process')\n"
        "functions.http('run', (req, res) => { exec(req.query.cmd); res.end() })\n",
        "convex/run.ts": f"'use node'\n{EXEC}import {{ action }} from './_generated/server'\n"
        "export const run = action({ args: {}, handler: async (ctx, args) => { exec(args.cmd) } })\n",
        "convex/http.ts": f"{EXEC}import {{ httpRouter }} from 'convex/server'\nimport {{ httpAction }} from './_generated/server'\nconst http = httpRouter()\n"
        "http.route({ path: '/run', method: 'POST', handler: httpAction(async (ctx, request) => { exec(await request.text()); return new Response('') }) })\nexport default http\n",
        "src/routes/data.remote.ts": f"{EXEC}import {{ command }} from '$app/server'\nexport const run = command('unchecked', async (cmd) => {{ exec(cmd) }})\n",
        "src/fns.ts": f"{EXEC}import {{ createServerFn }} from '@tanstack/react-start'\n"
        "export const run = createServerFn({ method: 'POST' }).handler(async ({ data }) => { exec(data.cmd) })\n",
        "rc1.ts": _controller("@Body() given: any"),
        "rc2.ts": _controller("@QueryParam('cmd') given: string"),
        "tsoa1.ts": _tsoa("@Path() given: string"),
        "tsoa2.ts": _tsoa("@Query() given: string"),
        "inv.ts": f"{EXEC}import {{ controller, httpPost, requestParam }} from 'inversify-express-utils'\n"
        "@controller('/run')\nexport class Run {\n  @httpPost('/:name') run(@requestParam('name') name: string) { exec(name) }\n}\n",
        "li1.py": _litestar("name: str", "name"),
        "li2.py": _litestar("data: dict", "data['cmd']"),
        "li3.py": _litestar("request: Request", "request.headers['x']"),
        "az.py": f"{RUN}import azure.functions as func\napp = func.FunctionApp()\n@app.route(route='run')\n"
        "def run(req: func.HttpRequest):\n    subprocess.run(req.get_json()['cmd'], shell=True)\n",
        "gcf.py": f"{RUN}import functions_framework\n@functions_framework.http\ndef run(request):\n    subprocess.run(request.args['cmd'], shell=True)\n    return ''\n",
        "server1.py": _server("self.rfile.read(10)"),
        "server2.py": _server("self.headers['x']"),
        "chat.py": f"{RUN}import chainlit as cl\n@cl.on_message\nasync def main(message: cl.Message):\n    subprocess.run(message.content, shell=True)\n",
        "fields.py": f"{RUN}import gradio as gr\ndef run(cmd):\n    subprocess.run(cmd, shell=True)\ngr.Interface(run, 'text', 'text').launch()\n",
        "button.py": f"{RUN}import gradio as gr\ndef run(cmd):\n    subprocess.run(cmd, shell=True)\nwith gr.Blocks() as demo:\n"
        "    box = gr.Textbox()\n    go = gr.Button('go')\n    go.click(fn=run, inputs=[box])\n",
        "board.py": f"{RUN}from dash import Dash, Input, Output\napp = Dash(__name__)\n@app.callback(Output('a', 'children'), Input('b', 'value'))\n"
        "def run(cmd):\n    subprocess.run(cmd, shell=True)\n",
        "lit.py": f"{RUN}import streamlit as st\ncmd = st.text_input('cmd')\nif st.button('go'):\n    subprocess.run(cmd, shell=True)\n",
    }  # fmt: skip
    assert _told(files) == sorted(files)


def test_what_the_host_says_is_not() -> None:
    files = {
        "v1/api/run.ts": _vercel("process.env.CMD"),
        "n1/netlify/functions/run.ts": _netlify("context.site.name"),
        "az1/run.ts": _azure("request, context", "context.functionName"),
        "as1/src/pages/api/run.ts": _astro("locals.command"),
        "functions/api/run.ts": _pages("env.COMMAND"),
        "rc1.ts": _controller("@CurrentUser() given: any"),
        "tsoa1.ts": _tsoa("@Inject() given: any"),
        "tsoa2.ts": _tsoa("given: any"),
        "li1.py": _litestar("given: Settings", "given.command"),
        "server1.py": _server("self.server.command"),
        "chat.py": f"{RUN}import chainlit as cl\n@cl.on_message\nasync def main(message: cl.Message):\n    subprocess.run(f'log {{message.id}}', shell=True)\n",
        "fields.py": f"{RUN}import gradio as gr\ndef run(times: int):\n    subprocess.run(f'repeat {{times}}', shell=True)\ngr.Interface(run, 'number', 'text').launch()\n",
        "lit.py": f"{RUN}import streamlit as st\nst.title('cmd')\nif st.button('go'):\n    subprocess.run('date', shell=True)\n",
    }  # fmt: skip
    assert _told(files) == []
