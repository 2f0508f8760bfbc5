"""Whether a function of the owner only answers what stands behind a code that its caller has: a coupon, the code of a referral, the name of a shop in an address."""

from collections.abc import Collection

from batten.link.schema.ownership import split
from batten.link.schema.private_names import text_kind, words
from batten.parse.postgres.expressions import Expression, Operation, Query, Reference, walk
from batten.parse.postgres.statements import FunctionParameter
from batten.regex import regex

_CODE = regex(r"(?:^|_)(?:code|coupon|promo|voucher|referral|slug|subdomain|domain)$")


def asked_by_code(query: Query, arguments: Collection[str], answered: Collection[FunctionParameter]) -> bool:
    """One row is asked for by such a code, and nothing private of it is answered."""
    told = [each.name for each in answered if each.name]
    if not told or len(told) != len(answered) or any(text_kind(words(name)) is not None for name in told):
        return False
    parts = split(query.where, "and") if query.where is not None else ()
    return not query.others and any(_by_code(part, arguments) for part in parts)


def _by_code(part: Expression, arguments: Collection[str]) -> bool:
    if not isinstance(part, Operation) or part.operator != "=":
        return False
    sides = [{each.parts[-1] for each in walk(side) if isinstance(each, Reference)} for side in part.operands]
    given = [side for side in sides if side and side <= set(arguments)]
    columns = [label for side in sides if side not in given for label in side]
    return len(given) == 1 and len(columns) == 1 and _CODE.search(columns[0]) is not None
