"""What middleware of a Django project demands where it asks by the address: of each view what holds at its own."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

URLS = (
    "from django.urls import include, path\nfrom shop import views\n"
    "urlpatterns = [path('staff/add/', views.add), path('shop/wipe/', views.wipe), path('staff/<int:pk>/', views.Drop.as_view()), path('login/', views.sign_in)]\n"
)
VIEWS = """from django.http import JsonResponse
from django.views import View
from .models import Vase
def add(request):
    Vase.objects.create(name=request.POST["name"])
    return JsonResponse({})
def wipe(request):
    Vase.objects.filter(name=request.POST["name"]).delete()
    return JsonResponse({})
def sign_in(request):
    return JsonResponse({})
class Drop(View):
    def post(self, request, pk):
        Vase.objects.get(pk=pk).delete()
        return JsonResponse({})
"""
MODELS = "from django.db import models\nclass Vase(models.Model):\n    name = models.TextField()\n"
TOP = "from django.http import HttpResponseForbidden\nfrom django.shortcuts import redirect\nfrom django.conf import settings\n"
CALLED = (
    TOP
    + "OPEN = ['/login/', '/shop/']\nclass Gate:\n    def __init__(self, get_response):\n        self.get_response = get_response\n    def __call__(self, request):\n{}        return self.get_response(request)\n"
)
FUNCTION = (
    TOP
    + "OPEN = ('/login/', '/shop/')\ndef Gate(get_response):\n    def middleware(request):\n{}        return get_response(request)\n    return middleware\n"
)
ASKED = (
    TOP
    + "from django.utils.deprecation import MiddlewareMixin\nOPEN = ('/login/', '/shop/')\nclass Gate(MiddlewareMixin):\n    def process_request(self, request):\n{}        return None\n"
)
VIEWED = ASKED.replace("process_request(self, request)", "process_view(self, request, view_func, view_args, view_kwargs)")
NOBODY = "not request.user.is_authenticated"
ASKS = "        if {0}:\n            return redirect('login')\n"
STAFF = ASKS.format(f"request.path.startswith('/staff/') and {NOBODY}")


def answers(gate: str) -> list[str | None]:
    """Who may call what writes below ``/staff/``, in turn, and ``/shop/wipe/`` at the end."""
    settings = "ROOT_URLCONF = 'site1.urls'\nMIDDLEWARE = ['django.contrib.auth.middleware.AuthenticationMiddleware', 'site1.gate.Gate']\n"
    files = {"site1/settings.py": settings, "site1/urls.py": URLS, "shop/models.py": MODELS, "shop/views.py": VIEWS, "site1/gate.py": gate}
    project = scan_files({path: text.encode() for path, text in files.items()}, RULES).project
    found = {route.path: route.auth for route in project.routes}
    return [found["/staff/add/"], found["/staff/<int:pk>/"], found["/shop/wipe/"]]


KNOWN, OPEN = "authenticated", "unauthenticated"


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        (CALLED.format(STAFF), [KNOWN, KNOWN, OPEN]),
        (FUNCTION.format(STAFF), [KNOWN, KNOWN, OPEN]),
        (ASKED.format(STAFF), [KNOWN, KNOWN, OPEN]),
        (VIEWED.format(STAFF), [KNOWN, KNOWN, OPEN]),
        (CALLED.format(STAFF.replace("request.path.", "request.path_info.")), [KNOWN, KNOWN, OPEN]),
        (CALLED.format("        path = request.path\n" + STAFF.replace("request.path.", "path.")), [KNOWN, KNOWN, OPEN]),
        (CALLED.format("        if request.path.startswith('/staff/'):\n            if not request.user.is_authenticated:\n                return HttpResponseForbidden()\n"), [KNOWN, KNOWN, OPEN]),
        (CALLED.format(ASKS.format(f"{NOBODY} and not request.path.startswith('/shop/')")), [KNOWN, KNOWN, OPEN]),
        (CALLED.format(ASKS.format(f"{NOBODY} and not any(request.path.startswith(each) for each in OPEN)")), [KNOWN, KNOWN, OPEN]),
        (CALLED.format(ASKS.format(f"{NOBODY} and not request.path.startswith(tuple(OPEN))")), [KNOWN, KNOWN, OPEN]),
        (CALLED.format(ASKS.format(f"{NOBODY} and request.path not in ['/login/', '/shop/wipe/']")), [KNOWN, KNOWN, OPEN]),
        (CALLED.format("        if request.path.startswith('/shop/'):\n            return self.get_response(request)\n" + ASKS.format(NOBODY)), [KNOWN, KNOWN, OPEN]),
        (ASKED.format("        if request.path.startswith('/shop/'):\n            return None\n" + ASKS.format(NOBODY)), [KNOWN, KNOWN, OPEN]),
        # one address: whether the other may be that one can't be told
        (CALLED.format(ASKS.format(f"request.path == '/staff/add/' and {NOBODY}")), [KNOWN, None, OPEN]),
        # what only looks who calls demands nothing anywhere
        (CALLED.format("        if request.path.startswith('/staff/') and request.user.is_authenticated:\n            request.known = True\n"), [OPEN, OPEN, OPEN]),
        # nobody can tell
        (CALLED.format(ASKS.format(f"{NOBODY} and request.path not in settings.OPEN")), [None, None, None]),
        (CALLED.format(ASKS.format(f"{NOBODY} and needs(request.path)")), [None, None, None]),
        (CALLED.format(ASKS.format(NOBODY)), [None, None, None]),
    ],
)  # fmt: skip
def test_what_is_demanded_goes_by_the_address(gate: str, expected: list[str | None]) -> None:
    assert answers(gate) == expected
