"""What ``get_permissions`` of Django REST framework demands, action by action."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

HEAD = """from rest_framework import generics, permissions, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.response import Response

from .models import Pot
from .serializers import PotSerializer


class Pots(viewsets.ModelViewSet):
    queryset = Pot.objects.all()
    serializer_class = PotSerializer

"""
CLOSED = "REST_FRAMEWORK = {'DEFAULT_PERMISSION_CLASSES': ['rest_framework.permissions.IsAuthenticated']}\n"
OPEN, KNOWN, UNTOLD = "unauthenticated", "authenticated", "None"


def asked(body: str, settings: str = CLOSED, head: str = HEAD) -> dict[str, str]:
    """What each action of a view set asks of its callers."""
    files = {
        "requirements.txt": "django==5.2\ndjangorestframework==3.16\n",
        "config/settings.py": f"ROOT_URLCONF = 'kiln.urls'\nMIDDLEWARE = []\n{settings}",
        "kiln/models.py": "from django.db import models\n\n\nclass Pot(models.Model):\n    glaze = models.TextField()\n",
        "kiln/views.py": head + "".join(f"    {line}\n" for line in body.splitlines()),
        "kiln/urls.py": "from rest_framework.routers import DefaultRouter\nfrom . import views\n"
        "router = DefaultRouter()\nrouter.register('pots', views.Pots)\nurlpatterns = router.urls\n",
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    shown = {route.handler.rpartition(".")[2]: str(route.auth) for route in found}
    return {action: shown[action] for action in ("list", "create", "destroy")}


def answers(opened: str = OPEN, made: str = KNOWN, removed: str = KNOWN) -> dict[str, str]:
    return {"list": opened, "create": made, "destroy": removed}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # lists of actions, and the rest
        ("def get_permissions(self):\n    if self.action in ['list', 'retrieve']:\n        return [AllowAny()]\n    return [IsAuthenticated()]", answers()),
        ("def get_permissions(self):\n    if self.action == 'list' or self.action == 'create':\n        return [AllowAny()]\n    return [permissions.IsAdminUser()]", answers(made=OPEN)),
        ("def get_permissions(self):\n    if self.action not in ('list',):\n        return (IsAuthenticated(),)\n    return (AllowAny(),)", answers()),
        ("def get_permissions(self):\n    if self.action == 'list':\n        return [AllowAny()]\n    elif self.action == 'create':\n        return [IsAuthenticated()]\n    else:\n        return [IsAdminUser()]", answers()),
        # the way that the framework's own documentation shows
        ("def get_permissions(self):\n    if self.action == 'list':\n        permission_classes = [AllowAny]\n    else:\n        permission_classes = [IsAuthenticated]\n    return [permission() for permission in permission_classes]", answers()),
        ("def get_permissions(self):\n    permission_classes = [IsAuthenticated]\n    if self.action == 'list':\n        permission_classes = [AllowAny]\n    return [each() for each in permission_classes]", answers()),
        # methods
        ("def get_permissions(self):\n    if self.request.method in permissions.SAFE_METHODS:\n        return [AllowAny()]\n    return [IsAuthenticated()]", answers()),
        ("def get_permissions(self):\n    if self.request.method == 'GET':\n        return [AllowAny()]\n    return [IsAuthenticated()]", answers()),
        # what is left to the class, and to the settings
        ("def get_permissions(self):\n    if self.action == 'list':\n        return [AllowAny()]\n    return super().get_permissions()", answers()),
        ("permission_classes = [AllowAny]\n\ndef get_permissions(self):\n    if self.action == 'destroy':\n        return [IsAdminUser()]\n    return super().get_permissions()", answers(made=OPEN)),
        ("def get_permissions(self):\n    if self.action == 'list':\n        self.permission_classes = [AllowAny]\n    return super().get_permissions()", answers()),
        # nobody is asked for all of it
        ("def get_permissions(self):\n    return [AllowAny()]", answers(OPEN, OPEN, OPEN)),
        # several of which each has to hold
        ("def get_permissions(self):\n    return [IsAuthenticated(), IsAdminUser()]", answers(KNOWN)),
        # one of two, whichever holds: not told apart
        ("def get_permissions(self):\n    return [(AllowAny | IsAdminUser)()]", answers(UNTOLD, UNTOLD, UNTOLD)),
        # whatever else is asked may go either way
        ("def get_permissions(self):\n    if self.kwargs.get('open'):\n        return [AllowAny()]\n    return [IsAuthenticated()]", answers(UNTOLD, UNTOLD, UNTOLD)),
        ("def get_permissions(self):\n    if self.kwargs.get('mine'):\n        return [IsAuthenticated()]\n    return [IsAuthenticated()]", answers(KNOWN)),
        ("def get_permissions(self):\n    if self.action == 'list' and self.kwargs.get('open'):\n        return [AllowAny()]\n    return [IsAuthenticated()]", answers(UNTOLD, UNTOLD, UNTOLD)),
        ("def get_permissions(self):\n    try:\n        return [each() for each in self.by_action[self.action]]\n    except KeyError:\n        return [AllowAny()]", answers(UNTOLD, UNTOLD, UNTOLD)),
        ("def get_permissions(self):\n    return [each() for each in self.asked]", answers(UNTOLD, UNTOLD, UNTOLD)),
        ("def get_permissions(self):\n    if self.action == 'list':\n        return [AllowAny()]", answers(OPEN, UNTOLD, UNTOLD)),
    ],
)  # fmt: skip
def test_what_each_action_asks(body: str, expected: dict[str, str]) -> None:
    assert asked(body) == expected


def test_what_a_base_class_gives_is_not_taken_for_what_the_settings_do() -> None:
    head = HEAD.replace(
        "class Pots(viewsets.ModelViewSet):",
        "class Base(viewsets.ModelViewSet):\n    def get_permissions(self):\n        return [IsAdminUser()]\n\n\nclass Pots(Base):",
    )
    body = "def get_permissions(self):\n    if self.action == 'list':\n        return [AllowAny()]\n    return super().get_permissions()"
    assert asked(body, "", head) == answers(OPEN, UNTOLD, UNTOLD)
    assert asked(body, "") == answers(OPEN, OPEN, OPEN)


STRANGERS = """def get_permissions(self):
    return [AllowAny()]

def get_queryset(self):
    pots = Pot.objects.all()
    if not self.request.user.is_authenticated:
        return %s
    return pots
"""


@pytest.mark.parametrize(
    ("given", "reads"),
    [("pots.exclude(open=False)", False), ("pots.filter(open=True)", False), ("Pot.objects.none()", False), ("pots", True), ("Pot.objects.all()", True)],
)  # fmt: skip
def test_rows_that_strangers_are_given_fewer_of(given: str, reads: bool) -> None:
    files = {
        "requirements.txt": "django==5.2\ndjangorestframework==3.16\n",
        "config/settings.py": f"ROOT_URLCONF = 'kiln.urls'\nMIDDLEWARE = []\n{CLOSED}",
        "kiln/models.py": "from django.db import models\n\n\nclass Pot(models.Model):\n    glaze = models.TextField()\n",
        "kiln/views.py": HEAD + "".join(f"    {line}\n" for line in (STRANGERS % given).splitlines()),
        "kiln/urls.py": "from rest_framework.routers import DefaultRouter\nfrom . import views\n"
        "router = DefaultRouter()\nrouter.register('pots', views.Pots)\nurlpatterns = router.urls\n",
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    (listed,) = (route for route in found if route.handler.rpartition(".")[2] == "list")
    assert (str(listed.auth) == OPEN and any(effect.kind == "database-read" for effect in listed.effects)) is reads
