"""The extension for VS Code: its types, its tests in an editor that is a stand-in, its work with the real server, and the package."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from npm import installed

from batten import __version__

pytestmark = pytest.mark.xdist_group("vscode")

ROOT = Path(__file__).parents[1]
EXTENSION = ROOT / "editors" / "vscode"
MANIFEST: dict[str, Any] = json.loads((EXTENSION / "package.json").read_bytes())


def run(folder: Path, *words: str, **environment: str) -> str:
    done = subprocess.run(
        words, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=500, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4_000:]
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension, type-checked, bundled and packaged."""
    packages = installed(EXTENSION, "what the extension is built with")
    base = tmp_path_factory.mktemp("extension")
    shutil.copy(ROOT / "LICENSE", base)
    folder = base / "editors" / "vscode"
    shutil.copytree(EXTENSION, folder, ignore=shutil.ignore_patterns("node_modules", "dist", "*.vsix", "LICENSE"))
    (folder / "node_modules").symlink_to(packages / "node_modules")
    run(folder, "npm", "run", "package")
    return folder


def test_the_package_holds_what_an_editor_needs_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(built / "batten.vsix") as package:
        names = {name for name in package.namelist() if name.startswith("extension/")}
        manifest = json.loads(package.read("extension/package.json"))
        code = package.read("extension/dist/extension.js")
        licences = package.read("extension/dist/THIRD-PARTY.txt").decode()
    assert names == {
        f"extension/{name}" for name in ("package.json", "readme.md", "LICENSE.txt", "dist/extension.js", "dist/THIRD-PARTY.txt")
    }
    assert (manifest["main"], manifest["version"]) == ("./dist/extension.js", __version__.partition(".dev")[0])
    assert len(code) < 1_500_000
    assert b"eval(" not in code
    assert "vscode-languageclient 10.1.2 (MIT)\n" in licences


def test_it_works_in_an_editor_that_is_a_stand_in(built: Path) -> None:
    said = run(built, "node", "--test", "--test-reporter=tap", "test/extension.test.js", NODE_PATH=str(built / "test" / "stub"))
    assert "\n# fail 0\n" in said
    assert "\n# skipped 0\n" in said


def test_it_works_with_the_real_server(built: Path) -> None:
    command = built.parent / "batten"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m batten "$@"\n')
    command.chmod(0o755)
    given = {"NODE_PATH": str(built / "test" / "stub"), "BATTEN": str(command), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    said = run(built, "node", "--test", "--test-reporter=tap", "test/server.test.js", **given)
    assert "\n# pass 1\n" in said


def test_a_workspace_names_no_program() -> None:
    """Neither where it is trusted: the setting is one of the machine."""
    assert MANIFEST["contributes"]["configuration"]["properties"]["batten.path"]["scope"] == "machine"
    assert MANIFEST["capabilities"]["untrustedWorkspaces"]["supported"] == "limited"
    assert MANIFEST["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"] == ["batten.path"]


def test_every_command_and_setting_is_there_and_told() -> None:
    source = "".join(path.read_text() for path in sorted((EXTENSION / "src").glob("*.ts")))
    readme = (EXTENSION / "README.md").read_text()
    commands = [each["command"] for each in MANIFEST["contributes"]["commands"]]
    assert [name for name in commands if f'registerCommand("{name}"' not in source] == []
    assert [name for name in MANIFEST["contributes"]["configuration"]["properties"] if f"`{name}`" not in readme] == []


def test_nothing_is_fetched_from_anywhere_but_the_registry() -> None:
    """Each package has its digest, and no address."""
    packages = json.loads((EXTENSION / "package-lock.json").read_bytes())["packages"]
    assert [name for name, each in packages.items() if name and not each.get("integrity")] == []
    assert [name for name, each in packages.items() if "resolved" in each] == []
