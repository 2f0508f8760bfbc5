"""Calls that render a template, by framework: each puts text of a request into the page of its name."""

from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["request-data-in-html"])
APPS = {
    "a/app.py": "from quart import Quart, render_template, request\napp = Quart(__name__)\n@app.get('/')\nasync def a():\n    return await render_template('quart.html', asked=request.args['q'])\n",
    "b/app.py": "import aiohttp_jinja2\nfrom aiohttp import web\nasync def b(request):\n    return aiohttp_jinja2.render_template('aiohttp.html', request, {'asked': request.query['q']})\napp = web.Application()\napp.router.add_get('/b', b)\n",
    "c/app.py": "from starlette.applications import Starlette\nfrom starlette.routing import Route\nfrom starlette.templating import Jinja2Templates\ntemplates = Jinja2Templates(directory='templates')\nasync def c(request):\n    return templates.TemplateResponse('starlette.html', {'request': request, 'asked': request.query_params['q']})\napp = Starlette(routes=[Route('/c', c)])\n",
    "d/urls.py": "from django.urls import path\nfrom . import views\nurlpatterns = [path('d', views.d)]\n",
    "d/views.py": "from django.template.response import TemplateResponse\ndef d(request):\n    return TemplateResponse(request, 'django.html', {'asked': request.GET['q']})\n",
    "e/server.js": "const Fastify = require('fastify');\nconst app = Fastify();\napp.get('/e', (request, reply) => reply.view('fastify.ejs', { asked: request.query.q }));\n",
    "f/server.js": "const Koa = require('koa');\nconst Router = require('@koa/router');\nconst router = new Router();\nrouter.get('/f', async (ctx) => { await ctx.render('koa', { asked: ctx.query.q }); });\nnew Koa().use(router.routes());\n",
    "g/app.py": "import jinja2\nfrom fastapi import FastAPI\nfrom fastapi.responses import HTMLResponse\napp = FastAPI()\nenvironment = jinja2.Environment(enable_async=True)\n@app.get('/g')\nasync def g(q: str):\n    return HTMLResponse(await environment.get_template('jinja.html').render_async(asked=q))\n",
}
PAGES = {
    "a/templates/quart.html": "{{ asked|safe }}",
    "b/templates/aiohttp.html": "{{ asked|safe }}",
    "c/templates/starlette.html": "{{ asked|safe }}",
    "d/templates/django.html": "{{ asked|safe }}",
    "e/views/fastify.ejs": "<%- asked %>",
    "f/views/koa.pug": "p!= asked",
    "g/templates/jinja.html": "{{ asked }}",
}


def test_each_way_to_render_leads_into_the_template() -> None:
    found = scan_files({path: text.encode() for path, text in (APPS | PAGES).items()}, RULES).findings
    assert sorted(finding.place.path for finding in found) == sorted(PAGES)


def test_values_that_are_escaped_are_no_finding() -> None:
    escaped = {path: text.replace("|safe", "").replace("<%-", "<%=").replace("!=", "=") for path, text in PAGES.items()} | {
        "g/templates/jinja.html": "{{ asked|e }}"
    }
    found = scan_files({path: text.encode() for path, text in (APPS | escaped).items()}, RULES).findings
    assert [finding.place.path for finding in found] == []


def test_what_is_said_to_jinja_is_not_said_to_the_pages_of_django() -> None:
    view = "from django.shortcuts import render\ndef d(request):\n    return render(request, 'django.html', {'asked': request.GET['q']})\n"
    files = {
        "d/urls.py": APPS["d/urls.py"],
        "d/views.py": view,
        "d/letters.py": "from jinja2 import Environment\nletters = Environment(autoescape=False)\nparams = {}\nparams['autoescape'] = False\n",
    }
    for page, told in (("{{ asked }}", False), ("{{ asked|safe }}", True), ("{% autoescape off %}{{ asked }}{% endautoescape %}", True)):
        found = scan_files({path: text.encode() for path, text in (files | {"d/templates/django.html": page}).items()}, RULES).findings
        assert [finding.confidence == "high" for finding in found if finding.confidence != "low"] == [True] * told
