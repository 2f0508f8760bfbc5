"""What is remembered of a session: by all hooks of it, for a while, and only where it can be."""

import os
from pathlib import Path
from time import time

from batten.hook.session import Session

ROOT = Path("/shop")


def test_what_one_hook_notes_the_next_one_knows(tmp_path: Path) -> None:
    first, second = Session(tmp_path / "a", "s1", ROOT), Session(tmp_path / "a", "s1", ROOT)
    first.note("told", "x", "y")
    second.note("told", "z", "x")
    second.note("file", "a b\n.py")
    assert Session(tmp_path / "a", "s1", ROOT).all("told") == ("x", "y", "z")
    assert Session(tmp_path / "a", "s1", ROOT).all("file") == ("a b\n.py",)
    assert first.all("told") == ("x", "y")


def test_sessions_and_roots_are_apart(tmp_path: Path) -> None:
    Session(tmp_path, "s1", ROOT).note("told", "x")
    assert Session(tmp_path, "s2", ROOT).all("told") == ()
    assert Session(tmp_path, "s1", Path("/site")).all("told") == ()


def test_without_a_name_nothing_is_kept(tmp_path: Path) -> None:
    Session(tmp_path, "", ROOT).note("told", "x")
    assert list(tmp_path.iterdir()) == []


def test_damage_costs_the_damaged_lines_only(tmp_path: Path) -> None:
    Session(tmp_path, "s1", ROOT).note("told", "x")
    (place,) = tmp_path.iterdir()
    place.write_bytes(b'\xff\x00{"told"\n' + place.read_bytes() + b'["told", 3]\n["told","y"]\n["told","z')
    assert Session(tmp_path, "s1", ROOT).all("told") == ("x", "y")


def test_it_is_nobody_else_s_and_follows_no_link(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    Session(folder, "s1", ROOT).note("told", "x")
    (place,) = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, place.stat().st_mode & 0o777) == (0o700, 0o600)
    precious = tmp_path / "precious"
    precious.write_text("mine")
    place.unlink()
    place.symlink_to(precious)
    Session(folder, "s1", ROOT).note("told", "x")
    assert precious.read_text() == "mine"


def test_where_nothing_can_be_kept_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    session = Session(tmp_path / "file", "s1", ROOT)
    session.note("told", "x")
    assert session.all("told") == ("x",)


def test_sessions_that_are_long_over_are_forgotten(tmp_path: Path) -> None:
    Session(tmp_path, "old", ROOT).note("told", "x")
    (old,) = tmp_path.iterdir()
    os.utime(old, (time() - 9 * 24 * 3_600,) * 2)
    Session(tmp_path, "new", ROOT).note("told", "x")
    assert not old.exists()
    assert len(list(tmp_path.iterdir())) == 1


def test_it_does_not_grow_for_ever(tmp_path: Path) -> None:
    for number in range(4):
        Session(tmp_path, "s1", ROOT).note("file", *(f"{number}/{each}/{'x' * 1000}" for each in range(500)))
    (place,) = tmp_path.iterdir()
    assert place.stat().st_size < 2_000_000
