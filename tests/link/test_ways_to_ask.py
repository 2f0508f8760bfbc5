"""Ways in which small Python apps ask who calls: each route is told by what it asks, and those that ask nothing beside them."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

MODELS = "from django.db import models\nclass Item(models.Model):\n    name = models.CharField(max_length=9)\n"
PROJECT = (
    "from django.urls import path\nfrom shop import views\nurlpatterns = [path('add/', views.add), path('wipe/', views.Wipe.as_view())]\n"
)
VIEWS = """
from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from .models import Item
def add(request):
    Item.objects.create(name=request.POST["name"])
    return JsonResponse({})
%s
class Wipe(View):
    def post(self, request):
        Item.objects.all().delete()
        return JsonResponse({})
"""
BUILT_IN = "django.contrib.auth.middleware.LoginRequiredMiddleware"
OWN = """
from django.conf import settings
from django.shortcuts import redirect
class Gate:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        if %s:
            return redirect("login")
        return self.get_response(request)
"""


def answers(files: dict[str, str]) -> dict[str, str | None]:
    project = scan_files({path: text.encode() for path, text in files.items()}, RULES).project
    return {route.title: route.auth for route in project.routes}


def in_django(middleware: str, mark: str, gate: str = "") -> dict[str, str | None]:
    settings = f"ROOT_URLCONF = 'site1.urls'\nMIDDLEWARE = ['{middleware}']\nOPEN = ['/login/']\n"
    files = {"site1/settings.py": settings, "site1/urls.py": PROJECT, "shop/models.py": MODELS, "shop/views.py": VIEWS % mark}
    return answers({**files, "site1/gate.py": OWN % gate} if gate else files)


def test_a_class_that_needs_no_account() -> None:
    opened = '@method_decorator(login_not_required, name="dispatch")'
    assert in_django(BUILT_IN, opened) == {"GET /add/": "authenticated", "POST /wipe/": "unauthenticated"}
    assert in_django(BUILT_IN, "") == {"GET /add/": "authenticated", "POST /wipe/": "authenticated"}


def test_a_gate_of_the_project_that_goes_by_paths() -> None:
    by_paths = "not request.user.is_authenticated and request.path not in settings.OPEN"
    assert in_django("site1.gate.Gate", "", by_paths) == {"GET /add/": None, "POST /wipe/": None}
    assert in_django("site1.gate.Gate", "", "not request.path") == {"ANY /add/": "unauthenticated", "POST /wipe/": "unauthenticated"}


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('not request.session.get("user")', "authenticated"),
        ('"user" not in request.session', None),
        ('not request.query_params.get("page")', None),
    ],
)
def test_a_session_of_starlette(test: str, expected: str | None) -> None:
    app = f"""
from fastapi import FastAPI, HTTPException, Request
from starlette.middleware.sessions import SessionMiddleware
import sqlite3
app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key=KEY)
@app.post("/notes")
def add(request: Request, text: str):
    if {test}:
        raise HTTPException(401)
    sqlite3.connect("notes.db").execute("INSERT INTO notes (text) VALUES (?)", (text,))
"""
    assert answers({"app.py": app}) == {"POST /notes": expected}


def test_a_decorator_that_lets_strangers_on() -> None:
    app = """
from flask import Flask
from flask_httpauth import HTTPBasicAuth
import sqlite3
app = Flask(__name__)
auth = HTTPBasicAuth()
@app.post("/notes")
@auth.login_required
def add():
    sqlite3.connect("notes.db").execute("DELETE FROM notes")
@app.post("/open")
@auth.login_required(optional=True)
def wipe():
    sqlite3.connect("notes.db").execute("DELETE FROM notes")
"""
    assert answers({"app.py": app}) == {"POST /notes": "authenticated", "POST /open": "presence"}


def in_views(view: str) -> dict[str, str | None]:
    settings = "ROOT_URLCONF = 'site1.urls'\nMIDDLEWARE = ['django.contrib.auth.middleware.AuthenticationMiddleware']\n"
    urls = "from django.urls import path\nfrom shop import views\nurlpatterns = [path('orders/<int:pk>/', views.one)]\n"
    models = "from django.db import models\nclass Order(models.Model):\n    user = models.ForeignKey('auth.User', on_delete=models.CASCADE)\n    text = models.TextField()\n"
    top = "from django.http import JsonResponse\nfrom django.shortcuts import get_object_or_404, redirect, render\nfrom .models import Order\n"
    return answers({"site1/settings.py": settings, "site1/urls.py": urls, "shop/models.py": models, "shop/views.py": top + view})


READS = "    order = get_object_or_404(Order, pk=pk)\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            READS
            + "    if not request.user.is_authenticated:\n        return redirect('login')\n    return render(request, 'order.html', {'order': order})\n",
            "authenticated",
        ),
        (
            READS
            + "    if order.text == '':\n        return redirect('orders')\n    return render(request, 'order.html', {'order': order})\n",
            "unauthenticated",
        ),
        (READS + "    return redirect(order.text)\n", "unauthenticated"),
        (
            READS
            + "    order.delete()\n    if not request.user.is_authenticated:\n        return redirect('login')\n    return render(request, 'order.html')\n",
            "unauthenticated",
        ),
    ],
)
def test_who_is_sent_elsewhere_is_shown_nothing(body: str, expected: str) -> None:
    assert list(in_views(f"def one(request, pk):\n{body}").values()) == [expected]


GATE = """
def teachers(view):
    def wrapper(request, *args, **kwargs):
        if not request.user.is_authenticated:
            return redirect("login")
        TEST
        return view(request, *args, **kwargs)
    return wrapper
@teachers
def one(request, pk):
    Order.objects.get(pk=pk).delete()
    return JsonResponse({})
"""


@pytest.mark.parametrize(
    ("test", "rules"),
    [
        ("if getattr(request.user, 'role', None) != 'teacher':\n            return redirect('login')", []),
        ("if request.user.role != 'teacher':\n            return redirect('login')", []),
        ("print(request.user.role)", ["object-without-owner-check"]),
        ("if not request.user.email:\n            return redirect('login')", ["object-without-owner-check"]),
    ],
)
def test_decorators_of_views_ask_for_what_they_test(test: str, rules: list[str]) -> None:
    settings = "ROOT_URLCONF = 'site1.urls'\nMIDDLEWARE = ['django.contrib.auth.middleware.AuthenticationMiddleware']\n"
    urls = "from django.urls import path\nfrom shop import views\nurlpatterns = [path('orders/<int:pk>/', views.one)]\n"
    models = (
        "from django.db import models\nclass Order(models.Model):\n    user = models.ForeignKey('auth.User', on_delete=models.CASCADE)\n"
    )
    top = "from django.http import JsonResponse\nfrom django.shortcuts import redirect\nfrom .models import Order\n"
    files = {
        "site1/settings.py": settings,
        "site1/urls.py": urls,
        "shop/models.py": models,
        "shop/views.py": top + GATE.replace("TEST", test),
    }
    chosen = RULES.select(["object-without-owner-check"])
    assert [each.rule for each in scan_files({path: text.encode() for path, text in files.items()}, chosen).findings] == rules
