"""Rows of others in views of Django that are written out: by the address, the query and the body, in functions and in classes."""

import pytest
from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["object-without-owner-check"])
MODELS = """from django.contrib.auth.models import User
from django.db import models


class Ledger(models.Model):
    owner = models.ForeignKey(User, on_delete=models.CASCADE)
    title = models.TextField()


class Conversation(models.Model):
    owner = models.ForeignKey(User, on_delete=models.CASCADE)


class Message(models.Model):
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE)
    text = models.TextField()


class Patient(models.Model):
    name = models.TextField()
    diagnosis = models.TextField()
"""
FUNCTIONS = """from django.contrib.auth.decorators import login_required
from django.http import HttpResponseForbidden
from django.shortcuts import get_object_or_404, redirect, render

from .forms import LedgerForm
from .helpers import guarded_conversation, the_conversation
from .models import Conversation, Ledger, Message, Patient

"""
CLASSES = """from rest_framework import generics
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from .models import Ledger
from .serializers import LedgerSerializer

"""
HELPERS = """from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from .models import Conversation


def the_conversation(user, conversation_id=None):
    if conversation_id:
        return get_object_or_404(Conversation, id=conversation_id)
    return Conversation.objects.create(owner=user)


def guarded_conversation(user, conversation_id):
    conversation = get_object_or_404(Conversation, id=conversation_id)
    if conversation.owner != user:
        raise PermissionDenied
    return conversation
"""
FORM = """@login_required
def view(request, pk):
    ledger = get_object_or_404(Ledger, pk=pk{more})
{check}    if request.method == "POST":
        form = LedgerForm(request.POST, instance=ledger)
        if form.is_valid():
            form.save()
            return redirect("home")
    return render(request, "ledger.html", {{"form": LedgerForm(instance=ledger)}})
"""
IS_OWNER = "    if ledger.owner != request.user:\n        return HttpResponseForbidden()\n"
WRITES = """@login_required
def view(request):
    if request.method == "POST":
        conversation = {found}
        Message.objects.create(conversation=conversation, text=request.POST["text"])
    return redirect("home")
"""
SOME = """@login_required
def view(request, pk):
    rows = {rows}
    rows = rows.filter(conversation_id=request.GET.get("conversation_id"))
    return render(request, "messages.html", {{"rows": rows}})
"""
BY_HELPER = """@login_required
def view(request, pk):
    conversation = {helper}(request.user, pk)
    return render(request, "conversation.html", {{"conversation": conversation}})
"""


def told(views: str, address: str = "<int:pk>/", entry: str = "views.view", more: str = "") -> list[tuple[str, str]]:
    """The deed and the row of each finding, and how bad it is."""
    files = {
        "manage.py": "import django\n",
        "desk/models.py": MODELS,
        "desk/helpers.py": HELPERS,
        "desk/forms.py": "from django import forms\nfrom .models import Ledger\n\n\nclass LedgerForm(forms.ModelForm):\n    class Meta:\n        model = Ledger\n        fields = ['title']\n",
        "desk/serializers.py": "from rest_framework import serializers\nfrom .models import Ledger\n\n\nclass LedgerSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Ledger\n        fields = '__all__'\n",
        "desk/views.py": views,
        "desk/urls.py": f"from django.urls import path\nfrom . import views\n\nurlpatterns = [path('x/{address}', {entry}), {more}]\n",
        "desk/settings.py": "ROOT_URLCONF = 'desk.urls'\n",
    }
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).findings
    return sorted({(each.message.partition(" whose")[0].partition("/ ")[2], each.severity.value) for each in found})


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (FORM.format(more="", check=""), [("changes any ledger", "high")]),
        (FORM.format(more=", owner=request.user", check=""), []),
        (FORM.format(more="", check=IS_OWNER), []),
        (FORM.format(more="", check=IS_OWNER.replace("!=", "==")), []),
        # a method of the row's own that leaves, by its name and by whom it is told of
        (FORM.format(more="", check="    ledger.raise_not_editable(request.user)\n"), []),
        (FORM.format(more="", check="    ledger.ensure_owned_by(request.user)\n"), []),
        (FORM.format(more="", check="    ledger.raise_not_editable(ledger.owner)\n"), [("changes any ledger", "high")]),
        (FORM.format(more="", check="    ledger.ensure_saved(request.user)\n"), [("changes any ledger", "high")]),
        (FORM.format(more="", check="    ledger.note_visit(request.user)\n"), [("changes any ledger", "high")]),
        (WRITES.format(found="get_object_or_404(Conversation, pk=request.POST['conversation_id'])"), [("changes any conversation", "high")]),
        (WRITES.format(found="get_object_or_404(Conversation, pk=request.POST.get('conversation_id'))"), [("changes any conversation", "high")]),
        (WRITES.format(found="Conversation.objects.get(pk=request.POST['conversation_id'], owner=request.user)"), []),
        (WRITES.format(found="Conversation.objects.create(owner=request.user)"), []),
        (BY_HELPER.format(helper="the_conversation"), [("reads any conversation", "high")]),
        (BY_HELPER.format(helper="guarded_conversation"), []),
        # some of the caller's own
        (SOME.format(rows="Message.objects.filter(conversation__owner=request.user)"), []),
        (SOME.format(rows="Message.objects.all()"), [("reads any message", "medium")]),
    ],
)  # fmt: skip
def test_functions(view: str, expected: list[tuple[str, str]]) -> None:
    assert told(FUNCTIONS + view, "" if "pk)" not in view.splitlines()[1] else "<int:pk>/") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("def get_object(self):\n        return Ledger.objects.get(pk=self.kwargs['pk'])", [("reads any ledger", "high")]),
        ("def get_object(self):\n        return Ledger.objects.get(pk=self.kwargs.get('pk'))", [("reads any ledger", "high")]),
        ("def get_object(self):\n        return Ledger.objects.get(pk=self.kwargs['pk'], owner=self.request.user)", []),
        ("def get_object(self):\n        return Ledger.objects.get(pk=self.request.query_params.get('ledger_id'))", [("reads any ledger", "high")]),
        ("def get(self, request, *args, **kwargs):\n        return Response(Ledger.objects.get(pk=kwargs['pk']).title)", [("reads any ledger", "high")]),
        ("def get(self, request, *args, **kwargs):\n        return Response(Ledger.objects.get(pk=request.GET['ledger_id']).title)", [("reads any ledger", "high")]),
        ("def get(self, request, *args, **kwargs):\n        return Response(Ledger.objects.filter(pk=kwargs['pk'], owner=request.user).first())", []),
        ("def get(self, request, *args, **kwargs):\n        return Response(Ledger.objects.get(pk=request.session['ledger_id']).title)", []),
    ],
)  # fmt: skip
def test_classes(body: str, expected: list[tuple[str, str]]) -> None:
    view = f"class View(generics.RetrieveAPIView):\n    serializer_class = LedgerSerializer\n    permission_classes = [IsAuthenticated]\n\n    {body}\n"
    mine = "class Mine(generics.ListAPIView):\n    permission_classes = [IsAuthenticated]\n\n    def get_queryset(self):\n        return Ledger.objects.filter(owner=self.request.user)\n"
    assert told(CLASSES + view + mine, entry="views.View.as_view()", more="path('mine/', views.Mine.as_view())") == expected


PATIENT = """@login_required
def view(request, pk):
    patient = get_object_or_404(Patient, pk=pk)
    return render(request, "patient.html", {"patient": patient})


def register(request):
    User.objects.create_user(request.POST["name"], password=request.POST["password"])
    return redirect("home")
"""


@pytest.mark.parametrize(("more", "severity"), [("", "medium"), ("path('register/', views.register)", "high")])
def test_whom_strangers_may_become_tells_how_bad_it_is(more: str, severity: str) -> None:
    joining = "from django.contrib.auth.models import User\n"
    assert told(FUNCTIONS + joining + PATIENT, more=more) == [("reads any patient", severity)]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [("subject_id", []), ("message_id", [("reads any message", "high")]), ("conversation_id", [("reads any message", "high")])],
)
def test_what_is_about_a_subject_need_not_be_somebodys(chosen: str, expected: list[tuple[str, str]]) -> None:
    view = f"@login_required\ndef view(request, {chosen}):\n    rows = Message.objects.filter({chosen}={chosen})\n    return render(request, 'messages.html', {{'rows': rows}})\n\n\ndef register(request):\n    pass\n"
    joined = "path('register/', views.register)"
    assert told(FUNCTIONS + view + REGISTERS, f"<int:{chosen}>/", more=joined) == expected


REGISTERS = "\n\ndef register(request):\n    from django.contrib.auth.models import User\n    User.objects.create_user(request.POST['name'], password=request.POST['password'])\n    return redirect('home')\n"
