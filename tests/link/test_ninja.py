"""Routes of django-ninja: who is known by a token of simplejwt, and which rows are the caller's."""

import pytest
from own_rules import RULES

from batten.facts.project import Project
from batten.scan import scan_files

AUTH = """from ninja.security import HttpBearer
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from .models import Reader


class Tokens(HttpBearer):
    def authenticate(self, request, token):
        try:
            return Reader.objects.get(id=%s["user_id"])
        except (TokenError, Reader.DoesNotExist):
            return None
"""
HEAD = """from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404
from ninja import NinjaAPI, Schema

from .auth import AccessToken, RefreshToken, Tokens
from .models import Loan, Mark, Reader, Shelf

api = NinjaAPI(auth=Tokens())


class ShelfIn(Schema):
    name: str


@api.delete("/shelves/{shelf_id}")
def drop(request, shelf_id: int):
    get_object_or_404(Shelf, id=shelf_id).delete()


"""
MODELS = "from django.db import models\n" + "".join(
    f"class {name}(models.Model):\n    name = models.TextField()\n" for name in ("Loan", "Mark", "Reader", "Shelf")
)


def project(api: str, token: str = "AccessToken(token)") -> Project:
    files = {
        "requirements.txt": "django==5.2\ndjango-ninja==1.4\ndjangorestframework-simplejwt==5.5\n",
        "library/models.py": MODELS,
        "library/auth.py": AUTH % token,
        "library/api.py": HEAD + api,
        "library/urls.py": "from django.urls import path\nfrom .api import api\nurlpatterns = [path('api/', api.urls)]\n",
    }
    return scan_files({path: text.encode() for path, text in files.items()}, RULES).project


@pytest.mark.parametrize(
    ("token", "auth"),
    [
        ("AccessToken(token)", "authenticated"),
        ("AccessToken(token=token)", "authenticated"),
        ("AccessToken(token, verify=False)", None),
        ("AccessToken(token, False)", None),
        ("AccessToken()", None),
    ],
)
def test_a_token_of_simplejwt_tells_who_calls(token: str, auth: str | None) -> None:
    assert [route.auth for route in project("", token).routes if route.handler == "drop"] == [auth]


def test_making_tokens_asks_nobody() -> None:
    enter = '@api.post("/enter", auth=None)\ndef enter(request, name: str):\n    Mark.objects.create(name=name)\n    return str(RefreshToken.for_user(Reader.objects.get(name=name)))\n'
    assert [str(route.auth) for route in project(enter).routes if route.handler == "enter"] == ["unauthenticated"]


@pytest.mark.parametrize(
    ("api", "told"),
    [
        ("", False),
        ('@api.get("/mine")\ndef mine(request):\n    return Shelf.objects.filter(reader=request.auth)\n', True),
        # what was sent is not who sent it, whatever claims of tokens are called elsewhere
        ('@api.post("/shelves")\ndef add(request, payload: ShelfIn):\n    return Shelf.objects.create(**payload.dict())\n', False),
        # what is told of rows beside them, and what a reader has picked, does not make them anybody's
        (
            '@api.get("/shelves")\ndef all(request):\n    return Shelf.objects.annotate(marked=Exists(Mark.objects.filter(reader=request.auth, shelf=OuterRef("pk"))))\n',
            False,
        ),
        (
            '@api.get("/marked")\ndef marked(request):\n    picked = Mark.objects.filter(reader=request.auth).values_list("shelf_id")\n    return Shelf.objects.filter(id__in=picked)\n',
            False,
        ),
        ('@api.get("/mine")\ndef mine(request):\n    return Shelf.objects.annotate(number=1).filter(reader=request.auth)\n', True),
    ],
)  # fmt: skip
def test_rows_that_are_the_callers(api: str, told: bool) -> None:
    assert [row.model for row in project(api).foreign_rows] == (["shelf"] if told else [])


EXTRA = """from %s import %s
from ninja_jwt.authentication import JWTAuth

from .shelves import router

api = %s()
api.add_router("/shelves/", router, auth=JWTAuth())
"""
SHELVES = """from ninja import Router

from .models import Shelf

router = Router()


@router.delete("/{shelf_id}")
def drop(request, shelf_id: int):
    Shelf.objects.filter(id=shelf_id).delete()
"""


@pytest.mark.parametrize(("module", "maker"), [("ninja", "NinjaAPI"), ("ninja_extra", "NinjaExtraAPI")])
def test_an_interface_that_only_takes_in_routers(module: str, maker: str) -> None:
    files = {
        "requirements.txt": "django==5.2\ndjango-ninja==1.4\n",
        "library/models.py": MODELS,
        "library/shelves.py": SHELVES,
        "library/api.py": EXTRA % (module, maker, maker),
        "library/urls.py": "from django.urls import path\nfrom .api import api\nurlpatterns = [path('api/', api.urls)]\n",
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    assert [(route.title, str(route.auth)) for route in found if route.handler == "drop"] == [
        ("DELETE /shelves/{shelf_id}", "authenticated")
    ]


def test_a_view_that_is_decorated_as_one_of_django() -> None:
    asks = "from ninja.decorators import decorate_view\ndef owners_only(role):\n    def around(view):\n        def inner(request, **kwargs):\n            if request.auth.role != role:\n                raise PermissionError\n            return view(request, **kwargs)\n        return inner\n    return around\n"
    renames = '@api.put("/shelves/{shelf_id}")\n@decorate_view(owners_only("keeper"))\ndef rename(request, shelf_id: int):\n    Shelf.objects.filter(id=shelf_id).update(name="")\n\n@api.get("/mine")\ndef mine(request):\n    return Shelf.objects.filter(reader=request.auth)\n'
    assert [row.route for row in project(asks + renames).foreign_rows] == ["DELETE /shelves/{shelf_id}"]
    bare = renames.replace('@decorate_view(owners_only("keeper"))\n', "")
    assert [row.route for row in project(asks + bare).foreign_rows] == ["DELETE /shelves/{shelf_id}", "PUT /shelves/{shelf_id}"]
