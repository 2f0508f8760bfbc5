"""Says in words what strangers can do; knows nothing of how that was found."""

from collections.abc import Iterable, Sequence

_VERBS = {"select": "read", "insert": "add", "update": "change", "delete": "delete"}
_MOST = 6


def listed(names: Sequence[str]) -> str:
    """``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def deeds(verbs: Iterable[str]) -> str:
    """``read, add, change and delete``, in this order."""
    found = set(verbs)
    return listed([word for verb, word in _VERBS.items() if verb in found])


def columns(names: Sequence[str]) -> str:
    """`` (email, phone)``; "" where there are none."""
    if not names:
        return ""
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f" ({', '.join(names[:_MOST])}{more})"


def reach(verbs: Iterable[str], to_anon: bool, sensitive: Sequence[str], which: str = "every row") -> str:
    """Who can do what: ``anyone who has the public key can read and change every row (email)``."""
    who = "anyone who has the public key" if to_anon else "anyone who signs up"
    found = set(verbs)
    # Adding is not done to rows that are there.
    if found == {"insert"}:
        return f"{who} can add rows"
    shown = columns(sensitive) if "select" in found else ""
    return f"{who} can {deeds(found)} {which}{shown}"
