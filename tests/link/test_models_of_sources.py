"""What requests bring: each row of the sources is met by a handler that is made of its name as apps write it."""

from pathlib import Path

from own_rules import RULES

from batten.facts.vocabulary import Meaning, Row
from batten.rules.vocabulary import load_vocabulary
from batten.scan import scan_files

SOURCES = Path(__file__).parents[2] / "rulepacks/web/vocabulary/sources.yml"
# What handlers of these are given is told by files around them: tests of their own have these.
OF_OTHER_TESTS = frozenset(
    (
        "chunk",
        "firebase",
        "socket",
        "trpc",
        "ws",
        "connexion",
        "lambda",
        "remix",
        "sveltekit",
        "supabase-edge",
        "graphql",
        "ninja",
        "archive",
    )
)
CALLED = frozenset(("get_data", "get_json", "getQuery", "getValidatedQuery", "readRawBody", "readFormData", "getRouterParam", "getRouterParams", "getHeader", "getRequestHeader", "getCookie", "readBody", "readMultipartFormData", "readValidatedBody"))  # fmt: skip
# Pages are read where they do something that matters.
READ = "export const show = (x) => {{ document.body.innerHTML = x }};\n"
HANDLERS = {
    "flask": ("m{n}.py", "import flask\napp = flask.Flask(__name__)\n@app.get('/<p0>/<p1>')\ndef handler(p0, p1):\n    eval({value})\n    return {{}}\n"),
    "fastapi": (
        "m{n}.py",
        "from fastapi import FastAPI, Request\napp = FastAPI()\n@app.post('/a')\nasync def handler(p0: Request, p1: str):\n    eval({value})\n    return {{}}\n",
    ),
    "django": (
        "m{n}.py",
        "from django.http import HttpResponse\nfrom django.urls import path\ndef handler(p0):\n    eval({value})\n    return HttpResponse()\nurlpatterns = [path('a', handler)]\n",
    ),
    "aiohttp": (
        "m{n}.py",
        "from aiohttp import web\nasync def handler(p0):\n    eval({value})\n    return web.Response()\napp = web.Application()\napp.router.add_post('/a', handler)\n",
    ),
    "starlette": (
        "m{n}.py",
        "from starlette.applications import Starlette\nfrom starlette.routing import Route\nasync def handler(p0):\n    eval({value})\napp = Starlette(routes=[Route('/a', handler)])\n",
    ),
    "graphql": ("m{n}.py", "import graphene\nclass Query(graphene.ObjectType):\n    def resolve_a(self, info, p1):\n        eval({value})\n"),
    "graphql-root": (
        "m{n}.js",
        "import {{ graphql }} from 'graphql';\nconst root = {{ run: (p0) => eval({value}) }};\nexport const asked = (source, schema) => graphql({{ schema, source, rootValue: root }});\n",
    ),
    "express": ("m{n}.js", "import express from 'express';\nconst app = express();\napp.post('/a', async (p0, p1) => {{ eval({value}); p1.end(); }});\n"),
    "fastify": ("m{n}.js", "import Fastify from 'fastify';\nconst app = Fastify();\napp.post('/a', async (p0, p1) => {{ eval({value}); return {{}}; }});\n"),
    "nitro": ("server/api/m{n}.ts", "export default defineEventHandler(async (p0) => {{ eval({value}); }});\n"),
    "next": ("app/m{n}/route.ts", "export async function POST(p0, p1) {{ eval({value}); return Response.json({{}}); }}\n"),
    "page": ("app/m{n}/page.tsx", READ + "export default async function Page(p0) {{ eval({value}); return <p />; }}\n"),
    "loader": ("app/routes/m{n}.tsx", READ + "export async function loader(p0) {{ eval({value}); return {{}}; }}\n"),
    "azure": ("m{n}.ts", "import {{ app }} from '@azure/functions';\napp.http('m', {{ handler: async (p0, context) => {{ eval({value}); return {{}}; }} }});\n"),
    "flask-request": ("m{n}.py", "import functions_framework\n@functions_framework.http\ndef handler(p0):\n    eval({value})\n    return ''\n"),
    "http-server": (
        "m{n}.py",
        "from http.server import BaseHTTPRequestHandler\nclass Handler(BaseHTTPRequestHandler):\n    def do_GET(self):\n        eval({value})\n",
    ),
    "chainlit": ("m{n}.py", "import chainlit\n@chainlit.on_message\nasync def main(p0):\n    eval({value})\n"),
    "form": ("m{n}.py", "import gradio\ndef run(p0):\n    eval({value})\ngradio.Interface(run, 'text', 'text').launch()\n"),
    "procedure": (
        "src/actions/m{n}.ts",
        "import {{ defineAction }} from 'astro:actions';\nexport const server = {{ run: defineAction({{ handler: async (p0) => {{ eval({value}); }} }}) }};\n",
    ),
    "tanstack": (
        "src/m{n}.ts",
        "import {{ createServerFn }} from '@tanstack/react-start';\nexport const run = createServerFn().handler(async (p0) => {{ eval({value}); }});\n",
    ),
    "action": ("app/m{n}/actions.ts", "'use server';\nexport async function act(p0) {{ eval({value}); }}\n"),
}  # fmt: skip
SERVER_SIDE = ("pages/m{n}.tsx", READ + "export async function getServerSideProps(p0) {{ eval({value}); return {{ props: {{}} }}; }}\n")


# What is not read of the request itself: parameters of an address, and what a parser of Flask's extensions takes out of it.
OTHERWISE = {
    **{
        f"{package}.request.path": f"import {package}\napp = {package}.Flask(__name__)\n@app.errorhandler(404)\ndef lost(error):\n    eval({package}.request.path)\n"
        for package in ("flask", "quart")
    },
    "route.django.address.**": HANDLERS["django"][1].replace("(p0)", "(request, p0)").replace("'a'", "'<str:p0>'").format(value="p0"),
    **{
        f"{package}.reqparse.RequestParser.parse_args.**": HANDLERS["flask"][1]
        .replace("import flask\n", f"import flask\nfrom {package} import reqparse\n")
        .format(value="reqparse.RequestParser().parse_args()['a']")
        for package in ("flask_restful", "flask_restx")
    },
}
OTHERWISE |= {
    f"chalice.Chalice.current_request.{part}.**": "from chalice import Chalice\n\napp = Chalice(app_name='a')\n\n\n@app.route('/a')\ndef view():\n"
    f"    eval(app.current_request.{part}['a'])\n"
    for part in ("query_params", "headers", "uri_params", "json_body", "raw_body")
}
OTHERWISE |= {
    f"{package}.{holder}.payload.**": HANDLERS["flask"][1]
    .replace("import flask\n", f"import flask\nfrom {package} import {holder}\nns = {holder}('a')\n")
    .format(value="ns.payload['a']")
    for package in ("flask_restx", "flask_restplus")
    for holder in ("Namespace", "Api")
}


OTHERWISE |= {
    f"streamlit.{field}.**": f"import streamlit\neval(streamlit.{field}{asked})\n"
    for fields, asked in (
        (("text_input", "text_area", "chat_input", "sidebar.text_input", "sidebar.text_area"), "('a')"),
        (("query_params",), "['a']"),
    )
    for field in fields
}


def file_of(row: Row, number: int) -> tuple[str, str]:
    """The path of a handler that reads what a row says, and the handler."""
    first, *steps = row.pattern.split(".")
    if row.pattern in OTHERWISE:
        return f"m{number}.py", OTHERWISE[row.pattern]
    if first == "route":
        framework, *steps = steps
        index = steps.pop(0) if steps and steps[0] in ("0", "1", "*") else "1" if framework == "fastapi" else "0"
        path, text = SERVER_SIDE if framework == "loader" and steps[0] == "req" else HANDLERS[framework]
        value = read("self", steps[1:]) if steps and steps[0] == "self" else read(f"p{index.replace('*', '0')}", steps)
    elif first in ("flask", "quart", "bottle", "connexion"):
        path, text = HANDLERS["flask"]
        text = text.replace("import flask\n", f"import flask\nimport {first}\n")
        value = read(f"{first}.request", steps[1:])
    elif first in CALLED:
        path, text = HANDLERS["nitro"]
        value = read(f"(await {first}(p0))", steps)
    else:
        path, text = (
            "server/api/m{n}.ts",
            f"import {{{{ {steps[0]} }}}} from '{first}';\nexport default defineEventHandler(async (event) => {{{{ eval({{value}}); }}}});\n",
        )
        value = read(f"(await {steps[0]}(event))", steps[1:])
    return path.format(n=number), text.format(value=value)


def read(start: str, steps: list[str]) -> str:
    value = start
    for step in steps:
        if step == "URL":
            value = f"new URL({value})"
        else:
            value += f".{'a' if step == '**' else step}{'()' if step in CALLED else ''}"
    return value


def test_each_row_is_met_by_what_a_handler_reads() -> None:
    rows = [
        row
        for row in load_vocabulary(SOURCES.read_text(), str(SOURCES))
        if isinstance(row, Row)
        and row.means is Meaning.SOURCE
        and row.kind == "request"
        and row.pattern.split(".")[1] not in OF_OTHER_TESTS
    ]
    files = dict(file_of(row, number) for number, row in enumerate(rows))
    sources = {path: text.encode() for path, text in files.items()} | {
        "package.json": b'{"dependencies": {"next": "15", "express": "5", "fastify": "5"}}'
    }
    met = {flow.place.path for flow in scan_files(sources, RULES).project.flows if flow.kind == "code" and flow.source == "request"}
    assert [row.pattern for number, row in enumerate(rows) if file_of(row, number)[0] not in met] == []
