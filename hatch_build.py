"""Puts the compiled rule packs into the wheel, so that no scan has to read YAML, and the libraries that the page of ``batten map`` draws with."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildData(BuildHookInterface[Any]):
    """Validates every page and writes what they say as plain data (an editable install does it when it first runs); fetches the libraries with npm."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds the files to what goes into the wheel or the source distribution."""
        root = Path(self.root)
        self._libraries(root)
        if version == "editable" or self.target_name != "wheel":
            return
        sys.path.insert(0, str(root / "src"))
        from batten.rules import packs

        made = Path(self.directory) / packs.COMPILED
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_bytes(packs.compiled(root / "rulepacks"))
        build_data["force_include"][str(made)] = f"batten/rulepacks/{packs.COMPILED}"

    def _libraries(self, root: Path) -> None:
        """Where they can't be had, no source distribution is made: what is released holds them. An install from a checkout goes without, and ``batten map`` says so."""
        found = importlib.util.spec_from_file_location("page_libraries", root / "scripts/page_libraries.py")
        if found is None or found.loader is None:
            raise FileNotFoundError("scripts/page_libraries.py")
        module = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)
        try:
            module.ensure()
        except module.LibrariesError as error:
            if self.target_name == "sdist":
                sys.exit(f"error: {error}")
            self.app.display_warning(f"what is built here draws no HTML map: {error}")
