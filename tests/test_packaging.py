"""The wheel, as a stranger gets it: built, installed into an empty environment, and run there, with the network taken away as well."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = [pytest.mark.package, pytest.mark.xdist_group("package")]

ROOT = Path(__file__).parents[1]
BUILT_FROM = ("src", "rulepacks", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "hatch_build.py", "scripts")
PROBE = """
import socket
def refused(*arguments, **options):
    raise OSError("no network for tests")
socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = refused
"""


class Installed(NamedTuple):
    """An environment with the wheel in it, far from the source."""

    python: Path
    wheel: Path

    @property
    def batten(self) -> str:
        return str(self.python.with_name("batten"))


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run with an environment that knows nothing of this checkout, nor of a CI."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT", "TMPDIR", "SSL_CERT_FILE") if name in os.environ}
    kept |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "HTTP", "http"))}
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=kept | environment, capture_output=True, text=True, check=False, timeout=400
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel of a copy of the source, with all that it depends on, in a new environment."""
    pytest.importorskip("hatchling", reason="the wheel is built with hatchling: pip install --group dev")
    base = tmp_path_factory.mktemp("package")
    source = base / "source"
    source.mkdir()
    for name in BUILT_FROM:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.msgpack"))
        elif path.exists():
            shutil.copy(path, source / name)
    built = run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", base / "dist", source, cwd=base)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = (base / "dist").glob("*.whl")
    venv.create(base / "env", with_pip=False, symlinks=os.name != "nt")
    python = base / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = run(sys.executable, "-m", "pip", "--python", python, "install", wheel, cwd=base)
    if done.returncode and ("ConnectionError" in done.stderr or "No matching distribution" in done.stderr):
        pytest.skip("what the wheel depends on can't be downloaded")
    assert done.returncode == 0, done.stdout + done.stderr
    return Installed(python, wheel)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A tiny app with one open table."""
    migration = tmp_path / "app" / "supabase" / "migrations" / "20250102030405_notes.sql"
    migration.parent.mkdir(parents=True)
    migration.write_text("create table public.notes (id uuid primary key, owner_id uuid, body text, email text);\n")
    (tmp_path / "app" / "package.json").write_text('{"name": "notes", "dependencies": {"@supabase/supabase-js": "^2.49.0"}}\n')
    return tmp_path / "app"


def found_in(output: str) -> list[tuple[str, str]]:
    """Places and rules of the concise format."""
    rows = [line.split(": ", 1) for line in output.splitlines() if ": critical " in line or ": high " in line or ": medium " in line]
    return [(place, text.split()[1]) for place, text in rows]


def test_wheel_holds_the_code_its_types_and_the_rule_packs(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        names = set(wheel.namelist())
        metadata = Parser().parsestr(wheel.read(next(name for name in names if name.endswith(".dist-info/METADATA"))).decode())
    sources = [path.relative_to(ROOT) for path in (ROOT / "rulepacks").rglob("*") if path.suffix in (".md", ".yml")]
    pages = {f"batten/{path.as_posix()}" for path in sources}
    assert pages
    assert pages - names == set()
    assert {"batten/py.typed", "batten/batten.schema.json", "batten/rules/page.schema.json", "batten/rulepacks/compiled.msgpack"} <= names
    assert {
        f"batten/report/map/{name}"
        for name in ("libraries/cytoscape.min.js", "libraries/cytoscape.LICENSE", "page/page.js", "page/page.css")
    } <= names
    assert not [name for name in names if name.startswith(("tests", "fixtures", "src"))]
    assert metadata["License-Expression"] == "Apache-2.0"
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_installed_command_finds_the_open_table(installed: Installed, app: Path) -> None:
    done = run(installed.batten, "check", "--output-format", "concise", app, cwd=app.parent)
    assert (done.returncode, found_in(done.stdout), done.stderr) == (
        1,
        [("app/supabase/migrations/20250102030405_notes.sql:1:1", "table-without-rls")],
        "",
    )


def test_installed_command_draws_the_page_of_the_map(installed: Installed, app: Path) -> None:
    done = run(installed.batten, "map", "--output-format", "html=map.html", app, cwd=app.parent)
    assert (done.returncode, done.stderr) == (0, "")
    page = (app.parent / "map.html").read_text()
    assert (page.startswith("<!DOCTYPE html>"), "Cytoscape Consortium" in page, "Chris Pettitt" in page) == (True, True, True)


def test_source_distribution_holds_what_the_page_is_drawn_with_and_builds_without_npm(installed: Installed, tmp_path: Path) -> None:
    source = installed.wheel.parents[1] / "source"
    made = run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path / "dist", cwd=source)
    assert made.returncode == 0, made.stdout + made.stderr
    (archive,) = (tmp_path / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    for target, present, code in (("wheel", True, 0), ("wheel", False, 0), ("sdist", False, 1)):
        if not present:
            shutil.rmtree(unpacked / "src/batten/report/map/libraries", ignore_errors=True)
        done = run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", tmp_path / "again", cwd=unpacked, PATH="")
        assert done.returncode == code, done.stdout + done.stderr
        said = done.stdout + done.stderr
        assert ("there is no npm. The page of `batten map` is drawn with" in said) is not present
        assert ("error: " in said) is bool(code)
    assert not list((tmp_path / "again").glob("*.tar.gz"))


def test_installed_command_lists_every_rule(installed: Installed, tmp_path: Path) -> None:
    done = run(installed.batten, "rules", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    rules = sorted(path.stem for path in (ROOT / "rulepacks").glob("*/*.md") if path.name != "README.md")
    assert rules
    assert [rule for rule in rules if rule not in done.stdout] == []


def test_module_is_the_command(installed: Installed, tmp_path: Path) -> None:
    version = run(installed.python, "-c", "import batten; print(batten.__version__)", cwd=tmp_path).stdout.strip()
    done = run(installed.python, "-m", "batten", "--version", cwd=tmp_path)
    assert (done.returncode, done.stdout.split()[-1]) == (0, version)


def test_findings_are_the_same_where_every_connection_is_refused(installed: Installed, app: Path) -> None:
    """Python itself refuses to connect: holds wherever the tests run."""
    blocked = app.parent / "blocked"
    blocked.mkdir()
    (blocked / "sitecustomize.py").write_text(PROBE)
    refused = run(installed.python, "-c", "import socket; socket.create_connection(('192.0.2.1', 9))", cwd=blocked, PYTHONPATH=str(blocked))
    assert "no network for tests" in refused.stderr
    command = (installed.batten, "check", "--output-format", "json", app)
    free = run(*command, cwd=app.parent)
    alone = run(*command, cwd=app.parent, PYTHONPATH=str(blocked))
    assert free.returncode == alone.returncode == 1
    assert findings(alone.stdout) == findings(free.stdout)


def test_findings_are_the_same_in_a_machine_without_network(installed: Installed, app: Path) -> None:
    """The kernel has no network for it: holds for libraries in other languages, too."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("there is no unshare (util-linux)")
    wrapper = (unshare, "--net") if os.geteuid() == 0 else (unshare, "--net", "--map-root-user")
    if run(*wrapper, "true", cwd=app).returncode:
        pytest.skip("this machine does not let a process give up its network")
    command = (installed.batten, "check", "--output-format", "json", app)
    assert findings(run(*wrapper, *command, cwd=app.parent).stdout) == findings(run(*command, cwd=app.parent).stdout) != []


def findings(output: str) -> list[tuple[str, str]]:
    """Rules and keys of the JSON format."""
    return [(finding["rule"], finding["key"]) for finding in json.loads(output)["findings"]]
