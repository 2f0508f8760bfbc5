"""What a Python file imports and exports."""

import pytest

from batten.code.lower_python import lower


def test_every_import_is_listed_wherever_it_stands() -> None:
    source = b"""
import a, b.c, d.e as f
from g import (h as i, j)
from . import k
from ...l.m import *
from __future__ import annotations
try:
    import n
except ImportError:
    from o import p
if TYPE_CHECKING:
    from q import R
    if x:
        import s
elif typing.TYPE_CHECKING:
    import t
else:
    import u
class V:
    import w
    def x(self):
        def y():
            from z import aa
"""
    expected = [
        ("a", "*", "a", False),
        ("b", "*", "b", False),
        ("b.c", "", "", False),
        ("d.e", "*", "f", False),
        ("g", "h", "i", False),
        ("g", "j", "j", False),
        (".", "k", "k", False),
        ("...l.m", "*", "*", False),
        ("__future__", "annotations", "annotations", False),
        ("n", "*", "n", False),
        ("o", "p", "p", False),
        ("q", "R", "R", True),
        ("s", "*", "s", True),
        ("t", "*", "t", True),
        ("u", "*", "u", False),
        ("w", "*", "w", False),
        ("z", "aa", "aa", False),
    ]
    for wanted in (None, lambda _start, _end: False):
        imports = lower(source, "app.py", wanted).imports
        assert [(each.module, each.name, each.local, each.type_only) for each in imports] == expected


def test_an_import_spans_the_name_it_takes() -> None:
    source = b"from a import (\n    b as c,\n    d,\n)"
    assert [source[each.span.start : each.span.end] for each in lower(source, "app.py").imports] == [b"b as c", b"d"]


def exported(source: str) -> list[str]:
    return [each.name if each.module is None else f"{each.name} of {each.module}" for each in lower(source.encode(), "app.py").exports]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import a\nfrom b import c as d, _e\ndef f(): import g\nclass H: i = 1\n_j = k = 1\n(l, [m]) = n\no: int", "a d f H k l m o"),
        ("if a:\n  b = 1\nelse:\n  def c(): pass\ntry:\n  import d\nexcept E:\n  d = None\nfor f in g: h = 1", "b c d f h"),
        ("with a() as b: c = 1", "b c"),
        ("from .models import *\nx = 1", "* of .models|x"),
        ("__all__ = ['a', '_b']\ndef a(): pass\n_b = c = 1", "a _b"),
        ("__all__ = ('a',) + ('b',)\n__all__ += ['c']\n__all__.extend(['d'])\n__all__.append('e')\nf = 1", "a b c d e"),
        ("__all__ = ['a'] + other.__all__\na = b = 1", "a b"),
        ("__all__ = [x for x in y]\na = 1", "a"),
        ("def f():\n  global a\n  a = 1", "f"),
    ],
)
def test_exports(source: str, names: str) -> None:
    assert exported(source) == names.split("|" if "|" in names else " ")


def test_an_export_points_at_what_it_exports() -> None:
    source = b"if TYPE_CHECKING:\n    from a import B\n__all__ = ['c', 'd']\n@e\ndef c(): pass\n"
    unit = lower(source, "app.py")
    assert [(each.name, source[each.span.start : each.span.end]) for each in unit.exports] == [
        ("c", b"@e\ndef c(): pass"),
        ("d", b"'d'"),
    ]
    unit = lower(source.replace(b"__all__", b"listed"), "app.py")
    assert [(each.name, each.type_only) for each in unit.exports] == [("B", True), ("listed", False), ("c", False)]
