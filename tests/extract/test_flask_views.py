"""Routes of Flask whose views are classes: by decorator, by ``add_resource`` and by ``add_url_rule``."""

from own_rules import RULES

from batten.facts.routes import RouteAuth
from batten.scan import scan_files

OPEN, KNOWN = RouteAuth.UNAUTHENTICATED, RouteAuth.AUTHENTICATED
THINGS = """
from flask_restful import Resource
from flask_login import login_required
from .db import Thing, db
class Guarded(Resource):
    method_decorators = [login_required]
class Things(Guarded):
    def get(self):
        return Thing.query.all()
class Open(Resource):
    def post(self):
        db.session.add(Thing())
        db.session.commit()
    @login_required
    def delete(self):
        Thing.query.delete()
"""


def routes(**files: str) -> list[tuple[str, RouteAuth | None]]:
    texts = {"requirements.txt": "flask\nflask_restful\nflask_smorest\n", "app/__init__.py": ""}
    texts |= {f"app/{name}.py": text for name, text in files.items()}
    found = scan_files({path: text.encode() for path, text in texts.items()}, RULES).project.routes
    return sorted((route.title, route.auth) for route in found)


def test_resources_of_another_file() -> None:
    main = """
from flask import Flask
from flask_restful import Api
from .things import Open, Things
app = Flask(__name__)
api = Api(app, prefix="/api")
api.add_resource(Things, "/things")
api.add_resource(Open, "/open", "/also")
"""
    assert routes(main=main, things=THINGS) == [
        ("DELETE /api/also", KNOWN),
        ("DELETE /api/open", KNOWN),
        ("GET /api/things", KNOWN),
        ("POST /api/also", OPEN),
        ("POST /api/open", OPEN),
    ]


def test_what_the_app_asks_before_all_its_routes() -> None:
    main = """
from flask import Flask, abort
from flask_login import current_user
from flask_restful import Api
from .things import Open
app = Flask(__name__)
api = Api(app)
api.add_resource(Open, "/open")
@app.before_request
def ask():
    if not current_user.is_authenticated:
        abort(401)
"""
    assert routes(main=main, things=THINGS) == [("DELETE /open", KNOWN), ("POST /open", KNOWN)]


def test_views_by_rule() -> None:
    main = """
from flask import Flask
from flask.views import MethodView
from flask_login import login_required
from .db import Thing, db
app = Flask(__name__)
class Notes(MethodView):
    decorators = [login_required]
    def post(self):
        db.session.add(Thing())
class Drafts(MethodView):
    def put(self, id):
        db.session.add(Thing())
app.add_url_rule("/notes", view_func=Notes.as_view("notes"))
app.add_url_rule("/drafts/<int:id>", view_func=Drafts.as_view("drafts"))
"""
    assert routes(main=main) == [("POST /notes", KNOWN), ("PUT /drafts/<int:id>", OPEN)]


def test_classes_with_an_address_of_their_own_two_of_one_name() -> None:
    main = """
from flask.views import MethodView
from flask_smorest import Blueprint
from flask_jwt_extended import jwt_required
from .db import Thing, db
blp = Blueprint("notes", __name__, url_prefix="/v1")
@blp.route("/notes")
class Notes(MethodView):
    @jwt_required()
    @blp.response(200, Schema)
    def get(self):
        return Thing.query.all()
@blp.route("/notes/<int:id>")
class Notes(MethodView):
    @blp.response(200, Schema)
    def get(self, id):
        return Thing.query.get_or_404(id)
    @jwt_required()
    def delete(self, id):
        db.session.delete(Thing.query.get_or_404(id))
"""
    assert routes(main=main) == [
        ("DELETE /v1/notes/<int:id>", KNOWN),
        ("GET /v1/notes", KNOWN),
        ("GET /v1/notes/<int:id>", OPEN),
    ]


def test_namespaces() -> None:
    main = """
from flask import Flask
from flask_restx import Api, Namespace, Resource
from .db import Thing, db
app = Flask(__name__)
api = Api(app)
notes = Namespace("notes")
@notes.route("/<int:id>")
class Note(Resource):
    @notes.expect(model)
    def put(self, id):
        db.session.add(Thing())
api.add_namespace(notes, path="/all")
"""
    assert routes(main=main) == [("PUT /all/<int:id>", OPEN)]
