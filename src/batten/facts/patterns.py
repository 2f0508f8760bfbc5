"""Places where the code fits the pattern of a rule, as the guest engine found them."""

from msgspec import Struct

from batten.text import Place


class Pattern(Struct, frozen=True):
    """One place that fits. ``rule`` is the rule whose pattern it is."""

    rule: str
    place: Place
    package: str = ""
    path_class: str = "product"
    key: str = ""
    subject: str = ""
