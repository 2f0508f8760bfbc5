"""Which files a run reads, on trees as people and attackers have them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.config import Config
from batten.discover import PathClass, Unread, discover, locate, read
from batten.discover.classes import Classes
from batten.discover.patterns import spec
from batten.finding import ConfigError, NoteKind, UsageError


def write(root: Path, *paths: str, text: str = "x = 1\n") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def git(root: Path, *words: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, "-c", "protocol.file.allow=always", *words], cwd=root, check=True, capture_output=True)


def paths(root: Path, *named: str, config: Config | None = None) -> list[str]:
    found = discover([root / name for name in named] or [root], config or Config(folder=root))
    return [entry.path for entry in found.files]


def messages(root: Path, kind: NoteKind) -> list[str]:
    return [note.message for note in discover([root], Config(folder=root)).notes if note.kind is kind]


# ── with a repository ──


def test_git_tells_what_is_tracked_and_what_is_ignored(tmp_path: Path) -> None:
    write(tmp_path, "app.py", "new.py", "secret/ignored.py", ".env", ".env.local", "api/.env")
    (tmp_path / ".gitignore").write_text("secret/\n.env*\n")
    git(tmp_path, "init")
    git(tmp_path, "add", "app.py", ".gitignore")
    git(tmp_path, "add", "-f", ".env")
    write(tmp_path, "api/main.py")
    found = discover([tmp_path], Config(folder=tmp_path))
    assert [(entry.path, entry.tracked) for entry in found.files] == [
        (".env", True),
        (".gitignore", True),
        ("api/main.py", False),
        ("app.py", True),
        ("new.py", False),
    ]
    assert found.local_env == (".env.local", "api/.env")


def test_a_folder_inside_a_repository_keeps_paths_from_the_top(tmp_path: Path) -> None:
    write(tmp_path, "web/page.ts", "api/main.py")
    git(tmp_path, "init")
    assert locate([tmp_path / "web"]) == (tmp_path, tmp_path / "web")
    assert paths(tmp_path, "web") == ["web/page.ts"]


def test_files_that_git_lists_but_that_are_gone_are_no_trouble(tmp_path: Path) -> None:
    write(tmp_path, "gone.py", "folder/gone.py", "here.py")
    git(tmp_path, "init")
    git(tmp_path, "add", "-A")
    (tmp_path / "gone.py").unlink()
    (tmp_path / "folder/gone.py").unlink()
    (tmp_path / "folder").rmdir()
    assert paths(tmp_path) == ["here.py"]


def test_a_tracked_folder_replaced_by_a_link_is_not_followed(tmp_path: Path) -> None:
    app, outside = tmp_path / "app", tmp_path / "outside"
    write(app, "folder/key.py", "here.py")
    write(outside, "key.py")
    git(app, "init")
    git(app, "add", "-A")
    (app / "folder/key.py").unlink()
    (app / "folder").rmdir()
    (app / "folder").symlink_to(outside)
    assert paths(app) == ["here.py"]


def test_a_repository_inside_is_read_and_a_submodule_is_named(tmp_path: Path) -> None:
    library, app = tmp_path / "library", tmp_path / "app"
    write(library, "lib.py")
    git(library, "init")
    git(library, "add", "-A")
    git(library, "commit", "-m", "One")
    write(app, "main.py", "frontend/src/page.ts")
    git(app / "frontend", "init")
    git(app / "frontend", "add", "-A")
    git(app / "frontend", "commit", "-m", "One")
    git(app, "init")
    git(app, "submodule", "add", str(library), "vendored")
    assert paths(app) == [".gitmodules", "frontend/src/page.ts", "main.py"]
    git(app, "add", "frontend")  # by accident, as a link to a commit that nobody else has
    assert paths(app) == [".gitmodules", "frontend/src/page.ts", "main.py"]
    assert messages(app, NoteKind.SKIPPED) == ["vendored is not read: it is a submodule, a repository of its own"]


def test_a_folder_that_git_ignores_is_read_when_it_is_named(tmp_path: Path) -> None:
    write(tmp_path, "scratch/app/main.py", "scratch/app/.gitignore", "main.py", text="local\n")
    (tmp_path / ".gitignore").write_text("scratch/\n")
    git(tmp_path, "init")
    assert paths(tmp_path) == [".gitignore", "main.py"]
    assert paths(tmp_path, "scratch") == ["scratch/app/.gitignore", "scratch/app/main.py"]


@pytest.mark.parametrize(
    "setting",
    ["core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "diff.external", "core.alternateRefsCommand"],
)
def test_a_repository_runs_nothing(tmp_path: Path, setting: str) -> None:
    app, trap, sprung = tmp_path / "app", tmp_path / "trap", tmp_path / "sprung"
    write(app, "main.py")
    git(app, "init")
    git(app, "add", "-A")
    trap.write_text(f"#!/bin/sh\ntouch {sprung}\n")
    trap.chmod(0o755)
    git(app, "config", setting, str(trap))
    for hook in ("post-index-change", "fsmonitor-watchman", "post-checkout"):
        (app / ".git/hooks" / hook).write_text(trap.read_text())
        (app / ".git/hooks" / hook).chmod(0o755)
    assert paths(app) == ["main.py"]
    assert not sprung.exists()


def test_a_repository_that_points_its_work_tree_elsewhere_is_overruled(tmp_path: Path) -> None:
    app, outside = tmp_path / "app", tmp_path / "outside"
    write(app, "main.py")
    write(outside, "other.py")
    git(app, "init")
    git(app, "config", "core.worktree", str(outside))
    assert paths(app) == ["main.py"]


def test_git_of_the_scanned_tree_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "main.py")
    git(tmp_path, "init")
    (tmp_path / "git").write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}.")
    monkeypatch.chdir(tmp_path)
    assert paths(tmp_path) == ["git", "main.py"]
    assert not (tmp_path / "sprung").exists()


def test_a_broken_repository_is_walked(tmp_path: Path) -> None:
    write(tmp_path, "main.py", "ignored.py")
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    git(tmp_path, "init")
    (tmp_path / ".git/config").write_text("[core\n")
    found = discover([tmp_path], Config())
    assert [(entry.path, entry.tracked) for entry in found.files] == [(".gitignore", None), ("main.py", None)]


# ── without a repository ──


def test_gitignore_counts_without_git(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "b.log", "keep.log", "sub/c.log", "sub/d.py", "sub/generated/e.py", ".env")
    (tmp_path / ".gitignore").write_text("*.log\n!keep.log\n.env\n")
    (tmp_path / "sub/.gitignore").write_text("/generated/\n!c.log\n")
    found = discover([tmp_path], Config())
    assert [entry.path for entry in found.files] == [
        ".gitignore",
        "a.py",
        "keep.log",
        "sub/.gitignore",
        "sub/c.log",
        "sub/d.py",
    ]
    assert {entry.tracked for entry in found.files} == {None}
    assert found.local_env == (".env",)


def test_installed_and_built_folders_are_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        "package.json",
        "node_modules/x/index.js",
        "dist/main.js",
        "src/build/rules.ts",
        "packages/ui/package.json",
        "packages/ui/build/index.js",
        "packages/ui/node_modules/y/index.js",
        "api/.venv/lib/z.py",
        "api/__pycache__/z.py",
        text="{}",
    )
    expected = ["package.json", "packages/ui/package.json", "src/build/rules.ts"]
    assert paths(tmp_path) == expected
    git(tmp_path, "init")
    git(tmp_path, "add", "-A", "-f")
    assert paths(tmp_path) == expected
    assert messages(tmp_path, NoteKind.SKIPPED) == [
        "1 file of api/.venv/ is not read: api/.venv/lib/z.py",
        "1 file of api/__pycache__/ is not read: api/__pycache__/z.py",
        "1 file of dist/ is not read: dist/main.js",
        "1 file of node_modules/ is not read: node_modules/x/index.js",
        "1 file of packages/ui/build/ is not read: packages/ui/build/index.js",
        "1 file of packages/ui/node_modules/ is not read: packages/ui/node_modules/y/index.js",
    ]
    assert paths(tmp_path, "dist") == ["dist/main.js"]


def test_lockfiles_pictures_bundles_and_binaries_are_left_out_and_named(tmp_path: Path) -> None:
    write(tmp_path, "package-lock.json", "logo.png", "vendor.min.js", "app.js")
    (tmp_path / "bundle.js").write_text("!function(e,t){var n=r(e);return n(t,{a:1});}();" * 500)
    (tmp_path / "picture.js").write_text('export const logo = "data:image/png;base64,' + "iVBORw0KGgo" * 2000 + '";\n')
    (tmp_path / "blob").write_bytes(b"MZ\0\0" * 10)
    (tmp_path / "notes").write_text("plain\n")
    assert paths(tmp_path) == ["app.js", "notes", "picture.js"]
    assert messages(tmp_path, NoteKind.SKIPPED) == [
        "1 binary file is not read: logo.png",
        "1 lockfile is not read: package-lock.json",
        "1 minified bundle is not read: vendor.min.js",
        "blob is not read: it is not text",
        "bundle.js is not read: it is a minified bundle",
    ]


def test_many_left_out_files_are_counted(tmp_path: Path) -> None:
    write(tmp_path, *(f"{letter}.png" for letter in "abcdefgh"))
    assert messages(tmp_path, NoteKind.SKIPPED) == ["8 binary files are not read: a.png, b.png, c.png, d.png, e.png and 3 more"]


def test_files_over_the_limit_are_named(tmp_path: Path) -> None:
    for name, size in {
        "big.py": 100_000_000,
        "dump.sql": 24_000_000,
        "huge.sql": 26_000_000,
        "fit.py": 1_000_000,
    }.items():
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    assert paths(tmp_path) == ["dump.sql", "fit.py"]
    assert messages(tmp_path, NoteKind.LIMIT) == [
        "big.py is not read: it has 100 MB, over the limit of 1 MB",
        "huge.sql is not read: it has 26 MB, over the limit of 25 MB",
    ]


def test_links_are_never_followed(tmp_path: Path) -> None:
    app, outside = tmp_path / "app", tmp_path / "outside"
    write(app, "main.py", "sub/x.py")
    write(outside, "secret.py")
    (app / "out").symlink_to(outside)
    (app / "out.py").symlink_to(outside / "secret.py")
    (app / "sub/loop").symlink_to(app)
    (app / "self").symlink_to("self")
    expected = ["main.py", "sub/x.py"]
    assert paths(app) == expected
    assert messages(app, NoteKind.SKIPPED) == ["4 symbolic links are not followed"]
    git(app, "init")
    git(app, "add", "-A")
    assert paths(app) == expected


def test_pipes_are_named_and_not_opened(tmp_path: Path) -> None:
    write(tmp_path, "main.py")
    os.mkfifo(tmp_path / "pipe.py")
    assert paths(tmp_path) == ["main.py"]
    assert messages(tmp_path, NoteKind.SKIPPED) == ["pipe.py is not read: it is a device, pipe or socket"]


def test_a_name_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    write(tmp_path, "main.py")
    (tmp_path / os.fsdecode(b"caf\xe9.py")).write_text("")
    assert paths(tmp_path) == ["main.py"]
    assert messages(tmp_path, NoteKind.NOT_READ) == ["caf\\xe9.py is not read: its name is not UTF-8"]
    git(tmp_path, "init")
    assert paths(tmp_path) == ["main.py"]


def test_names_may_hold_anything_else(tmp_path: Path) -> None:
    names = sorted(["a b.py", "é.py", "new\nline.py", "quote'\".py", "-v.py", ":(top).py", "[id].ts", "*.py", "\x1b[31m.py"])
    write(tmp_path, *names)
    assert paths(tmp_path) == names
    git(tmp_path, "init")
    git(tmp_path, "add", "-A")
    assert paths(tmp_path) == names
    assert paths(tmp_path, "[id].ts", "*.py") == ["*.py", "[id].ts"]


def test_a_deep_tree_is_no_trouble(tmp_path: Path) -> None:
    path = "d/" * 1500 + "main.py"
    subprocess.run(["mkdir", "-p", str(tmp_path / path)[:-8]], check=True)
    (tmp_path / path).write_text("x = 1\n")
    try:
        assert paths(tmp_path) == [path]
        assert read(tmp_path, path) == b"x = 1\n"
    finally:
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)


def test_a_hostile_gitignore_does_not_hang(tmp_path: Path) -> None:
    write(tmp_path, "a" * 200 + ".py", "ignored.py")
    (tmp_path / ".gitignore").write_text("*a*a*a*a*a*a*a*a*a*b\n**/a/**/a/**/a/**/a\nignored.py\n!\n????????\n")
    assert paths(tmp_path) == [".gitignore", "a" * 200 + ".py"]
    assert messages(tmp_path, NoteKind.LIMIT) == [".gitignore: 3 patterns are too complex and are passed over: '*a*a*a*a*a*a*a*a*a*b'"]


def test_an_unreadable_folder_is_named(tmp_path: Path) -> None:
    write(tmp_path, "main.py", "locked/x.py", "key.py")
    (tmp_path / "locked").chmod(0)
    (tmp_path / "key.py").chmod(0)
    for folder in (tmp_path, *tmp_path.parents[:-1]):
        folder.chmod(folder.stat().st_mode | 0o055)
    script = (
        "import sys, os, pathspec; from pathlib import Path\n"
        "from batten.config import Config; from batten.discover import *\n"
        "if os.geteuid() == 0: os.setuid(65534)  # root can read anything\n"
        "root = Path(sys.argv[1]); found = discover([root], Config())\n"
        "print([e.path for e in found.files], [n.message for n in found.notes])\n"
        "try: read(root, 'key.py')\n"
        "except Unread as error: print(error.note.kind, error)\n"
    )
    answer = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines() == [
        "['key.py', 'main.py'] ['locked is not read: permission denied']",
        "not-read key.py is not read: permission denied",
    ]


# ── what is named on the command line ──


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    write(tmp_path, "main.py")
    found = discover([tmp_path, tmp_path / "nowhere"], Config())
    assert ([entry.path for entry in found.files], found.missing) == (["main.py"], (str(tmp_path / "nowhere"),))
    with pytest.raises(UsageError) as error:
        discover([tmp_path / "nowhere"], Config())
    assert str(error.value) == f"no such file or folder: {tmp_path / 'nowhere'}"


def test_an_empty_folder(tmp_path: Path) -> None:
    assert discover([tmp_path], Config()).files == ()


def test_excluded_files_and_named_files(tmp_path: Path) -> None:
    write(tmp_path, "main.py", "legacy/old.py", "web/legacy/page.ts")
    git(tmp_path, "init")
    config = Config(folder=tmp_path, exclude=("/legacy/",))
    assert paths(tmp_path, config=config) == ["main.py", "web/legacy/page.ts"]
    assert paths(tmp_path, "legacy/old.py", config=config) == ["legacy/old.py"]
    inner = Config(folder=tmp_path / "web", exclude=("/legacy/",))
    assert paths(tmp_path, config=inner) == ["legacy/old.py", "main.py"]
    outer = Config(folder=tmp_path.parent, exclude=(f"/{tmp_path.name}/web/",))
    assert paths(tmp_path, config=outer) == ["legacy/old.py", "main.py"]
    with pytest.raises(ConfigError):
        paths(tmp_path, config=Config(exclude=("*a*a*a*a*a*a",)))


def test_the_same_file_named_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, "main.py", "sub/x.py")
    assert paths(tmp_path, "", "sub", "main.py") == ["main.py", "sub/x.py"]


def test_a_named_link_is_the_folder_it_leads_to(tmp_path: Path) -> None:
    write(tmp_path, "real/main.py")
    (tmp_path / "link").symlink_to("real")
    assert paths(tmp_path, "link") == ["main.py"]


# ── path classes ──


@pytest.mark.parametrize(
    ("path", "expected"),
    {
        "src/app.ts": PathClass.PRODUCT,
        "tests/app.py": PathClass.TEST,
        "src/__tests__/x.ts": PathClass.TEST,
        "src/x.test.tsx": PathClass.TEST,
        "api/test_users.py": PathClass.TEST,
        "api/tests_users.py": PathClass.TEST,
        # Django makes one in each of its apps: https://docs.djangoproject.com/en/5.2/topics/testing/overview/
        "shop/tests.py": PathClass.TEST,
        "lab/api/routers/tests.py": PathClass.PRODUCT,
        "test/x.ts": PathClass.TEST,
        "conftest.py": PathClass.TEST,
        "tools/perf/k6/smoke.js": PathClass.TEST,
        "app/api/test/route.ts": PathClass.PRODUCT,
        "src/routes/test/+server.ts": PathClass.PRODUCT,
        "supabase/functions/test/index.ts": PathClass.PRODUCT,
        "supabase/tests/policies.sql": PathClass.TEST,
        "docs/setup.sql": PathClass.DOCS,
        "app/docs/page.tsx": PathClass.PRODUCT,
        "README.md": PathClass.DOCS,
        "src/guide.mdx": PathClass.DOCS,
        "examples/x.py": PathClass.DOCS,
        "src/database.types.ts": PathClass.GENERATED,
        "src/env.d.ts": PathClass.GENERATED,
        "vendor/lib.php": PathClass.GENERATED,
        "app/vendor/page.tsx": PathClass.PRODUCT,
        "supabase/seed.sql": PathClass.LOCAL_DEV,
        "docker-compose.dev.yml": PathClass.LOCAL_DEV,
        "tools/compose/development.yml": PathClass.LOCAL_DEV,
        "compose/production.yml": PathClass.PRODUCT,
        ".devcontainer/dev.env": PathClass.LOCAL_DEV,
        "vitestSetup.ts": PathClass.TEST,
        "jest.setup.js": PathClass.TEST,
        "playwright.config.ts": PathClass.TEST,
        "lib/playwright.ts": PathClass.PRODUCT,
        "shop/configuration_testing.py": PathClass.TEST,
        "shop/settings.test.ts": PathClass.TEST,
        "shop/settings_latest.py": PathClass.PRODUCT,
        "shop/settings/testing_rights.py": PathClass.PRODUCT,
        "backend/run_tests.py": PathClass.TEST,
        "backend/routers/run_tests.py": PathClass.PRODUCT,
        "packages/testcontainers/src/app.ts": PathClass.TEST,
        "lib/playwright-config-of-shops.ts": PathClass.PRODUCT,
        "tasks/smoke-test.script.ts": PathClass.TEST,
        "docker-compose.override.yml": PathClass.LOCAL_DEV,
        "compose.yml": PathClass.PRODUCT,
        ".env.local": PathClass.LOCAL_DEV,
        ".env": PathClass.PRODUCT,
        ".env.production": PathClass.PRODUCT,
        "scripts/migrate.ts": PathClass.LOCAL_DEV,
        "apps/docs/page.tsx": PathClass.PRODUCT,
        "apps/docs/docs/x.ts": PathClass.DOCS,
        "tests/fixtures/shop/src/x.ts": PathClass.TEST,
        "e2e/x.ts": PathClass.TEST,
        "packages/e2e_tests/setup/seed.ts": PathClass.TEST,
        "integration-tests/api/x.ts": PathClass.TEST,
    }.items(),
)
def test_path_classes(path: str, expected: PathClass) -> None:
    packages = frozenset({"", "apps/docs", "tests/fixtures/shop", "e2e"})
    assert Classes(packages, frozenset()).of(path) is expected


def test_what_is_named_is_the_product() -> None:
    named = Classes(frozenset(), frozenset({"fixtures/apps/shop", "tests/probe.py"}))
    assert named.of("fixtures/apps/shop/src/x.ts") is PathClass.PRODUCT
    assert named.of("fixtures/apps/shop/tests/x.ts") is PathClass.TEST
    assert named.of("fixtures/apps/other/x.ts") is PathClass.TEST
    assert named.of("tests/probe.py") is PathClass.PRODUCT


@given(st.lists(st.sampled_from(["a", "b", "test", "api", "x.ts", "docs", "vendor", "generated"]), min_size=1))
def test_a_path_has_the_class_it_has_from_its_package(names: list[str]) -> None:
    path = "/".join(names)
    alone = Classes(frozenset(), frozenset()).of(path)
    assert Classes(frozenset({"apps/shop"}), frozenset()).of(f"apps/shop/{path}") is alone
    assert Classes(frozenset(), frozenset({"tests/shop"})).of(f"tests/shop/{path}") is alone


# ── reading ──


def test_read_gives_utf8_without_a_mark(tmp_path: Path) -> None:
    text = "create table é (id int);\r\n"
    for name, data in {
        "plain.sql": text.encode(),
        "bom.sql": text.encode("utf-8-sig"),
        "le.sql": b"\xff\xfe" + text.encode("utf-16-le"),
        "be.py": b"\xfe\xff" + text.encode("utf-16-be"),
        "unmarked.sql": text.encode("utf-16-le"),
        "unmarked_be.sql": text.encode("utf-16-be"),
    }.items():
        (tmp_path / name).write_bytes(data)
        assert read(tmp_path, name) == text.encode(), name
    (tmp_path / "latin.py").write_bytes(b"caf\xe9")
    assert read(tmp_path, "latin.py") == b"caf\xe9"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\0")))
def test_read_round_trips_utf16(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    root = tmp_path_factory.getbasetemp()
    (root / "x.sql").write_bytes(text.encode("utf-16"))
    assert read(root, "x.sql") == text.encode()


@pytest.mark.parametrize("path", ["../outside.py", "/etc/passwd", "sub/../../outside.py", "", "sub//x.py", "./x.py", "a\0b"])
def test_read_never_leaves_the_tree(tmp_path: Path, path: str) -> None:
    write(tmp_path, "outside.py", "app/sub/x.py")
    with pytest.raises(Unread):
        read(tmp_path / "app", path)


def test_read_follows_no_link_opens_no_pipe_and_says_what_is_missing(tmp_path: Path) -> None:
    write(tmp_path, "outside/x.py", "app/real.py")
    app = tmp_path / "app"
    (app / "out").symlink_to("../outside")
    (app / "x.py").symlink_to("../outside/x.py")
    os.mkfifo(app / "pipe")
    (app / "binary.py").write_bytes(b"\x7fELF\0\0")
    (app / "folder").mkdir()
    with (app / "big.py").open("wb") as file:
        file.truncate(1_000_001)

    def why(path: str) -> tuple[NoteKind, str]:
        with pytest.raises(Unread) as error:
            read(app, path)
        return error.value.note.kind, error.value.note.message.partition(": ")[2]

    beyond = "it is not a plain file inside the tree"
    assert why("out/x.py") == (NoteKind.NOT_READ, beyond)
    assert why("x.py") == (NoteKind.NOT_READ, beyond)
    assert why("pipe") == (NoteKind.NOT_READ, beyond)
    assert why("folder") == (NoteKind.NOT_READ, beyond)
    assert why("gone.py") == (NoteKind.NOT_READ, "no such file or directory")
    assert why("binary.py") == (NoteKind.SKIPPED, "it is not text")
    assert why("big.py") == (NoteKind.LIMIT, "it has 1 MB, over the limit of 1 MB")


@given(st.lists(st.text(alphabet="ab*?[]!\\/# ^-", max_size=12)))
def test_any_patterns_compile_or_are_refused(lines: list[str]) -> None:
    patterns, refused = spec(lines)
    patterns.match_file("a/b/ab")
    assert set(refused) <= set(lines)
