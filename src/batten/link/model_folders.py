"""Models that a file makes of all files beside it: ``db[model.name] = require(path)(sequelize)``; knows no model.

https://sequelize.org/docs/v6/other-topics/migrations/#project-bootstrapping
"""

from batten.facts.calls import Binding
from batten.facts.project import FileFacts

_LIBRARY = "sequelize#"
_READS_FOLDER = "readdirSync"


def read_from_folder(file: FileFacts, binding: Binding, tail: str) -> str | None:
    """The canonical name of a request to the database that is made on such a model, by the steps after the record that holds all; None for all else."""
    model, _, asked = tail.partition(".")
    if not asked or not model[:1].isupper() or binding.name is not None or binding.is_class or binding.sources:
        return None
    made_with = any(each.name is not None and each.name.startswith(_LIBRARY) for each in file.bindings) or any(
        entry.module == "sequelize" for entry in file.imports
    )
    reads = any(call.callee.endswith(_READS_FOLDER) for function in file.functions for call in function.calls)
    return f"sequelize.define.{asked}" if made_with and reads and model != "Sequelize" else None
