"""What CI runs, and what a contributor runs before pushing: plain ``nox``.

Sessions use the environment that nox itself runs in, so that everything is installed once.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.stop_on_first_error = False

HERE = Path(__file__).parent


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and who may import whom."""
    _python(session, "-m", "ruff", "check", "--no-cache")
    _python(session, "-m", "ruff", "format", "--check", "--no-cache")
    _python(session, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache")


@nox.session
def types(session: nox.Session) -> None:
    """Types."""
    _python(session, "-m", "mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """All tests, the examples of the rule pages and the built wheel included."""
    _install_debian_packages(session)
    # Where there is no npm, the tests of the page skip, and say so.
    session.run(sys.executable, "scripts/page_libraries.py", external=True, success_codes=[0, 1])
    # Where semgrep can't be had, what is tested with it skips, and says so.
    engine = session.run(sys.executable, "tests/support/semgrep.py", external=True, silent=True)
    env = {"BATTEN_SEMGREP": str(engine).strip()} if engine else {}
    # Half of the time tests wait: for servers, editors and processes that they start.
    workers = str(min(3 * (os.cpu_count() or 1) // 2, 8))
    _python(session, "-m", "pytest", "-n", workers, "--dist", "loadgroup", *session.posargs, env=env)


@nox.session
def package(session: nox.Session) -> None:
    """Only the tests of the built wheel."""
    _python(session, "-m", "pytest", "-m", "package", "tests/test_packaging.py", *session.posargs)


@nox.session
def vscode(session: nox.Session) -> None:
    """Build the extension for VS Code: editors/vscode/batten.vsix."""
    session.chdir(HERE / "editors" / "vscode")
    session.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", external=True)
    session.run("npm", "run", "package", external=True)


@nox.session
def soak(session: nox.Session) -> None:
    """10,000 edits in an editor, and the memory of the server after them; takes minutes. Say ``nox -s soak -- APP_DIR`` for an app of your own."""
    app = session.posargs or ["fixtures/apps/moltbook"]
    _python(session, "bench/editor.py", "--soak", "10000", "--keys", "20", *app)


@nox.session
def remedies(session: nox.Session) -> None:
    """What is fixed of apps, held against git, compilers, mypy and a server: the apps of the fixtures, or say ``nox -s remedies -- APP_DIR...``."""
    apps = session.posargs or sorted(map(str, (HERE / "fixtures" / "apps").iterdir()))
    _python(session, "bench/remedies.py", "--server", "--types", *apps)


@nox.session
def pictures(session: nox.Session) -> None:
    """Draw the pictures of the README anew."""
    _python(session, "scripts/readme_picture.py", *session.posargs)
    if "--check" not in session.posargs:
        _python(session, "scripts/map_picture.py")


def _python(session: nox.Session, *arguments: str, env: dict[str, str] | None = None) -> None:
    """Run the interpreter of this environment: it may not be activated."""
    session.run(sys.executable, *arguments, external=True, env=env)


def _install_debian_packages(session: nox.Session) -> None:
    """Install what apt-packages.txt lists, where that is possible; otherwise the tests that want it skip and say so."""
    rows = (HERE / "apt-packages.txt").read_text().splitlines()
    wanted = [name for row in rows if (name := row.partition("#")[0].strip())]
    installer, query = shutil.which("apt-get"), shutil.which("dpkg-query")
    if installer is None or query is None:
        session.log("not a Debian: tests that want %s may skip", ", ".join(wanted))
        return
    missing = [name for name in wanted if not _is_installed(query, name)]
    if not missing:
        return
    if os.geteuid() != 0:
        session.warn(f"tests will skip without: sudo apt-get install {' '.join(missing)}")
        return
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    session.run(installer, "update", "-q", external=True, env=quiet, success_codes=[0, 100], silent=True)
    install = (installer, "install", "-q", "-y", "--no-install-recommends", *missing)
    session.run(*install, external=True, env=quiet, success_codes=[0, 100], silent=True)


def _is_installed(query: str, name: str) -> bool:
    """Whether the package is there, or a command of its name from elsewhere."""
    if shutil.which(name) is not None:
        return True
    found = subprocess.run([query, "-W", "-f", "${db:Status-Status}", name], capture_output=True, text=True, check=False)
    return found.stdout == "installed"
