"""What a test calls, as it is written; knows no values."""

from batten.code.model import Attribute, Call, Expression, Name
from batten.code.parts import expressions


def method_of(call: Call) -> str:
    """The last step of what is called."""
    return call.callee.name if type(call.callee) is Attribute else call.callee.id if type(call.callee) is Name else ""


def has_call(node: Expression) -> bool:
    """Something is called in there."""
    pending = [node]
    while pending:
        part = pending.pop()
        if type(part) is Call:
            return True
        pending += expressions(part)
    return False
