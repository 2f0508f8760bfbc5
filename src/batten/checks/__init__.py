"""The checks that pages name, for rules that are more than a match; knows no page and no syntax.

A check is a pure generator over a ``Project``: it yields a ``Hit`` for each fact at fault. It lives in a module of
its own, imports nothing of its siblings, and is listed in ``BUILT_IN`` by a function that imports it when it is run.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from batten.facts.project import Project
from batten.finding import Confidence, Severity, Step
from batten.text import Place


class Hit(Struct, frozen=True, kw_only=True):
    """One fact at fault.

    ``words`` are what the page's message may use beside the fields of the fact. ``place`` and ``trail`` replace those of the fact.
    ``discriminator`` tells several hits on one fact apart. ``severity`` and ``confidence`` are ceilings: they lower those of the page.
    """

    fact: Any
    words: Mapping[str, str] = {}
    discriminator: str = ""
    place: Place | None = None
    trail: tuple[Step, ...] | None = None
    severity: Severity | None = None
    confidence: Confidence | None = None


Function = Callable[[Project], Iterator[Hit]]


class Check(Struct, frozen=True):
    """What a page must know of a check: the kind of fact it hits, the words it adds, and how to get at its function."""

    fact: str
    load: Callable[[], Function]
    words: tuple[str, ...] = ()


BUILT_IN: Mapping[str, Check] = MappingProxyType({})
