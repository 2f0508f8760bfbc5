"""Rows that generic views of Django REST framework hand to every account: what says whose they are, and what asks for more than an account."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["object-without-owner-check", "login-only-privileged-operation"])
HEAD = """from rest_framework import generics, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.response import Response

from .models import Booking, Room
from .serializers import BookingSerializer, RoomSerializer


class IsHost(BasePermission):
    def has_permission(self, request, view):
        return request.user.is_authenticated and request.user.role == "host"


class IsHostOfIt(IsHost):
    def has_object_permission(self, request, view, row):
        return row.host == request.user


class IsStaffUser(BasePermission):
    def has_permission(self, request, view):
        return bool(request.user and request.user.is_staff)


class IsHeadClerk(BasePermission):
    def has_permission(self, request, view):
        return request.user.is_superuser

"""
MINE = """
class Mine(generics.ListAPIView):
    serializer_class = BookingSerializer
    permission_classes = [IsAuthenticated]

    def get_queryset(self):
        return Booking.objects.filter(lodger=self.request.user)

"""
OF_HOSTS = """
class OfHosts(generics.ListCreateAPIView):
    serializer_class = RoomSerializer
    permission_classes = [IsAuthenticated, IsHost]

    def perform_create(self, serializer):
        serializer.save(host=self.request.user)

"""
OF_STAFF = OF_HOSTS.replace("IsHost]", "IsStaffUser]").replace("host=", "made_by=")
ALL = "    queryset = Booking.objects.all()\n    serializer_class = BookingSerializer\n"
ROOMS = "    queryset = Room.objects.all()\n    serializer_class = RoomSerializer\n"
CLOSED = "REST_FRAMEWORK = {'DEFAULT_PERMISSION_CLASSES': ['rest_framework.permissions.IsAuthenticated']}\n"
MODELS = "from django.db import models\n\n\nclass Booking(models.Model):\n    nights = models.IntegerField()\n\n\nclass Room(models.Model):\n    name = models.TextField()\n"
OWNED = """from django.conf import settings
from django.db import models


class Booking(models.Model):
    %s = models.ForeignKey(%s, on_delete=models.CASCADE)


class Room(models.Model):
    name = models.TextField()
"""


def told(views: str, rest: str = MINE, settings: str = "", models: str = MODELS) -> list[tuple[str, str]]:
    """The deed and the route of each row of others that ``One`` lets every account have."""
    other = next(part.partition("(")[0] for part in reversed(rest.split("class ")) if "(generics." in part)
    files = {
        "requirements.txt": "django==5.2\ndjangorestframework==3.16\n",
        "config/settings.py": f"ROOT_URLCONF = 'inn.urls'\nMIDDLEWARE = []\n{settings}",
        "inn/models.py": models,
        "inn/views.py": HEAD + rest + views,
        "inn/urls.py": "from django.urls import path\nfrom . import views\n"
        f"urlpatterns = [path('one/<int:pk>/', views.One.as_view()), path('rest/', views.{other}.as_view())]\n",
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.foreign_rows
    return [(row.deed, row.route) for row in found]


def view(base: str, permissions: str | None, body: str = "", rows: str = ALL) -> str:
    asked = f"    permission_classes = [{permissions}]\n" if permissions is not None else ""
    return f"\nclass One(generics.{base}):\n{rows}{asked}{body}"


CHANGED = [("changes", "PATCH /one/<int:pk>/")]
PATCH = "\n    def patch(self, request, *args, **kwargs):\n        row = self.get_object()\n        row.nights = request.data.get('nights')\n        row.save()\n        return Response({'message': 'saved'})\n"


@pytest.mark.parametrize(
    ("views", "rest", "expected"),
    [
        # rows are tied by whichever field is compared with the caller, not by its name
        (view("UpdateAPIView", "IsAuthenticated"), MINE, CHANGED),
        (view("UpdateAPIView", "IsAuthenticated"), MINE.replace("lodger=self.request.user", "lodger__user=self.request.user"), CHANGED),
        (view("UpdateAPIView", "IsAuthenticated"), MINE.replace("filter(lodger=self.request.user)", "all()"), []),
        # a method that is written out, which looks the row up and changes it
        (view("UpdateAPIView", "IsAuthenticated", PATCH), MINE, CHANGED),
        (view("GenericAPIView", "IsAuthenticated", PATCH), MINE, CHANGED),
        (view("GenericAPIView", "IsAuthenticated", PATCH.replace("row.save()", "row.delete()")), MINE, [("deletes", "PATCH /one/<int:pk>/")]),
        (view("GenericAPIView", "IsAuthenticated", PATCH.replace("row.save()", "self.must_be_mine(row)\n        row.save()")), MINE, []),
        (view("GenericAPIView", "IsAuthenticated", PATCH.replace("row.save()", "if row.lodger == request.user:\n            row.save()")), MINE, []),
        (view("GenericAPIView", "IsAuthenticated", PATCH.replace("    def patch", "    @owner_only\n    def patch")), MINE, []),
        # the account itself
        (view("UpdateAPIView", "IsAuthenticated", "\n    def get_object(self):\n        return self.request.user\n"), MINE, []),
        # rows that are about one person are not for every account to read, either; rooms are
        (view("RetrieveAPIView", "IsAuthenticated"), MINE, [("reads", "GET /one/<int:pk>/")]),
        (view("RetrieveAPIView", "IsAuthenticated", rows=ROOMS), MINE.replace("Booking", "Room"), []),
        (view("RetrieveAPIView", "IsAuthenticated, IsStaffUser"), MINE, []),
        # who works on a row, and notes that, need not have it
        (view("DestroyAPIView", "IsAuthenticated", rows=ROOMS), OF_HOSTS.replace("[IsAuthenticated, IsHost]", "[IsAuthenticated]").replace("host=", "cleaned_by="), []),
        (view("DestroyAPIView", "IsAuthenticated", rows=ROOMS), OF_HOSTS.replace("[IsAuthenticated, IsHost]", "[IsAuthenticated]").replace("host=", "created_by="), [("deletes", "DELETE /one/<int:pk>/")]),
        # a role whose holders get rows of their own elsewhere does not say that all rows are theirs
        (view("DestroyAPIView", "IsAuthenticated, IsHost", rows=ROOMS), OF_HOSTS, [("deletes", "DELETE /one/<int:pk>/")]),
        (view("DestroyAPIView", "IsAuthenticated, IsHostOfIt", rows=ROOMS), OF_HOSTS, []),
        (view("DestroyAPIView", "IsAuthenticated, IsHost"), MINE, []),
        (view("DestroyAPIView", "IsStaffUser", rows=ROOMS), OF_STAFF, []),
        (view("DestroyAPIView", "IsHeadClerk", rows=ROOMS), OF_HOSTS.replace("IsHost]", "IsHeadClerk]"), []),
        (view("DestroyAPIView", "IsAdminUser", rows=ROOMS), OF_HOSTS.replace("IsHost]", "IsAdminUser]"), []),
    ],
)  # fmt: skip
def test_rows_that_generic_views_hand_out(views: str, rest: str, expected: list[tuple[str, str]]) -> None:
    assert told(views, rest) == expected


def test_the_settings_ask_where_the_view_says_nothing() -> None:
    assert told(view("UpdateAPIView", None), settings=CLOSED) == CHANGED
    assert told(view("UpdateAPIView", None), settings=CLOSED.replace("IsAuthenticated", "IsAdminUser")) == []
    assert (
        told(view("UpdateAPIView", None), settings=CLOSED.replace("rest_framework.permissions.IsAuthenticated", "inn.views.IsHostOfIt"))
        == []
    )


@pytest.mark.parametrize(
    ("field", "target", "expected"),
    [
        ("lodger", "settings.AUTH_USER_MODEL", []),
        ("customer", "settings.AUTH_USER_MODEL", CHANGED),
        ("user", "'auth.User'", CHANGED),
        # who has made the row, or works on it, need not be whose it is
        ("created_by", "settings.AUTH_USER_MODEL", []),
        ("assigned_to", "settings.AUTH_USER_MODEL", []),
        ("customer", "'inn.Room'", []),
    ],
)
def test_a_model_says_whose_its_rows_are(field: str, target: str, expected: list[tuple[str, str]]) -> None:
    others = MINE.replace("filter(lodger=self.request.user)", "all()")
    assert told(view("UpdateAPIView", "IsAuthenticated"), others, models=OWNED % (field, target)) == expected


OF_PROFILE = """

class Guest(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)


class Card(models.Model):
    number = models.TextField()
"""
OF_WHOLE = """

class Folder(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)


class Place(models.Model):
    name = models.TextField()
"""


@pytest.mark.parametrize(
    ("field", "target", "more", "expected"),
    [
        # what each account has one of, and what is nobody's account
        ("customer", "Guest", OF_PROFILE, CHANGED),
        ("customer", "Card", OF_PROFILE, []),
        # what is part of something that is somebody's
        ("folder", "Folder", OF_WHOLE, CHANGED),
        ("place", "Place", OF_WHOLE, []),
        # who reviews a booking has not made it
        ("reviewer", "settings.AUTH_USER_MODEL", "", []),
    ],
)
def test_owners_at_one_remove(field: str, target: str, more: str, expected: list[tuple[str, str]]) -> None:
    others = MINE.replace("filter(lodger=self.request.user)", "all()")
    head, rest = (OWNED % (field, target)).split("\n\n\nclass Booking", 1)
    assert told(view("UpdateAPIView", "IsAuthenticated"), others, models=f"{head}\n{more}\n\nclass Booking{rest}") == expected


def test_who_has_written_a_review_is_its_owner() -> None:
    others = MINE.replace("filter(lodger=self.request.user)", "all()").replace("Booking", "Review")
    views = view("UpdateAPIView", "IsAuthenticated").replace("Booking", "Review")
    models = (OWNED % ("reviewer", "settings.AUTH_USER_MODEL")).replace("Booking", "Review")
    assert told(f"\nfrom .models import Review\n{views}", others, models=models) == CHANGED


HOOKS = """
    def perform_update(self, serializer):
        logger.info(f"changed by {self.request.user.username}")
        serializer.save(updated_by=self.request.user)

    def perform_destroy(self, instance):
        logger.info(f"{instance.pk} deleted by {self.request.user.username}")
        instance.is_deleted = True
        instance.save()
"""
DELETED = [("deletes", "DELETE /one/<int:pk>/")]


@pytest.mark.parametrize(
    ("body", "rows", "expected"),
    [
        # what is done once the row is there, and notes who has done it, asks nothing
        (HOOKS, ALL, DELETED),
        (HOOKS.replace("        instance.is_", "        if instance.lodger == self.request.user:\n            instance.is_"), ALL, CHANGED),
        (HOOKS.replace("        instance.is_", "        if instance.lodger != self.request.user:\n            raise PermissionDenied()\n        instance.is_"), ALL, CHANGED),
        (HOOKS.replace("        instance.is_", "        self.must_be_mine(instance)\n        instance.is_"), ALL, CHANGED),
        # rows that a class picks when it is made are the same for every caller
        ("", ALL.replace("all()", "filter(is_deleted=False)"), DELETED),
        ("", ALL.replace("all()", "filter(published=True)"), []),
    ],
)  # fmt: skip
def test_rows_that_are_changed_by_hooks_and_picked_by_classes(body: str, rows: str, expected: list[tuple[str, str]]) -> None:
    logged = "\nimport logging\n\nlogger = logging.getLogger(__name__)\n"
    assert told(logged + view("RetrieveUpdateDestroyAPIView", "IsAuthenticated", body, rows)) == expected


CHECKED_DESTROY = """
    def destroy(self, request, *args, **kwargs):
        room = self.get_object()
        if room.host != request.user:
            return Response(status=403)
        return super().destroy(request, *args, **kwargs)
"""
HOST_OR_READER = """
class IsHostOrReadOnly(BasePermission):
    def has_permission(self, request, view):
        if request.method in SAFE_METHODS:
            return True
        return request.user.is_authenticated and request.user.role == "host"


class Rooms(generics.CreateAPIView):
    serializer_class = RoomSerializer
    permission_classes = [IsHostOrReadOnly]

    def perform_create(self, serializer):
        serializer.save(host=self.request.user)
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # what one step asks says nothing of another
        (CHECKED_DESTROY, CHANGED),
        (CHECKED_DESTROY.replace("destroy", "update"), [("deletes", "DELETE /one/<int:pk>/")]),
        ("\n    def get_queryset(self):\n        return Room.objects.filter(host=self.request.user)\n", []),
    ],
)
def test_a_role_for_all_but_reading(body: str, expected: list[tuple[str, str]]) -> None:
    imported = "\nfrom rest_framework.permissions import SAFE_METHODS\n"
    assert (
        told(
            view("RetrieveUpdateDestroyAPIView", "IsHostOrReadOnly", body, ROOMS),
            f"{imported}{HOST_OR_READER}".replace("class IsHost", "\nclass IsHost", 1),
        )
        == expected
    )


BASE = """
class OfStaff(viewsets.ModelViewSet):
    permission_classes = [IsAuthenticated%s]


class Accounts(OfStaff):
    queryset = User.objects.all()
    serializer_class = UserSerializer

    @action(detail=True, methods=["post"])
    def deactivate(self, request, pk=None):
        user = self.get_object()
        user.is_active = False
        user.save()
        return Response({})
"""


@pytest.mark.parametrize(
    ("more", "routes"), [("", ["POST /admin/accounts/<pk>/deactivate/"]), (", IsStaffUser", []), (", IsAdminUser", [])]
)
def test_what_a_base_class_asks_counts_for_operations_of_administrators(more: str, routes: list[str]) -> None:
    files = {
        "requirements.txt": "django==5.2\ndjangorestframework==3.16\n",
        "config/settings.py": "ROOT_URLCONF = 'inn.urls'\nMIDDLEWARE = []\n",
        "inn/models.py": MODELS,
        "inn/views.py": f"from django.contrib.auth.models import User\n{HEAD}{BASE % more}",
        "inn/urls.py": "from django.urls import include, path\nfrom rest_framework.routers import DefaultRouter\nfrom . import views\n"
        "router = DefaultRouter()\nrouter.register('accounts', views.Accounts)\nurlpatterns = [path('admin/', include(router.urls))]\n",
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.privileged_deeds
    assert [deed.route for deed in found] == routes


@pytest.mark.parametrize(
    ("model", "permissions", "deeds"),
    [
        ("User", "IsAuthenticated", [("deletes", "user")]),
        ("User", "IsAdminUser", []),
        ("Room", "IsAuthenticated", []),
    ],
)
def test_accounts_are_those_of_who_has_them(model: str, permissions: str, deeds: list[tuple[str, str]]) -> None:
    files = {
        "requirements.txt": "django==5.2\ndjangorestframework==3.16\n",
        "config/settings.py": "ROOT_URLCONF = 'inn.urls'\nMIDDLEWARE = []\n",
        "inn/models.py": MODELS,
        "inn/views.py": f"from django.contrib.auth import get_user_model\n{HEAD}User = get_user_model()\n"
        f"class One(viewsets.ModelViewSet):\n    queryset = {model}.objects.all()\n    permission_classes = [{permissions}]\n",
        "inn/urls.py": "from rest_framework.routers import DefaultRouter\nfrom . import views\n"
        "router = DefaultRouter()\nrouter.register('ones', views.One)\nurlpatterns = router.urls\n",
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.foreign_rows
    assert [(row.deed, row.model) for row in found] == deeds
