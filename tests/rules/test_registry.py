"""Packs: batten's own and how fast they load, folders, installed ones, and choosing among their rules."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from batten import __version__
from batten.facts.vocabulary import Meaning
from batten.finding import PackError, UsageError
from batten.rules import packs, registry

ROOT = Path(__file__).parents[2]
ACME = Path(__file__).parent / "packs" / "acme"
CHECKED = Path(__file__).parent / "packs" / "checked"


@pytest.fixture
def pack(tmp_path: Path) -> Callable[..., Path]:
    """Makes a pack with pages of little text."""

    def make(name: str, **pages: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "pack.yml").write_text(f"name: {name}\ntitle: A pack\n")
        for slug, front in pages.items():
            rule = slug.replace("_", "-")
            (folder / f"{rule}.md").write_text(
                f"---\nid: {rule}\ntitle: A rule\nseverity: low\nconfidence: low\nsince: 0.1.0\nmessage: A message\n"
                f"match: {{ fact: table }}\n{front}\n---\n\nA rule.\n"
            )
        return folder

    return make


def test_batten_has_rules_of_its_own() -> None:
    rules = registry.load(with_plugins=False)
    assert [page.id for page in rules.pages] == sorted(
        path.stem for path in (ROOT / "rulepacks").glob("*/*.md") if path.name != "README.md"
    )
    assert {pack.name for pack in rules.packs} == {path.parent.name for path in (ROOT / "rulepacks").glob("*/pack.yml")}
    assert {page.pack for page in rules.pages} <= {pack.name for pack in rules.packs}
    assert all(page.path == f"{page.pack}/{page.id}.md" for page in rules.pages)
    assert all(packs.folder_of(pack) == ROOT / "rulepacks" / pack.name for pack in rules.packs)
    assert "secrets/secrets" in rules.documents


def test_a_folder_adds_its_rules_and_its_words() -> None:
    own, both = registry.load(with_plugins=False), registry.load([ACME], with_plugins=False)
    assert {page.id for page in both.pages} - {page.id for page in own.pages} == {"acme-table-without-prefix"}
    assert [row.means for row in both.vocabulary.calls.lookup("acme_auth#require_partner")] == [Meaning.IDENTITY_RAISES]
    assert own.vocabulary.calls.lookup("acme_auth#require_partner") == ()
    assert both.digest != own.digest
    assert both.page("acme-table-without-prefix").path == str(ACME / "acme-table-without-prefix.md")
    assert packs.folder_of(both.packs[-1]) == ACME


def test_a_folder_of_packs_adds_all_of_them(pack: Callable[..., Path]) -> None:
    folder = pack("one", rule_one="").parent
    pack("two", rule_two="")
    assert {page.pack for page in registry.load([folder], with_plugins=False).pages} >= {"one", "two"}


def test_a_folder_that_names_a_check_is_refused() -> None:
    with pytest.raises(PackError, match=r"twin-tables\.md:8: a page from a folder cannot name a check") as caught:
        registry.load([CHECKED], with_plugins=False)
    assert caught.value.help == "Folders bring data only: say it with 'match', or install the pack."


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("pack.yml", "name: broken\n", "pack.yml:1: a pack needs a title, and the name of its folder as name"),
        ("pack.yml", "name: other\ntitle: A pack\n", "pack.yml:1: a pack needs a title, and the name of its folder as name"),
        ("pack.yml", "name: broken\ntitle: A pack\ncode: run.py\n", "pack.yml:3: 'code' is unknown or no text"),
        ("pack.yml", "- a\n", "pack.yml:1: a pack is described by a map with name and title"),
        ("other.md", "", "other.md: the page has the id 'a-rule'"),
        ("vocabulary/calls.yml", "- { call: a, means: b }\n", "calls.yml:1: 'b' is no meaning"),
    ],
)
def test_a_broken_pack_says_what_is_wrong(pack: Callable[..., Path], name: str, text: str, message: str) -> None:
    folder = pack("broken", a_rule="")
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text or (folder / "a-rule.md").read_text())
    with pytest.raises(PackError) as caught:
        registry.load([folder], with_plugins=False)
    assert message in str(caught.value)


def test_a_page_that_is_no_text_is_refused(pack: Callable[..., Path]) -> None:
    folder = pack("broken", a_rule="")
    (folder / "a-rule.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PackError, match=r"a-rule\.md cannot be read: it is not UTF-8"):
        registry.load([folder], with_plugins=False)


def test_an_empty_folder_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="holds no rule pack"):
        registry.load([tmp_path], with_plugins=False)


def test_two_rules_of_one_name_are_refused(pack: Callable[..., Path]) -> None:
    one, two = pack("one", same_name=""), pack("two", same_name="")
    with pytest.raises(PackError, match="there is a rule 'same-name' already"):
        registry.load([one, two], with_plugins=False)
    with pytest.raises(PackError, match="two packs have the name 'one'"):
        registry.load([one, one], with_plugins=False)


def test_swallowing_what_is_not_there_is_refused(pack: Callable[..., Path]) -> None:
    folder = pack("one", strong_rule="swallows: [weak-rul]", weak_rule="")
    with pytest.raises(PackError, match="it swallows 'weak-rul', and there is no such rule") as caught:
        registry.load([folder], with_plugins=False)
    assert caught.value.help.startswith("Did you mean 'weak-rule'")


def test_rules_that_swallow_each_other_are_refused(pack: Callable[..., Path]) -> None:
    folder = pack("one", a_rule="swallows: [b-rule]", b_rule="swallows: [c-rule]", c_rule="swallows: [a-rule]")
    with pytest.raises(PackError, match="rules swallow each other in a circle: a-rule > b-rule > c-rule > a-rule"):
        registry.load([folder], with_plugins=False)


@pytest.fixture
def three(pack: Callable[..., Path]) -> registry.RuleSet:
    own = registry.load(with_plugins=False)
    rules = registry.load([pack("first", open_table="", open_route=""), pack("second", open_bucket="")], with_plugins=False)
    return msgspec.structs.replace(
        rules, pages=tuple(page for page in rules.pages if page.pack in ("first", "second")), packs=rules.packs[len(own.packs) :]
    )


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        ([], [], ["open-bucket", "open-route", "open-table"]),
        (["first"], [], ["open-route", "open-table"]),
        (["open-table", "second"], [], ["open-bucket", "open-table"]),
        (["open-*"], ["*-table"], ["open-bucket", "open-route"]),
        ([], ["first"], ["open-bucket"]),
        (["first"], ["first"], []),
    ],
)
def test_rules_are_chosen_by_id_pack_and_glob(three: registry.RuleSet, select: list[str], ignore: list[str], expected: list[str]) -> None:
    chosen = three.select(select, ignore)
    assert [page.id for page in chosen.pages] == expected
    assert chosen.vocabulary is three.vocabulary


@pytest.mark.parametrize(("select", "ignore"), [(["open-tabel"], []), ([], ["open-tabel"])])
def test_a_name_that_no_rule_has_is_refused(three: registry.RuleSet, select: list[str], ignore: list[str]) -> None:
    with pytest.raises(UsageError, match="no rule or pack is called 'open-tabel'") as caught:
        three.select(select, ignore)
    assert caught.value.help.startswith("Did you mean 'open-table'")
    with pytest.raises(UsageError, match="there is no rule 'nothing-like-it'"):
        three.page("nothing-like-it")


def test_a_rule_goes_by_its_name_in_another_tool_where_no_other_has_it(pack: Callable[..., Path]) -> None:
    fronts = {"one": 'aliases: ["other:1"]', "two": 'aliases: ["other:1", "other:2"]'}
    rules = registry.load([pack("named", **fronts)], with_plugins=False)
    assert rules.page("other:2").id == "two"
    with pytest.raises(UsageError, match="'other:1' is the name of 2 rules here") as caught:
        rules.page("other:1")
    assert caught.value.help == "They are one, two."


@pytest.mark.parametrize(("name", "expected"), [("other:2", ["two"]), ("other:1", ["one", "two"])])
def test_rules_are_chosen_by_names_in_another_tool(pack: Callable[..., Path], name: str, expected: list[str]) -> None:
    fronts = {"one": 'aliases: ["other:1"]', "two": 'aliases: ["other:1", "other:2"]', "three": ""}
    rules = registry.load([pack("named", **fronts)], with_plugins=False)
    assert [page.id for page in rules.select([name]).pages] == expected
    left = [page.id for page in rules.select(["named"], [name]).pages]
    assert left == sorted({"one", "two", "three"} - set(expected))


def start(script: str, *path: Path, **environment: str) -> str:
    """What a fresh interpreter prints, without this checkout on its path."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")}
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys\nsys.path[:0] = {[str(part) for part in path]}\n{script}"],
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


LOADED = """
from batten.rules import registry
rules = registry.load(with_plugins=False)
print(len(rules.pages), len(rules.vocabulary.rows), *sorted({"yaml", "jsonschema", "importlib.metadata"} & sys.modules.keys()))
"""


def copy_of(tmp_path: Path, *, inside: bool) -> Path:
    """This package and its packs as they lie in a wheel, or as they lie in a source tree."""
    source = tmp_path / "src"
    shutil.copytree(ROOT / "src" / "batten", source / "batten", ignore=shutil.ignore_patterns("__pycache__", "*.msgpack"))
    shutil.copytree(ROOT / "rulepacks", source / "batten" / "rulepacks" if inside else tmp_path / "rulepacks")
    return source


@pytest.mark.parametrize("inside", [True, False])
def test_packs_are_read_once_and_load_without_yaml_after_that(tmp_path: Path, inside: bool) -> None:
    source = copy_of(tmp_path, inside=inside)
    rules = registry.load(with_plugins=False)
    sizes = f"{len(rules.pages)} {len(rules.vocabulary.rows)}"
    assert start(LOADED, source) == f"{sizes} jsonschema yaml"
    assert start(LOADED, source) == sizes


def test_a_change_of_a_page_or_of_a_fact_type_is_seen_at_once(tmp_path: Path) -> None:
    source = copy_of(tmp_path, inside=False)
    start(LOADED, source)
    pack = tmp_path / "rulepacks" / "secrets" / "pack.yml"
    pack.write_text(pack.read_text().replace("title: ", "title: New "))
    assert start(LOADED + "print([pack.title for pack in rules.packs if pack.name == 'secrets'])", source).endswith(
        "['New Keys and credentials']"
    )
    schema = source / "batten" / "facts" / "schema.py"
    schema.write_text(schema.read_text() + "\n")
    assert start(LOADED, source).endswith("yaml")
    assert not start(LOADED, source).endswith("yaml")


def test_a_spoilt_cache_is_made_anew(tmp_path: Path) -> None:
    source = copy_of(tmp_path, inside=False)
    first = start(LOADED, source)
    (cache,) = (source / "batten" / "__pycache__").glob("batten-rulepacks.kept")
    kept = cache.read_bytes()
    cache.write_bytes(bytes([kept[0] ^ 0xFF]) + kept[1:])
    assert start(LOADED, source) == first
    cache.write_bytes(b"")
    assert start(LOADED, source) == first


def test_a_wheel_ships_its_packs_compiled(tmp_path: Path) -> None:
    source = copy_of(tmp_path, inside=True)
    (source / "batten" / "rulepacks" / packs.COMPILED).write_bytes(packs.compiled(ROOT / "rulepacks"))
    printed = start(LOADED + "print(rules.digest, rules.pages[0].path, str(registry.packs.folder_of(rules.packs[0])))", source)
    rules = registry.load(with_plugins=False)
    head, tail = printed.split("\n")
    assert head == f"{len(rules.pages)} {len(rules.vocabulary.rows)}"
    assert tail == f"batten {__version__} {rules.pages[0].path} {source / 'batten' / 'rulepacks' / rules.packs[0].name}"
    assert not list(source.rglob("batten-rulepacks.kept"))
    assert str(ROOT).encode() not in packs.compiled(ROOT / "rulepacks")


PLUGIN = """
from pathlib import Path
from batten.checks import Check, Hit
from batten.rules.registry import InstalledPack

def twins(project):
    names = {table.name: table for table in project.tables}
    for name, table in names.items():
        if name + "s" in names:
            yield Hit(fact=table, words={"twin": name + "s"})

pack = InstalledPack(Path(__file__).parent / "checked", {"twin-tables": Check("table", lambda: twins, ("twin",))})
"""

RUN = """
from batten.facts.project import Project
from batten.facts.schema import Table
from batten.rules import registry
from batten.rules.run import run
from batten.text import Place, Span
rules = registry.load().select(["checked"])
tables = tuple(Table(name=name, database="", package="", place=Place("a.sql", Span(0, 1))) for name in ("note", "notes"))
print([finding.message for finding in run(rules, Project(tables=tables))[0]])
"""


def installed(folder: Path, entry: str) -> None:
    """A distribution with an entry point, as pip leaves it."""
    info = folder / "acme_rules-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[batten.rulepacks]\nacme = {entry}\n")


def site(folder: Path) -> str:
    """Makes a folder the one that pip installs into."""
    return f"import sysconfig\nreal = sysconfig.get_path\nsysconfig.get_path = lambda name, *rest: {str(folder)!r} if name in ('purelib', 'platlib') else real(name, *rest)\n"


def test_an_installed_pack_brings_pages_and_their_checks(tmp_path: Path) -> None:
    installed(tmp_path, "acme_rules:pack")
    (tmp_path / "acme_rules.py").write_text(PLUGIN)
    shutil.copytree(CHECKED, tmp_path / "checked")
    assert start(site(tmp_path) + RUN, ROOT / "src", *SITE, tmp_path) == "[\"table 'note' is nearly 'notes'\"]"


def test_an_installed_pack_that_fails_is_named(tmp_path: Path) -> None:
    installed(tmp_path, "acme_rules:pack")
    (tmp_path / "acme_rules.py").write_text("raise ValueError('no licence')\n")
    script = "from batten.finding import PackError\nfrom batten.rules import registry\ntry:\n    registry.load()\nexcept PackError as error:\n    print(error)\n"
    assert (
        start(site(tmp_path) + script, ROOT / "src", *SITE, tmp_path)
        == "the installed pack 'acme' cannot be loaded: ValueError: no licence"
    )


def test_a_distribution_in_the_working_directory_is_not_an_installed_pack(tmp_path: Path) -> None:
    installed(tmp_path, "acme_rules:pack")
    (tmp_path / "acme_rules.py").write_text("print('code of the app under scan was run')\n")
    script = f"import os\nos.chdir({str(tmp_path)!r})\nsys.path.insert(0, '')\nfrom batten.rules import registry\nprint(len(registry.load().pages))"
    assert start(script, ROOT / "src", *SITE, tmp_path) == str(len(registry.load().pages))


SITE = [Path(found.origin).parents[1] for name in ("msgspec",) if (found := importlib.util.find_spec(name)) and found.origin]
