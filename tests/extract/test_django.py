"""What Django's lists of addresses declare."""

import pytest

from batten.code.lower_python import lower
from batten.extract.declared import Declared
from batten.extract.django import extract
from batten.extract.summaries import summarise
from batten.facts.routes import EVERY_ACTION

IMPORTS = """from django.contrib import admin
from django.contrib.auth.decorators import login_required, user_passes_test
from django.conf import settings
from django.urls import include, path, re_path
from rest_framework.routers import DefaultRouter
from . import views
from .views import OrderList, plain
"""


def declared(source: str) -> Declared:
    data = (IMPORTS + source).encode()
    summary = summarise(lower(data, "shop/urls.py"), lambda name: False)
    return extract("shop/urls.py", data, summary.functions, summary.bindings)


def endpoints(source: str) -> list[tuple[str, str, str, tuple[str, ...], tuple[str, ...]]]:
    return [(one.path, one.router, one.handler, one.chain, one.actions) for one in declared(source).endpoints]


def mounts(source: str) -> list[tuple[str, str, str]]:
    return [(one.parent, one.child, one.prefix) for one in declared(source).mounts]


@pytest.mark.parametrize(
    ("pattern", "handler", "chain", "actions"),
    [
        ('path("a/", views.orders)', ".#views.orders", (), ()),
        ('path("a/", view=plain, name="a")', ".views#plain", (), ()),
        ('path("a/", OrderList.as_view())', ".views#OrderList", (), ()),
        ('path("a/", OrderList.as_view(template_name="a.html"))', ".views#OrderList", (), ()),
        ('path("a/", login_required(plain))', ".views#plain", ("django.contrib.auth.decorators#login_required",), ()),
        ('path("a/", login_required(OrderList.as_view()))', ".views#OrderList", ("django.contrib.auth.decorators#login_required",), ()),
        ('path("a/", views.Orders.as_view({"get": "list", "post": "create"}))', ".#views.Orders", (), ("get=list", "post=create")),
        ('re_path(r"^a/$", "shop.views.old")', "shop.views#old", (), ()),
        ('path("a/", admin.site.urls)', "django.contrib#admin.site.urls", ("django.contrib.admin#site.admin_view",), ()),
    ],
)
def test_views(pattern: str, handler: str, chain: tuple[str, ...], actions: tuple[str, ...]) -> None:
    assert endpoints(f"urlpatterns = [{pattern}]") == [("/a/", "#urlpatterns", handler, chain, actions)]


@pytest.mark.parametrize(
    ("route", "address"),
    [
        (r'path("", plain)', "/"),
        (r'path("a/<int:pk>/", plain)', "/a/<int:pk>/"),
        (r're_path(r"^a/(?P<pk>\d+)/$", plain)', "/a/<pk>/"),
        (r're_path(r"^a/(?P<when>(\d{4})-(\d\d))/b$", plain)', "/a/<when>/b"),
        (r're_path(r"^a/(\d+)/?$", plain)', "/a/<value>/"),
        (r're_path(r"^a/(\d+", plain)', "/a/<value>"),
    ],
)
def test_addresses(route: str, address: str) -> None:
    assert [path for path, *_ in endpoints(f"urlpatterns = [{route}]")] == [address]


def test_lists_within_lists() -> None:
    source = """
inner = [path("deep/", plain)]
urlpatterns = [
    path("shop/", include("shop.urls")),
    path("store/", include(("store.urls", "store"), namespace="store")),
    path("v1/", include([path("x/", plain), path("y/", include("y.urls"))])),
    path("in/", include(inner)),
]
urlpatterns += [path("z/", plain)]
"""
    assert [(path, router) for path, router, *_ in endpoints(source)] == [
        ("/deep/", "#inner"),
        ("/v1/x/", "#urlpatterns"),
        ("/z/", "#urlpatterns"),
    ]
    assert mounts(source) == [
        ("#urlpatterns", "shop.urls#urlpatterns", "/shop/"),
        ("#urlpatterns", "store.urls#urlpatterns", "/store/"),
        ("#urlpatterns", "y.urls#urlpatterns", "/v1/y/"),
        ("#urlpatterns", "#inner", "/in/"),
    ]


def test_routers() -> None:
    source = """
from .routers import others
router = DefaultRouter()
router.register(r"orders", views.OrderViewSet, basename="order")
more = DefaultRouter()
more.register("items", views.ItemViewSet)
urlpatterns = [path("api/", include(router.urls)), path("other/", include(others.urls))]
urlpatterns += more.urls
"""
    assert endpoints(source) == [
        ("/orders/", "#router", ".#views.OrderViewSet", (), (EVERY_ACTION,)),
        ("/items/", "#more", ".#views.ItemViewSet", (), (EVERY_ACTION,)),
    ]
    assert mounts(source) == [
        ("#urlpatterns", "#router", "/api/"),
        ("#urlpatterns", ".routers#others", "/other/"),
        ("#urlpatterns", "#more", ""),
    ]


def test_addresses_of_a_developers_machine() -> None:
    assert endpoints('if settings.DEBUG:\n    urlpatterns = [path("debug/", plain)]\n') == []


def test_what_is_no_address() -> None:
    assert declared('import os\nos.path.join("a", plain)\nregistry = Registry()\nregistry.register("x", plain)\n') == Declared()
