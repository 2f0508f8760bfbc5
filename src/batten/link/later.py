"""What runs a function that it is handed, after its caller or beside it."""

from batten.facts.calls import Call, Origin, simple_name

# What runs a function that it is handed, and the slots that hold it.
_RUN_LATER = {
    "add_task": ("0", "func"),
    "Thread": ("target",),
    "Process": ("target",),
    "run_in_executor": ("1", "func"),
    "to_thread": ("0", "func"),
    "run_in_threadpool": ("0", "func"),
    "submit": ("0", "fn"),
    "setTimeout": ("0",),
    "setImmediate": ("0",),
    "nextTick": ("0",),
    "after": ("0",),
}


def run_later(call: Call) -> list[str]:
    """The names of functions that a call has run in the background: ``tasks.add_task(send, order)``, ``Thread(target=send)``."""
    last = simple_name(call.callee) or call.callee
    slots = _RUN_LATER.get(last, ())
    given = (argument for argument in call.arguments if argument.slot in slots)
    return [source.text for argument in given for source in argument.sources[:1] if source.origin is Origin.NAME and "#" in source.text]
