"""Which scripts count as copies of somebody else's library: by place and first lines, and never what the app's own people wrote."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.config import Config
from batten.discover import discover
from batten.discover.libraries import is_library, may_be_library

ROLLUP = "(function (global, factory) {\n  typeof exports === 'object' && typeof module !== 'undefined' ? module.exports = factory() :\n"
ROLLUP += "  typeof define === 'function' && define.amd ? define(factory) : (global.Thing = factory());\n}(this, function () {"
BY_HAND = "(function (root, make) {\n  if (typeof define === 'function' && define.amd) define([], make);\n  else root.shop = make();\n}(this, function () {"
APACHE = '// Copyright 2024 Acme\n// Licensed under the Apache License, Version 2.0 (the "License");\n// you may not use this file except in compliance.\n'
ISSUED = "/*! Things v3.0.0\n * Copyright 2013 Somebody\n * Licensed under the Apache License v2.0 */\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("static/js/things.js", ISSUED),
        ("app/assets/vendor/a.js", "/* HTML5 Thing v3.6.2 | @ada @grace | MIT/GPL2 Licensed */\n;(function (window) {"),
        ("public/a.js", "/*!\n * Thing JavaScript Library v1.12.4\n * Released under the MIT license\n */\n( function( global ) {"),
        ("public/a.js", "/**\n * thing.js 2.0.5 (Thu Jun 28 2018)\n * @license BSD-3-Clause\n */\nclass A {}"),
        ("static/lib/a.js", "//! thing.js\n//! version : 2.29.1\n//! license : MIT\n\nvar a"),
        ("lib/a.js", f"/*\nFrom https://unpkg.com/thing@1.0.1/dist/thing.js\nMIT Licensed\n*/\n{BY_HAND}"),
        ("static/thing-1.0.1.js", "/* MIT License */\nvar a"),
        ("static/a.js", f"/* thing, under the MIT license */\n{BY_HAND}"),
        ("static/a.js", ROLLUP),
        ("static/a.js", f"'use strict';\n/* thing */\n{ROLLUP}"),
        ("static/a.js", "(function webpackUniversalModuleDefinition(root, factory) {\n\tif(typeof exports === 'object'"),
    ],
)
def test_copies_of_libraries(path: str, text: str) -> None:
    assert may_be_library(path, 1_000)
    assert is_library(path, text.encode(), frozenset)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("static/a.js", "/* The page of the shop, version 1.2.3 */\nfetch('/api')"),
        ("static/a.js", "/*! Shop v1.2.3 | (c) Acme, all rights reserved */\nfetch('/api')"),
        ("static/a.js", f"{APACHE}fetch('/api')"),
        ("static/a.js", "// SPDX-License-Identifier: MIT\n// Copyright 2014-2026 Acme\nfetch('/api')"),
        ("static/a.js", BY_HAND),
        ("static/a.js", f"fetch('/api')\n{ISSUED}"),
        ("lib/a.js", "/*! shop v1.2.3 | MIT license */\nmodule.exports = {}"),
        ("static/shop-1.2.3.js", "fetch('/api')"),
        ("lib/auth.js", "/*! thing v2.0.0 | MIT license */\nmodule.exports = {}"),
        ("static/a.js", ""),
    ],
)
def test_what_the_app_wrote_itself(path: str, text: str) -> None:
    assert not is_library(path, text.encode(), lambda: frozenset((b"shop", b"web")))


@pytest.mark.parametrize(
    ("path", "size"), [("src/a.js", 1_000), ("static/a.css", 1_000), ("static/a.js", 400), ("static.js", 1_000), ("static/a.py", 1_000)]
)
def test_files_elsewhere_are_not_looked_into(path: str, size: int) -> None:
    assert not may_be_library(path, size)


def test_they_are_left_out_counted_and_named_and_read_where_they_are_asked_for(tmp_path: Path) -> None:
    body = ISSUED + "var a = 1;\n" * 100
    for name in ("static/things.js", "src/things.js", "web/public/own.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(body.replace("Things", "Storefront") if "own" in name else body)
    (tmp_path / "web/package.json").write_text('{ "name": "@acme/storefront" }')
    found = discover([tmp_path], Config(folder=tmp_path))
    assert [entry.path for entry in found.files] == ["src/things.js", "web/package.json", "web/public/own.js"]
    assert [note.message for note in found.notes] == ["1 file of copied libraries is not read: static/things.js"]
    named = discover([tmp_path / "static/things.js"], Config(folder=tmp_path))
    assert [entry.path for entry in named.files] == ["things.js"]
    opened = discover([tmp_path], Config(folder=tmp_path), {"static/new.js": body.encode()})
    assert [note.message for note in opened.notes] == ["2 files of copied libraries are not read: static/new.js, static/things.js"]


@given(
    st.lists(
        st.sampled_from(
            ["/*", "*/", "//", "!", "\n", "MIT", " v1.2.3", "'use strict';", "(function(", "typeof exports", '=== "object"', " "]
        ),
        max_size=60,
    )
)
def test_no_text_takes_long_or_fails(parts: list[str]) -> None:
    assert is_library("static/a.js", "".join(parts).encode() * 20, frozenset) in (True, False)
