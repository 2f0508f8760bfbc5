"""Pages that are written as text in the code: what is put into them as it is, and what is escaped or no page."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["request-data-in-html"])
FLASK = "from flask import Flask, make_response, render_template_string, request\nfrom jinja2 import Environment, Template\napp = Flask(__name__)\n"
EXPRESS = (
    "const express = require('express'); const Mustache = require('mustache');\n"
    "const ejs = require('ejs'); const Handlebars = require('handlebars'); const nunjucks = require('nunjucks');\nconst app = express();\n"
    "const page = Handlebars.compile('<p>{{{asked}}}</p>');\n"
)
LONG = "<p class='lead'>" + "words " * 60 + "</p>"
HEAD = "@app.get('/')\ndef page():\n    "


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (f"{HEAD}return render_template_string('<p>{{{{ asked|safe }}}}</p>', asked=request.args['q'])", True),
        (f'PAGE = """{LONG}{{{{ asked|safe }}}}"""\n{HEAD}return render_template_string(PAGE, asked=request.args[\'q\'])', True),
        (f"{HEAD}return Template('<p>{{{{ asked }}}}</p>').render(asked=request.args['q'])", True),
        (f'PAGE = Template("""{LONG}{{{{ asked }}}}""")\n{HEAD}return PAGE.render(asked=request.args[\'q\'])', True),
        (f"{HEAD}return make_response(Environment().from_string('<p>{{{{ asked }}}}</p>').render({{'asked': request.args['q']}}))", True),
        # the engine escapes, or the text says so
        (f"{HEAD}return render_template_string('<p>{{{{ asked }}}}</p>', asked=request.args['q'])", False),
        (f"{HEAD}return Template('<p>{{{{ asked }}}}</p>', autoescape=True).render(asked=request.args['q'])", False),
        (f"{HEAD}return Template('<p>{{{{ asked|e }}}}</p>').render(asked=request.args['q'])", False),
        (f"{HEAD}return render_template_string('<p>{{{{ other|safe }}}}</p>', asked=request.args['q'])", False),
        # a question to a model, and a letter
        (f"{HEAD}return ask(Template('Answer {{{{ asked }}}} in short').render(asked=request.args['q']))", False),
        (f"{HEAD}send_letter(Template('<p>{{{{ asked }}}}</p>').render(asked=request.args['q']))\n    return ''", False),
    ],
)
def test_pages_of_flask(written: str, told: bool) -> None:
    found = scan_files({"app.py": f"{FLASK}{written}\n".encode()}, RULES).findings
    assert [each.confidence == "high" for each in found if each.confidence != "low"] == [True] * told


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("res.send(Mustache.render('<p>{{{asked}}}</p>', { asked: req.query.q }))", True),
        ("res.send(Mustache.render('<p>{{#rows}}{{{name}}}{{/rows}}</p>', { rows: [{ name: req.query.q }] }))", True),
        ("{ const page = ejs.render('<p><%- asked %></p>', { asked: req.query.q }); res.send(page); }", True),
        ("res.end(nunjucks.renderString('<p>{{ asked|safe }}</p>', { asked: req.query.q }))", True),
        ("{ const page = Handlebars.compile('<p>{{{asked}}}</p>'); res.send(page({ asked: req.query.q })); }", True),
        ("res.send(page({ asked: req.query.q }))", True),
        ("res.send(ejs.compile('<p><%- asked %></p>')({ asked: req.query.q }))", True),
        ("{ const page = Handlebars.compile('<p>{{asked}}</p>'); res.send(page({ asked: req.query.q })); }", False),
        ("{ const page = Handlebars.compile('<p>{{{other}}}</p>'); res.send(page({ asked: req.query.q })); }", False),
        ("res.send(Mustache.render('<p>{{asked}}</p>', { asked: req.query.q }))", False),
        ("{ const page = ejs.render('<p><%= asked %></p>', { asked: req.query.q }); res.send(page); }", False),
        ("res.end(nunjucks.renderString('<p>{{ asked }}</p>', { asked: req.query.q }))", False),
        ("{ ask(Mustache.render('Answer {{{asked}}} in short', { asked: req.query.q })); res.end(); }", False),
    ],
)
def test_pages_of_express(answer: str, told: bool) -> None:
    found = scan_files({"app.js": f"{EXPRESS}app.get('/', (req, res) => {answer});\n".encode()}, RULES).findings
    assert [each.confidence == "high" for each in found if each.confidence != "low"] == [True] * told
