"""Puts the compiled rule packs into the wheel, so that no scan has to read YAML."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompilePacks(BuildHookInterface[Any]):
    """Validates every page and writes what they say as plain data; an editable install does it when it first runs."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds the file to what goes into the wheel."""
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root / "src"))
        from batten.rules import packs

        made = Path(self.directory) / packs.COMPILED
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_bytes(packs.compiled(root / "rulepacks"))
        build_data["force_include"][str(made)] = f"batten/rulepacks/{packs.COMPILED}"
