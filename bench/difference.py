"""Compares ``batten diff`` of a change of 20 files with one ``batten check`` of the changed app, both with what earlier runs remember: CPU, in turns.

Once the change is remarks, which lets a check believe its last answer; once it is functions. The commit that is compared with was scanned before, or never.

python bench/difference.py [--rounds 3] APP_DIR
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

FILES = 20
WHO = {f"GIT_{who}_{what}": "someone@example.test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("app", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        app, warm = folder / "app", folder / "warm"
        shutil.copytree(given.app, app, ignore=shutil.ignore_patterns("node_modules", ".git"), symlinks=True)
        for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "the app"]):
            subprocess.run(["git", *words], cwd=app, env={**os.environ, **WHO}, check=True)
        tracked = subprocess.run(["git", "ls-files"], cwd=app, capture_output=True, text=True, check=True).stdout.splitlines()
        code = [app / path for path in tracked if path.endswith((".ts", ".tsx", ".js", ".py")) and "test" not in path.lower()]
        code = sorted((path for path in code if path.is_file()), key=lambda path: -path.stat().st_size)
        chosen = code[FILES :: max(1, (len(code) - FILES) // FILES)][:FILES]
        print(f"{len(code)} files of code, {sum(path.read_bytes().count(10) for path in code):,} lines; {len(chosen)} change")
        nothing, checked = folder / "nothing", folder / "checked"
        nothing.mkdir()
        print(f"cold: check {cpu(app, warm, 'check'):.2f} s", end=", ")
        shutil.copytree(warm, checked)
        print(f"then diff {cpu(app, warm, 'diff', 'HEAD'):.2f} s")
        for what, python, script in (
            ("remarks", "# {}", "// {}"),
            ("functions", "def change{}(one):\n    return one", "function change{}(one) { return one }"),
        ):
            ratios: dict[str, list[float]] = {}
            for number in range(given.rounds):
                for path in chosen:
                    path.write_text(f"{path.read_text()}\n{(python if path.suffix == '.py' else script).replace('{}', str(number), 1)}\n")
                seconds = {}
                for which, known, words in (
                    ("check", checked, ["check"]),
                    ("base scanned before", warm, ["diff", "HEAD"]),
                    ("base never scanned", checked, ["diff", "HEAD"]),
                    ("check, nothing known", nothing, ["check"]),
                    ("diff, nothing known", nothing, ["diff", "HEAD"]),
                ):
                    copy = folder / "copy"  # none profits from what another has just found out
                    shutil.copytree(known, copy)
                    seconds[which] = cpu(app, copy, *words)
                    shutil.rmtree(copy)
                    ratios.setdefault(which, []).append(seconds[which] / seconds["check"])
            print(
                f"{what}: check {seconds['check']:.2f} s; in its times: {', '.join(f'{which} {statistics.median(found):.2f}' for which, found in ratios.items() if which != 'check')}"
            )


def cpu(app: Path, cache: Path, *words: str) -> float:
    """Seconds of one run and of the processes that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "batten", *words, "--quiet"],
        cwd=app,
        env={**os.environ, "BATTEN_CACHE_DIR": str(cache)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
