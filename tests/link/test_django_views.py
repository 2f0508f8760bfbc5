"""Routes of Django and Django REST framework: what answers, who guards it, what it reaches."""

import pytest
from own_rules import RULES

from batten.facts.routes import Route
from batten.scan import scan_files

SETTINGS = "ROOT_URLCONF = 'config.urls'\nMIDDLEWARE = ['django.contrib.auth.middleware.AuthenticationMiddleware']\n"
CLOSED = SETTINGS + "REST_FRAMEWORK = {'DEFAULT_PERMISSION_CLASSES': ['rest_framework.permissions.IsAuthenticated'], 'PAGE_SIZE': 20}\n"
MODELS = """from django.db import models
class Order(models.Model):
    total = models.IntegerField()
"""
SERIALIZERS = """from rest_framework import serializers
from .models import Order
class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
"""
IMPORTS = """from django.contrib.auth.decorators import login_required, permission_required, user_passes_test
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin, UserPassesTestMixin
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST
from django.views.generic import CreateView, DeleteView, DetailView, ListView, TemplateView, UpdateView
from rest_framework import generics, mixins, permissions, viewsets
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.response import Response
from rest_framework.views import APIView
from .models import Order
from .serializers import OrderSerializer
"""
PROJECT = "from django.urls import include, path\nurlpatterns = [path('api/', include('shop.urls'))]\n"
Shown = tuple[str, str | None, tuple[str, ...]]


def routes(views: str, urls: str, settings: str = SETTINGS, **more: str) -> tuple[Route, ...]:
    files = {
        "requirements.txt": "django==5.2\ndjangorestframework==3.16\n",
        "config/settings.py": settings,
        "config/urls.py": PROJECT,
        "shop/models.py": MODELS,
        "shop/serializers.py": SERIALIZERS,
        "shop/views.py": IMPORTS + views,
        "shop/urls.py": f"from django.urls import include, path, re_path\nfrom . import views\n{urls}\n",
        **{f"shop/{name}.py": text for name, text in more.items()},
    }
    return scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes


def shown(views: str, urls: str, settings: str = SETTINGS, **more: str) -> list[Shown]:
    """Title, status, and the effects that a stranger (or whoever gets there) reaches."""
    return [
        (route.title, route.auth and route.auth.value, tuple(dict.fromkeys(f"{e.kind.value} {e.detail}" for e in route.effects)))
        for route in sorted(routes(views, urls, settings, **more), key=lambda route: (route.path, route.place, route.method))
    ]


def function(source: str, settings: str = SETTINGS) -> list[Shown]:
    return shown(source, "urlpatterns = [path('x/', views.x)]", settings)


def one_class(source: str, settings: str = SETTINGS) -> list[Shown]:
    return shown(source, "urlpatterns = [path('x/', views.X.as_view())]", settings)


def routed(source: str, settings: str = SETTINGS) -> list[Shown]:
    urls = "from rest_framework.routers import DefaultRouter\nrouter = DefaultRouter()\nrouter.register('x', views.X)\nurlpatterns = [path('', include(router.urls))]"
    return shown(source, urls, settings)


OPEN, KNOWN = "unauthenticated", "authenticated"
READ, WRITE, DELETE = "database-read Order", "database-write Order", "database-delete Order"
LIST = "    return JsonResponse(list(Order.objects.all()))\n"


# --- functions ---


@pytest.mark.parametrize(
    ("above", "auth"),
    [
        ("", OPEN),
        ("@csrf_exempt\n", OPEN),
        ("@login_required\n", KNOWN),
        ("@login_required(login_url='/enter')\n", KNOWN),
        ("@permission_required('shop.view_order')\n", KNOWN),
        ("@user_passes_test(lambda user: user.is_staff)\n", KNOWN),
        ("@staff_member_required\n", KNOWN),
        ("@csrf_exempt\n@login_required\n", KNOWN),
    ],
)
def test_decorators(above: str, auth: str) -> None:
    assert function(f"{above}def x(request):\n{LIST}") == [("GET /api/x/", auth, (READ,) if auth == OPEN else ())]


@pytest.mark.parametrize(
    ("test", "auth"),
    [
        ("if not request.user.is_authenticated:\n        return redirect('login')", KNOWN),
        ("if not request.user.is_staff:\n        return HttpResponse(status=403)", KNOWN),
        ("if not request.user.has_perm('shop.view'):\n        return HttpResponse(status=403)", KNOWN),
        ("if request.GET.get('page') is None:\n        return redirect('x')", OPEN),
    ],
)
def test_tests_in_the_body(test: str, auth: str) -> None:
    ((_, found, _),) = function(f"def x(request):\n    {test}\n{LIST}")
    assert found == auth


@pytest.mark.parametrize(
    "body",
    [
        "if 'member' not in request.session:\n        return redirect('login')\n    Order.objects.all().delete()",
        "order = Order.objects.get(pk=request.session.get('order'))\n    order.delete()",
        "owner = request.user\n    Order.objects.filter(owner=owner).delete()",
        "order, made = Order.objects.get_or_create(owner=request.user)\n    order.save()",
    ],
)
def test_what_the_server_keeps_of_the_caller(body: str) -> None:
    assert [auth for _, auth, _ in function(f"def x(request):\n    {body}\n")] == [None]


def test_a_decorator_of_the_apps_own() -> None:
    source = """
def members_only(view):
    def inner(*args, **kwargs):
        if args[0].user.is_authenticated:
            return view(*args, **kwargs)
        return redirect('login')
    return inner
@members_only
def x(request):
"""
    assert function(source + LIST) == [("GET /api/x/", KNOWN, ())]


@pytest.mark.parametrize(
    ("body", "effects"),
    [
        ("Order.objects.create(total=request.POST['total'])", (WRITE,)),
        ("Order.objects.get_or_create(total=request.POST['total'])", (WRITE,)),
        ("Order.objects.filter(pk=request.POST['pk']).update(total=0)", (READ, WRITE)),
        ("Order.objects.filter(pk=request.POST['pk']).delete()", (READ, DELETE)),
        ("order = Order.objects.get(pk=request.POST['pk']); order.delete()", (READ, DELETE)),
        ("order = get_object_or_404(Order, pk=request.POST['pk']); order.delete()", (READ, "database-delete None")),
        ("order = Order(total=request.POST['total']); order.save()", ("database-write None",)),
        ("form = OrderSerializer(data=request.POST); form.save()", (WRITE,)),
    ],
)
def test_what_functions_do(body: str, effects: tuple[str, ...]) -> None:
    assert function(f"def x(request):\n    {body}\n") == [("ANY /api/x/", OPEN, effects)]


def test_what_is_looked_up_for_the_caller() -> None:
    assert function("def x(request):\n    return JsonResponse(list(Order.objects.filter(owner=request.user)))\n") == [
        ("GET /api/x/", None, (READ,))
    ]


def test_methods_by_decorator() -> None:
    body = "def x(request):\n    Order.objects.create()\n"
    assert [title for title, *_ in function(f"@require_POST\n{body}")] == ["POST /api/x/"]
    assert [title for title, *_ in function(f"@require_http_methods(['PUT', 'DELETE'])\n{body}")] == ["DELETE /api/x/", "PUT /api/x/"]


API = "def x(request):\n    Order.objects.create(total=request.data['total'])\n"


@pytest.mark.parametrize(
    ("above", "settings", "expected"),
    [
        ("@api_view(['POST'])\n", SETTINGS, [("POST", OPEN)]),
        ("@api_view(['POST'])\n", CLOSED, [("POST", KNOWN)]),
        ("@api_view(['POST'])\n@permission_classes([AllowAny])\n", CLOSED, [("POST", OPEN)]),
        ("@api_view(['POST'])\n@permission_classes([])\n", CLOSED, [("POST", OPEN)]),
        ("@api_view(['POST'])\n@permission_classes([IsAuthenticated])\n", SETTINGS, [("POST", KNOWN)]),
        ("@api_view(['GET', 'POST'])\n@permission_classes([IsAuthenticatedOrReadOnly])\n", SETTINGS, [("GET", OPEN), ("POST", KNOWN)]),
        ("@api_view(['POST'])\n", "DEBUG = False\n", [("POST", None)]),
    ],
)
def test_api_views(above: str, settings: str, expected: list[tuple[str, str | None]]) -> None:
    assert [(title.split()[0], auth) for title, auth, _ in function(above + API, settings)] == expected


# --- classes ---


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class X(View):\n    def get(self, request):\n    " + LIST, [("GET /api/x/", OPEN, (READ,))]),
        ("class X(LoginRequiredMixin, View):\n    def get(self, request):\n    " + LIST, [("GET /api/x/", KNOWN, ())]),
        ("class X(UserPassesTestMixin, View):\n    def get(self, request):\n    " + LIST, [("GET /api/x/", KNOWN, ())]),
        ("class Own(LoginRequiredMixin):\n    pass\nclass X(Own, View):\n    def get(self, request):\n    " + LIST, [("GET /api/x/", KNOWN, ())]),
        ("@method_decorator(login_required, name='dispatch')\nclass X(View):\n    def get(self, request):\n    " + LIST, [("GET /api/x/", KNOWN, ())]),
        ("@method_decorator(csrf_exempt, name='dispatch')\nclass X(View):\n    def get(self, request):\n    " + LIST, [("GET /api/x/", OPEN, (READ,))]),
        ("class X(View):\n    @method_decorator(login_required)\n    def get(self, request):\n    " + LIST, [("GET /api/x/", KNOWN, ())]),
        ("class X(ListView):\n    model = Order\n", [("GET /api/x/", OPEN, (READ,))]),
        ("class X(CreateView):\n    model = Order\n    fields = '__all__'\n", [("POST /api/x/", OPEN, (WRITE,))]),
        ("class X(UpdateView):\n    model = Order\n", [("GET /api/x/", OPEN, (READ,)), ("POST /api/x/", OPEN, (WRITE,))]),
        ("class X(PermissionRequiredMixin, DeleteView):\n    model = Order\n", [("POST /api/x/", KNOWN, ())]),
        ("class X(TemplateView):\n    template_name = 'x.html'\n", []),
    ],
)  # fmt: skip
def test_classes(source: str, expected: list[Shown]) -> None:
    assert one_class(source) == expected


@pytest.mark.parametrize(
    ("source", "settings", "expected"),
    [
        ("class X(APIView):\n    def post(self, request):\n        Order.objects.create()\n", SETTINGS, [("POST", OPEN)]),
        ("class X(APIView):\n    def post(self, request):\n        Order.objects.create()\n", CLOSED, [("POST", KNOWN)]),
        ("class X(APIView):\n    permission_classes = [IsAdminUser]\n    def post(self, request):\n        Order.objects.create()\n", SETTINGS, [("POST", KNOWN)]),
        ("class X(generics.ListCreateAPIView):\n    queryset = Order.objects.all()\n", SETTINGS, [("GET", OPEN), ("POST", OPEN)]),
        ("class X(generics.ListCreateAPIView):\n    queryset = Order.objects.all()\n    permission_classes = [IsAuthenticatedOrReadOnly]\n", SETTINGS, [("GET", OPEN), ("POST", KNOWN)]),
        ("class X(generics.CreateAPIView):\n    def get_permissions(self):\n        return [AllowAny()]\n", SETTINGS, [("POST", OPEN)]),
        ("class Base(generics.CreateAPIView):\n    permission_classes = [IsAuthenticated]\nclass X(Base):\n    queryset = Order.objects.all()\n", SETTINGS, [("POST", KNOWN)]),
    ],
)  # fmt: skip
def test_api_classes(source: str, settings: str, expected: list[tuple[str, str | None]]) -> None:
    assert [(title.split()[0], auth) for title, auth, _ in one_class(source, settings)] == expected


@pytest.mark.parametrize(
    ("permission", "auth"),
    [
        ("    def has_permission(self, request, view):\n        return bool(request.user and request.user.is_authenticated)\n", KNOWN),
        ("    def has_permission(self, request, view):\n        return True\n", OPEN),
        ("    def has_permission(self, request, view):\n        return request.headers.get('x') == view.word\n", None),
        ("    def has_object_permission(self, request, view, obj):\n        return obj.owner == request.user\n", OPEN),
    ],
)
def test_permissions_of_the_apps_own(permission: str, auth: str | None) -> None:
    source = f"class Own(permissions.BasePermission):\n{permission}class X(generics.CreateAPIView):\n    queryset = Order.objects.all()\n    permission_classes = [Own]\n"
    assert one_class(source) == [("POST /api/x/", auth, (WRITE,) if auth == OPEN else ())]


IN_TURN = "        if request.method in permissions.SAFE_METHODS:\n            return True\n        return request.user.is_authenticated\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (IN_TURN, [OPEN, KNOWN]),
        (IN_TURN.replace("in permissions.SAFE_METHODS", "== 'GET'"), [OPEN, KNOWN]),
        (IN_TURN.replace(" in ", " not in "), [KNOWN, OPEN]),
        ("        return request.method in permissions.SAFE_METHODS or request.user.is_staff\n", [OPEN, KNOWN]),
        ("        return request.user.is_authenticated\n", [KNOWN, KNOWN]),
        # who may read is asked as well
        (IN_TURN.replace("return True", "return request.user.is_active"), [KNOWN, KNOWN]),
        (IN_TURN.replace("return request.user.is_authenticated", "return view.is_open"), [OPEN, None]),
    ],
)  # fmt: skip
def test_permissions_that_tell_methods_apart(body: str, expected: list[str | None]) -> None:
    source = f"class Own(permissions.BasePermission):\n    def has_permission(self, request, view):\n{body}class X(generics.ListCreateAPIView):\n    queryset = Order.objects.all()\n    permission_classes = [Own]\n"
    assert [auth for _, auth, _ in one_class(source)] == expected


def test_what_a_page_shows() -> None:
    source = "class X(TemplateView):\n    def get_context_data(self, **kwargs):\n        return {'orders': Order.objects.all()}\n"
    assert one_class(source) == [("GET /api/x/", OPEN, (READ,))]
    assert [auth for _, auth, _ in one_class(source.replace("TemplateView", "LoginRequiredMixin, TemplateView"))] == [KNOWN]


def test_what_rows_are_looked_up_by_is_not_shown() -> None:
    models = MODELS + "class Shop(models.Model):\n    pass\n"
    source = "from .models import Shop\nclass X(ListView):\n    def get_queryset(self):\n        shop = get_object_or_404(Shop, name=self.kwargs['name'])\n        return %s\n"
    urls = "urlpatterns = [path('x/', views.X.as_view())]"
    assert [effects for *_, effects in shown(source % "Order.objects.filter(shop=shop)", urls, models=models)] == [(READ,)]


@pytest.mark.parametrize(
    ("permission", "path", "expected"),
    [
        ("[AllowAny]", "users", True),
        ("[AllowAny]", "orders", False),
        # nobody has said that strangers may
        (None, "users", False),
    ],
)
def test_who_may_make_an_account(permission: str | None, path: str, expected: bool) -> None:
    asked = f"    permission_classes = {permission}\n" if permission is not None else ""
    source = f"class X(generics.CreateAPIView):\n    queryset = Order.objects.all()\n{asked}"
    (route,) = routes(source, f"urlpatterns = [path('{path}/', views.X.as_view())]")
    assert (route.auth and route.auth.value, route.public_by_design) == (OPEN, expected)


@pytest.mark.parametrize(
    ("condition", "auth"),
    [("session_key=key(request)", None), ("user=request.user", None), ("total=key(request)", OPEN)],
)
def test_rows_of_the_session(condition: str, auth: str | None) -> None:
    source = f"def key(request):\n    return request.session.session_key\ndef x(request):\n    order = Order.objects.get({condition})\n    order.total = 0\n    order.save()\n    return redirect('/')\n"
    assert [auth for _, auth, _ in function(source)] == [auth]


@pytest.mark.parametrize(
    ("path", "expected"),
    [("activate-account/", True), ("confirm-email/", True), ("activate-account/<int:pk>/", False), ("activate/", False)],
)
def test_addresses_that_links_of_mails_lead_to(path: str, expected: bool) -> None:
    source = "def x(request, pk=None):\n    order = Order.objects.get(total=request.GET.get('total'))\n    order.delete()\n    return redirect('/')\n"
    (route,) = routes(source, f"urlpatterns = [path('{path}', views.x)]")
    assert route.public_by_design is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [("kind='public'", False), ("status='published'", False), ("kind='hidden'", True), ("kind=request.GET['public']", True)],
)
def test_rows_that_are_marked_for_all(condition: str, expected: bool) -> None:
    models = "from django.db import models\nclass Order(models.Model):\n    kind = models.TextField()\n    email = models.EmailField()\n"
    source = f"def x(request):\n    return JsonResponse(list(Order.objects.filter({condition})))\n"
    (route,) = routes(source, "urlpatterns = [path('x/', views.x)]", models=models)
    assert route.reads_private is expected


# --- view sets ---


def test_a_view_set() -> None:
    assert routed("class X(viewsets.ModelViewSet):\n    queryset = Order.objects.all()\n    serializer_class = OrderSerializer\n") == [
        ("GET /api/x/", OPEN, (READ,)),
        ("POST /api/x/", OPEN, (WRITE,)),
        ("DELETE /api/x/<pk>/", OPEN, (DELETE,)),
        ("GET /api/x/<pk>/", OPEN, (READ,)),
        ("PATCH /api/x/<pk>/", OPEN, (WRITE,)),
        ("PUT /api/x/<pk>/", OPEN, (WRITE,)),
    ]


def test_parts_of_a_view_set() -> None:
    source = "class X(mixins.ListModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet):\n    http_method_names = ['post']\n"
    assert [title for title, *_ in routed(source)] == ["POST /api/x/"]


def test_actions() -> None:
    source = """
class X(viewsets.GenericViewSet):
    permission_classes = [IsAuthenticated]
    @action(detail=True, methods=['post'], permission_classes=[AllowAny], url_path='mark-paid')
    def pay(self, request, pk=None):
        Order.objects.filter(pk=pk).update(total=0)
    @action(detail=False)
    def mine(self, request):
        return Response(Order.objects.all())
"""
    assert routed(source) == [("POST /api/x/<pk>/mark-paid/", OPEN, (READ, WRITE)), ("GET /api/x/mine/", KNOWN, ())]


def test_hooks() -> None:
    source = """
class X(viewsets.ModelViewSet):
    queryset = Order.objects.all()
    http_method_names = ['post', 'delete', 'get']
    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)
    def destroy(self, request, pk=None):
        return Response(status=405)
    def get_queryset(self):
        return Order.objects.filter(owner=self.request.user)
"""
    assert [(title, auth) for title, auth, _ in routed(source)] == [
        ("GET /api/x/", None),
        ("POST /api/x/", None),
        ("GET /api/x/<pk>/", None),
        ("DELETE /api/x/<pk>/", OPEN),
    ]


# --- settings and the rest ---


@pytest.mark.parametrize(
    ("middleware", "auth"),
    [
        ("django.contrib.auth.middleware.LoginRequiredMiddleware", KNOWN),
        ("shop.middleware.Members", None),
        ("shop.middleware.Clock", OPEN),
        ("shop.middleware.Greeter", OPEN),
        ("shop.middleware.BackOffice", None),
        ("elsewhere.RequireLoginMiddleware", None),
    ],
)
def test_middleware(middleware: str, auth: str | None) -> None:
    own = """
class Members:
    def __call__(self, request):
        if not request.user.is_authenticated:
            return redirect('login')
        return self.get_response(request)
class Greeter:
    def __call__(self, request):
        if not request.user.is_authenticated:
            return self.get_response(request)
        request.name = request.user.name
        return self.get_response(request)
class BackOffice:
    def __call__(self, request):
        if request.path.startswith('/api'):
            if not request.user.is_staff:
                return redirect('login')
        return self.get_response(request)
class Clock:
    def __call__(self, request):
        return self.get_response(request)
"""
    settings = f"ROOT_URLCONF = 'config.urls'\nMIDDLEWARE = ['{middleware}']\n"
    found = shown(f"def x(request):\n{LIST}", "urlpatterns = [path('x/', views.x)]", settings, middleware=own)
    assert [each for _, each, _ in found] == [auth]


def test_guards_in_the_list() -> None:
    urls = "from django.contrib.auth.decorators import login_required\nurlpatterns = [path('x/', login_required(views.x)), path('y/', views.x)]"
    assert [(title, auth) for title, auth, _ in shown(f"def x(request):\n{LIST}", urls)] == [("GET /api/x/", KNOWN), ("GET /api/y/", OPEN)]


def test_the_admin_site() -> None:
    urls = "from django.contrib import admin\nurlpatterns = [path('admin/', admin.site.urls)]"
    assert shown("", urls) == [("ANY /api/admin/", KNOWN, ())]


@pytest.mark.parametrize("name", ["views.absent", "views.made()", "absent.X.as_view()"])
def test_views_that_cannot_be_found(name: str) -> None:
    assert [auth for _, auth, _ in shown("", f"from . import absent\nurlpatterns = [path('x/', {name})]")] in ([None], [])


def test_a_check_that_cannot_be_read() -> None:
    source = """
from elsewhere import project_of
def authorize(view):
    def inner(request, *args):
        project = project_of(request.headers.get('X-Key'))
        if project is None:
            return refuse(request)
        return view(request, *args)
    return inner
@authorize
def x(request):
"""
    assert function(source + LIST) == [("GET /api/x/", None, ())]


def test_a_view_that_hands_on_to_a_guarded_one() -> None:
    source = "@login_required\ndef remove(request):\n    Order.objects.all().delete()\ndef x(request):\n    return remove(request)\n"
    assert function(source) == [("GET /api/x/", OPEN, ())]


def test_a_signed_link() -> None:
    source = """
from django.core.signing import BadSignature, TimestampSigner
def x(request, who):
    try:
        name = TimestampSigner().unsign(who)
    except BadSignature:
        return redirect('/')
    Order.objects.filter(name=name).delete()
"""
    assert [auth for _, auth, _ in shown(source, "urlpatterns = [path('x/<str:who>/', views.x)]")] == ["signed"]


def test_a_signature_of_the_apps_own() -> None:
    source = """
from django.core.signing import BadSignature, Signer
class Own(Signer):
    def unsign(self, value):
        return super().unsign(value).lower()
def x(request, who):
    try:
        name = Own().unsign(who)
    except BadSignature:
        return redirect('/')
    Order.objects.filter(name=name).delete()
"""
    assert [auth for _, auth, _ in shown(source, "urlpatterns = [path('x/<str:who>/', views.x)]")] == ["signed"]


def test_a_page_about_somebody() -> None:
    source = (
        "class Profile(Order):\n    pass\ndef x(request, name):\n    return JsonResponse(Profile.objects.get(user__username=name).total)\n"
    )
    (route,) = routes(source, "urlpatterns = [path('x/<str:name>/', views.x)]")
    assert (route.auth, route.reads_private) == ("unauthenticated", False)


def test_names_that_come_with_a_star() -> None:
    urls = "from .views import *\nurlpatterns = [path('x/', x), path('y/', Y.as_view()), path('z/', absent)]"
    source = f"def x(request):\n{LIST}class Y(ListView):\n    model = Order\n"
    assert shown(source, urls) == [("GET /api/x/", OPEN, (READ,)), ("GET /api/y/", OPEN, (READ,)), ("ANY /api/z/", None, ())]


def test_a_package_of_views() -> None:
    files = {
        "config/settings.py": SETTINGS,
        "shop/models.py": MODELS,
        "shop/views/__init__.py": "from .orders import *\n",
        "shop/views/orders.py": f"from shop.models import Order\ndef x(request):\n{LIST}",
        "shop/urls.py": "from django.urls import path\nfrom shop import views\nurlpatterns = [path('x/', views.x)]\n",
    }
    (route,) = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    assert (route.title, route.place.path, [effect.detail for effect in route.effects]) == ("GET /x/", "shop/views/orders.py", ["Order"])


def test_rows_of_the_callers_own() -> None:
    source = """
class X(APIView):
    def get_queryset(self):
        return Order.objects.filter(owner=self.request.user)
    def delete(self, request):
        self.get_queryset().delete()
"""
    assert [(title, auth) for title, auth, _ in one_class(source)] == [("DELETE /api/x/", None)]


def test_classes_that_are_their_own_bases() -> None:
    assert one_class("class X(Y):\n    pass\nclass Y(X):\n    def get(self, request):\n        pass\n") == [("GET /api/x/", OPEN, ())]


URLS = "from django.urls import include, path\nfrom shop.views import drop\nurlpatterns = [path('drop/<int:pk>/', drop)]\n"
LISTS = {
    "served": ("ROOT_URLCONF = 'config.urls'\n", "path('api/', include('shop.urls'))", ["/api/drop/<int:pk>/"]),
    "left out": ("ROOT_URLCONF = 'config.urls'\n", "", []),
    "for another host": ("ROOT_URLCONF = 'config.urls'\nADMIN_URLCONF = 'shop.urls'\n", "", ["/drop/<int:pk>/"]),
    "by host": ("ROOT_URLCONF = 'config.urls'\nROOT_HOSTCONF = 'config.hosts'\n", "", ["/drop/<int:pk>/"]),
    "chosen when it runs": ("ROOT_URLCONF = 'config.urls'\n", "*[path('', include(app + '.urls')) for app in APPS]", ["/drop/<int:pk>/"]),
    "settings elsewhere": ("ROOT_URLCONF = 'somewhere.else.urls'\n", "", ["/drop/<int:pk>/"]),
    "no settings": ("", "", ["/drop/<int:pk>/"]),
}


@pytest.mark.parametrize("case", LISTS)
def test_lists_of_addresses_that_the_settings_do_not_lead_to_are_not_served(case: str) -> None:
    settings, included, expected = LISTS[case]
    files = {
        "requirements.txt": "django==5.2\n",
        "config/settings.py": settings,
        "config/urls.py": f"from django.urls import include, path\nurlpatterns = [{included}]\n",
        "shop/models.py": MODELS,
        "shop/urls.py": URLS,
        "shop/views.py": "from .models import Order\ndef drop(request, pk):\n    Order.objects.filter(pk=pk).delete()\n",
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.routes
    assert [f"/{route.path.lstrip('/')}" for route in found] == expected


BILLS = """from django.db import models
class Bill(models.Model):
    owner = models.ForeignKey("auth.User", on_delete=models.CASCADE)
    total = models.IntegerField()
"""
MINE = """

@login_required
def mine(request):
    return JsonResponse({"bills": list(Bill.objects.filter(owner=request.user).values())})
"""
OWNERSHIP = {
    "@login_required\ndef one(request, pk):\n    get_object_or_404(Bill, pk=pk).delete()\n": True,
    "@login_required\ndef one(request, pk):\n    bill = Bill.objects.get(id=pk)\n    bill.delete()\n": True,
    "@login_required\ndef one(request, pk):\n    get_object_or_404(Bill, pk=pk, owner=request.user).delete()\n": False,
    "@login_required\ndef one(request, pk):\n    bill = get_object_or_404(Bill, pk=pk)\n    if bill.owner != request.user:\n        raise PermissionDenied()\n    bill.delete()\n": False,
    "@login_required\ndef one(request, pk):\n    if request.user.role != 'clerk':\n        raise PermissionDenied()\n    get_object_or_404(Bill, pk=pk).delete()\n": False,
    "@user_passes_test(lambda user: user.is_staff)\ndef one(request, pk):\n    get_object_or_404(Bill, pk=pk).delete()\n": False,
    "@permission_required('bills.delete_bill')\ndef one(request, pk):\n    get_object_or_404(Bill, pk=pk).delete()\n": False,
    "@api_view(['DELETE'])\n@permission_classes([IsAuthenticated])\ndef one(request, pk):\n    get_object_or_404(Bill, pk=pk).delete()\n": True,
    "@api_view(['DELETE'])\n@permission_classes([IsAuthenticated, IsClerk])\ndef one(request, pk):\n    get_object_or_404(Bill, pk=pk).delete()\n": False,
    "class One(APIView):\n    permission_classes = [IsAuthenticated]\n    def delete(self, request, pk):\n        get_object_or_404(Bill, pk=pk).delete()\n": True,
    "class One(APIView):\n    permission_classes = [IsAuthenticated, IsClerk]\n    def delete(self, request, pk):\n        get_object_or_404(Bill, pk=pk).delete()\n": False,
    "class One(APIView):\n    permission_classes = [IsAuthenticated]\n    def delete(self, request, pk):\n        bill = get_object_or_404(Bill, pk=pk)\n        self.check_object_permissions(request, bill)\n        bill.delete()\n": False,
    "class One(LoginRequiredMixin, View):\n    def post(self, request, pk):\n        get_object_or_404(Bill, pk=pk).delete()\n": True,
    "class One(PermissionRequiredMixin, View):\n    permission_required = 'bills.delete_bill'\n    def post(self, request, pk):\n        get_object_or_404(Bill, pk=pk).delete()\n": False,
    "class One(LoginRequiredMixin, UserPassesTestMixin, View):\n    def test_func(self):\n        return self.request.user.is_staff\n    def post(self, request, pk):\n        get_object_or_404(Bill, pk=pk).delete()\n": False,
    "class One(LoginRequiredMixin, View):\n    def dispatch(self, request, *args, **kwargs):\n        if request.user.role != 'clerk':\n            raise PermissionDenied()\n        return super().dispatch(request, *args, **kwargs)\n    def post(self, request, pk):\n        get_object_or_404(Bill, pk=pk).delete()\n": False,
}
PAGES = {
    "class One(LoginRequiredMixin, UpdateView):\n    model = Bill\n    fields = ['total']\n": True,
    "class One(LoginRequiredMixin, DeleteView):\n    model = Bill\n    def form_valid(self, form):\n        messages.success(self.request, 'gone')\n        return super().form_valid(form)\n": True,
    "class One(LoginRequiredMixin, DeleteView):\n    model = Bill\n    def get_queryset(self):\n        return Bill.objects.filter(owner=self.request.user)\n": False,
    "class One(LoginRequiredMixin, DeleteView):\n    model = Bill\n    def form_valid(self, form):\n        if self.object.owner != self.request.user:\n            raise PermissionDenied()\n        return super().form_valid(form)\n": False,
    "class One(LoginRequiredMixin, UserPassesTestMixin, DeleteView):\n    model = Bill\n    def test_func(self):\n        return self.get_object().owner == self.request.user\n": False,
    "class One(PermissionRequiredMixin, DeleteView):\n    model = Bill\n    permission_required = 'bills.delete_bill'\n": False,
    "class One(LoginRequiredMixin, DeleteView):\n    model = Bill\n    def get_object(self):\n        return mine_of(self.request, self.kwargs['pk'])\n": False,
}
LISTED = """

class Mine(LoginRequiredMixin, ListView):
    model = Bill
    def get_queryset(self):
        return Bill.objects.filter(owner=self.request.user)
"""


def told_of_others(body: str, rest: str, shown: str) -> bool:
    files = {
        "requirements.txt": "django==5.2\ndjangorestframework==3.16\n",
        "config/settings.py": SETTINGS,
        "config/urls.py": "from django.urls import include, path\nurlpatterns = [path('api/', include('shop.urls'))]\n",
        "shop/models.py": BILLS,
        "shop/permissions.py": "from rest_framework.permissions import BasePermission\nclass IsClerk(BasePermission):\n    def has_permission(self, request, view):\n        return request.user.role == 'clerk'\n",
        "shop/finding.py": "from .models import Bill\ndef mine_of(request, pk):\n    return Bill.objects.get(pk=pk, owner=request.user)\n",
        "shop/urls.py": f"from django.urls import path\nfrom . import views\nurlpatterns = [path('one/<int:pk>/', views.{'One.as_view()' if body.startswith('class') else 'one'}), path('mine/', views.{shown})]\n",
        "shop/views.py": IMPORTS.replace(
            "from .models import Order\nfrom .serializers import OrderSerializer\n", "from .models import Bill\n"
        )
        + f"from django.contrib import messages\nfrom django.core.exceptions import PermissionDenied\nfrom .finding import mine_of\nfrom .permissions import IsClerk\n{rest}\n\n{body}",
    }
    rules = RULES.select(["object-without-owner-check"])
    return [finding.rule for finding in scan_files({path: text.encode() for path, text in files.items()}, rules).findings] != []


@pytest.mark.parametrize("body", OWNERSHIP)
def test_rows_of_others_in_views(body: str) -> None:
    assert told_of_others(body, MINE, "mine") is OWNERSHIP[body]


@pytest.mark.parametrize("body", PAGES)
def test_rows_of_others_in_pages_that_show_forms(body: str) -> None:
    assert told_of_others(body, LISTED, "Mine.as_view()") is PAGES[body]
