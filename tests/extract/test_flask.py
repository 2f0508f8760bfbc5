"""What Flask files declare."""

from batten.code.lower_python import lower
from batten.extract.flask import extract
from batten.extract.summaries import summarise
from batten.facts.routes import Endpoint, Middleware, Mount

IMPORTS = "from flask import Flask, Blueprint\n"


def declared(source: str) -> tuple[list[Endpoint], list[Mount], list[Middleware]]:
    summary = summarise(lower((IMPORTS + source).encode(), "app.py"), lambda name: False)
    found = extract("app.py", summary.functions, summary.bindings)
    return list(found.endpoints), list(found.mounts), list(found.middleware)


def endpoints(source: str) -> list[tuple[str, str, str, str, tuple[str, ...]]]:
    return [("|".join(one.methods), one.path, one.router, one.handler, one.chain) for one in declared(source)[0]]


def test_decorators() -> None:
    source = """
app = Flask(__name__)
METHODS = ['PUT']
@app.route('/a')
@app.route('/b', methods=['GET', 'post'])
def f(): pass
@app.delete('/c')
def g(): pass
@app.route('/d', methods=METHODS)
def h(): pass
"""
    assert endpoints(source) == [
        ("GET", "/a", "#app", "#f", ()),
        ("GET|POST", "/b", "#app", "#f", ()),
        ("DELETE", "/c", "#app", "#g", ()),
        ("PUT", "/d", "#app", "#h", ()),
    ]


def test_a_route_with_a_key_in_its_path_is_a_route() -> None:
    secret = "Qw3" + "eRt5" + "YuI7" + "oPa9" + "SdF"
    source = f"""
app = Flask(__name__)
@app.route('/hook/{secret}/done')
def f(): pass
"""
    assert endpoints(source) == [("GET", "/hook/_/done", "#app", "#f", ())]


def test_the_words_of_a_long_path_are_no_key() -> None:
    source = f"""
app = Flask(__name__)
@app.route('/members/00/QuarterlyReport00095')
def f(): pass
@app.route('/v1/aB3dE5/gH7{"kL9mN1pQ3rS5t"}U7vW9xY1zA3bC5d')
def g(): pass
"""
    assert endpoints(source) == [
        ("GET", "/members/00/QuarterlyReport00095", "#app", "#f", ()),
        ("GET", "/v1/_/_", "#app", "#g", ()),
    ]


def test_only_decorators_below_the_route_guard_it() -> None:
    source = """
from flask_login import login_required
app = Flask(__name__)
@login_required
@app.route('/a')
def f(): pass
@app.route('/b')
@login_required
@role('admin')
def g(): pass
"""
    assert [(path, chain) for _, path, _, _, chain in endpoints(source)] == [
        ("/a", ()),
        ("/b", ("flask_login#login_required", "role")),
    ]


def test_what_is_no_route() -> None:
    assert (
        endpoints("app = Flask(__name__)\n@app.errorhandler(404)\ndef f(): pass\n@app.cli.command('seed')\ndef g(): pass\napp.get('/a')\n")
        == []
    )


def test_blueprints() -> None:
    source = """
from .views import bp as views
bp = Blueprint('b', __name__, url_prefix='/b')
def make():
    app = Flask(__name__)
    app.register_blueprint(bp, url_prefix='/v1')
    app.register_blueprint(views)
    return app
"""
    assert [(one.parent, one.child, one.prefix) for one in declared(source)[1]] == [
        ("", "#bp", "/b"),
        ("", "#make.app", ""),
        ("#make.app", "#bp", "/v1"),
        ("#make.app", ".views#bp", ""),
    ]


def test_what_runs_before() -> None:
    source = """
from .auth import check
app = Flask(__name__)
bp = Blueprint('b', __name__)
@bp.before_request
def f(): pass
@bp.before_app_request
def g(): pass
app.before_request(check)
"""
    assert [(one.router, one.name, one.later_only) for one in declared(source)[2]] == [
        ("#bp", "#f", False),
        ("", "#g", False),
        ("#app", ".auth#check", False),
    ]


def test_rules_that_are_added() -> None:
    source = """
from . import views
app = Flask(__name__)
app.add_url_rule('/a', 'a', views.a, methods=['POST'])
app.add_url_rule('/b', view_func=b)
app.add_url_rule('/c', 'c', Users.as_view('c'))
app.add_url_rule('/d', endpoint='d')
"""
    assert endpoints(source) == [
        ("POST", "/a", "#app", ".#views.a", ()),
        ("GET", "/b", "#app", "b", ()),
        ("GET", "/c", "#app", "Users.as_view", ()),
    ]


def test_routes_of_lists_and_those_that_are_only_known_when_the_app_runs() -> None:
    source = """
app = Flask(__name__)
for path in ['/a', '/b']:
    app.add_url_rule(path, path, f, methods=['POST'])
for path, view in [('/c', g)]:
    app.add_url_rule(path, view_func=view)
for path, view in views():
    app.add_url_rule(path, view_func=view)
for name in dir():
    app.route('/of/' + name)(globals()[name])
@app.route('/d')
def d(): pass
"""
    assert [each for each in endpoints(source) if each[1] != "/d"] == [
        ("POST", "/a", "#app", "f", ()),
        ("POST", "/b", "#app", "f", ()),
        ("GET", "/c", "#app", "g", ()),
        ("GET", "/{computed}", "#app", "computed:", ()),
        ("GET", "/of/{computed}", "#app", "computed:", ()),
    ]


def test_addresses_that_are_put_together_elsewhere() -> None:
    source = """
from .paths import PREFIX
app = Flask(__name__)
def ajax(name): return '/json/' + name
@app.route(ajax('save'), methods=['POST'])
def f(): pass
@app.route(PREFIX + '/list')
def g(): pass
@app.route(PREFIX)
def h(): pass
@cache.get(key_of('x'))
def i(): pass
"""
    assert endpoints(source) == [
        ("POST", "/{computed}/save", "#app", "#f", ()),
        ("GET", "/{computed}/list", "#app", "#g", ()),
        ("GET", "/{computed}/h", "#app", "#h", ()),
    ]
