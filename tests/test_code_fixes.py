"""Remedies of code do what they say: what they leave is run, with what an attacker sends and with what honest callers send."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fixing import fix, fixed, lay_out

from batten.extract.code import unit_of


def run(folder: Path, *command: str, **environment: str) -> tuple[int, str]:
    """Exit code and output of a command; Python where it is a file of Python, else Node."""
    words = [sys.executable if command[0].endswith(".py") else "node", *command]
    done = subprocess.run(
        words, cwd=folder, env={"PATH": os.environ["PATH"], **environment}, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout


MODULES = '{"type": "module", "dependencies": {"express": "5"}}'

# Secrets that stand in the code

CLOSED = {
    "js, in a variable": ("app.mjs", "const jwtSecret = process.env.JWT_SECRET || 'shop-2024'\nconsole.log(jwtSecret.length)\n", "JWT_SECRET"),
    "js, with ??": ("app.mjs", "const jwtSecret =\n  process.env.JWT_SECRET ??\n  'shop-2024'\nconsole.log(jwtSecret.length)\n", "JWT_SECRET"),
    "js, of several": (
        "app.mjs",
        "const jwtSecret = process.env.JWT_SECRET || process.env.AUTH_SECRET || 'shop-2024'\nconsole.log(jwtSecret.length)\n",
        "AUTH_SECRET",
    ),
    "js, in a record": ("app.mjs", "const keys = { sessionSecret: 'shop-2024' }\nconsole.log(keys.sessionSecret.length)\n", "SESSION_SECRET"),
    "python": ("app.py", 'import os\n\nSECRET_KEY = os.getenv("SECRET_KEY", "shop-2024")\nprint(len(SECRET_KEY))\n', "SECRET_KEY"),
    "python, or": ("app.py", 'import os\n\nSECRET_KEY = os.environ.get("SECRET_KEY") or "shop-2024"\nprint(len(SECRET_KEY))\n', "SECRET_KEY"),
    "python, stored": ("app.py", '"""Settings."""\n\nSECRET_KEY = "q7Lm2Vx9Tz"\nprint(len(SECRET_KEY))\n', "SECRET_KEY"),
    "python, settings": (
        "app.py",
        """from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    secret_key: str = "q7Lm2Vx9Tz"  # of sessions
    name: str = "shop"


print(len(Settings().secret_key))
""",
        "SECRET_KEY",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CLOSED)
def test_nothing_starts_without_the_secret_and_all_is_as_before_with_it(tmp_path: Path, case: str) -> None:
    file, text, name = CLOSED[case]
    lay_out(tmp_path, {file: text, "package.json": '{"dependencies": {"express": "5"}}'})
    assert run(tmp_path, file)[0] == 0
    with_it = run(tmp_path, file, **{name: "a-new-one"})
    assert [done for _, done in fix(tmp_path, "hardcoded-fallback-secret")] == [True]
    assert run(tmp_path, file)[0] != 0
    assert run(tmp_path, file, **{name: ""})[0] != 0 or file.endswith(".py")
    assert run(tmp_path, file, **{name: "a-new-one"}) == (0, "9\n")
    assert with_it[0] == 0
    assert unit_of(file, (tmp_path / file).read_bytes()).broken == ()


def test_a_comparison_lets_nobody_through_who_sends_nothing(tmp_path: Path) -> None:
    """``undefined`` would equal ``undefined``."""
    text = """export default function handler(request) {
  const cronSecret = request.headers['x-cron-secret']
  if (cronSecret !== 'nightly-7f3k') return 401
  return 200
}
"""
    ask = "import handler from './api/cron.js'\nlet said\ntry { said = handler({ headers: {} }) } catch { said = 500 }\nconsole.log(said)\n"
    changed = fixed(tmp_path, "hardcoded-fallback-secret", {"api/cron.js": text, "package.json": MODULES})
    assert changed["api/cron.js"].splitlines()[2] == (
        "  if (cronSecret !== (process.env.CRON_SECRET || (() => { throw new Error('CRON_SECRET is not set') })())) return 401"
    )
    lay_out(tmp_path, {"ask.mjs": ask})
    assert (run(tmp_path, "ask.mjs"), run(tmp_path, "ask.mjs", CRON_SECRET="another")) == ((0, "500\n"), (0, "401\n"))


def test_one_variable_does_not_stand_for_two_values(tmp_path: Path) -> None:
    text = "ADMIN_TOKEN = 'shop-2024'\n"
    assert fixed(tmp_path, "hardcoded-fallback-secret", {"a.py": text, "b.py": text.replace("2024", "2025")}) == {}
