"""Functions that answer where no route does, or one fails; knows no values.

https://flask.palletsprojects.com/en/stable/errorhandling/
"""

from batten.facts.project import FileFacts

ERROR = "flask-error"
"""Their framework, among handlers."""
_MARKS = (".errorhandler", ".app_errorhandler")


def answering_errors(file: FileFacts) -> tuple[str, ...]:
    """The functions of a file that are marked to answer errors."""
    marked = (each.name for each in file.functions if any(mark.callee.endswith(_MARKS) for mark in each.wrappers))
    return tuple(marked) if file.path.endswith(".py") else ()
