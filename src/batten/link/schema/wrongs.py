"""What the modules that look for flaws of policies say."""

from msgspec import Struct

from batten.facts.schema import Flaw, Predicate
from batten.finding import Step


class Wrong(Struct, frozen=True):
    """What is wrong with a policy. ``verbs``: those it opens, all of its command where empty; ``which`` rows, or the whole ``deed`` of ``who``."""

    flaw: Flaw
    what: str
    columns: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    predicate: Predicate | None = None
    who: str | None = None
    which: str = "every row"
    deed: str | None = None
    decisive: bool = False
    trail: tuple[Step, ...] = ()
