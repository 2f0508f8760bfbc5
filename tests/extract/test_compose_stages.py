"""What compose files tell of the passwords that they give, and of where they are used."""

import time

import pytest

from batten.extract.containers import Words, containers
from batten.extract.containers.settings import given
from batten.facts.containers import Container, Given
from batten.facts.vocabulary import Vocabulary

PATH = "docker-compose.yml"


def service(lines: str, path: str = PATH) -> Container:
    body = "".join(f"    {line}\n" for line in lines.splitlines())
    (found,), _ = containers(path, f"services:\n  one:\n{body}".encode(), Words(Vocabulary()))
    return found


@pytest.mark.parametrize(
    ("written", "how"),
    [
        ("postgres", Given.WEAK),
        ("changeme123", Given.WEAK),
        ("MySuperSecretPassword", Given.WEAK),
        ("minioadmin", Given.WEAK),
        ("", Given.WEAK),
        ("xT4kQ9vLr27Zp", Given.WRITTEN),
        ("${PASSWORD}", Given.ENVIRONMENT),
        ("$PASSWORD", Given.ENVIRONMENT),
        ("${PASSWORD:?set it}", Given.ENVIRONMENT),
        ("${PASSWORD:-postgres}", Given.FALLBACK),
        ("${PASSWORD-postgres}", Given.FALLBACK),
        (None, Given.ENVIRONMENT),
    ],
)
def test_where_a_password_comes_from(written: str | None, how: Given) -> None:
    assert given("POSTGRES_PASSWORD", written) is how


def test_flags_and_variables_say_how_they_get_there() -> None:
    found = service(
        "environment: [A=true, B=xT4kQ9vLr27Zp, C]\ncommand: sh -c 'redis-server /etc/redis.conf --requirepass hunter2 --save ${SAVE:-60}'"
    )
    assert [(each.slot, each.text, each.given) for each in found.settings] == [
        ("A", "true", Given.WEAK),
        ("B", "(set)", Given.WRITTEN),
        ("C", None, Given.ENVIRONMENT),
        ("config-file", "(set)", None),
        ("--requirepass", "(set)", Given.WEAK),
        ("--save", "60", Given.FALLBACK),
    ]


@pytest.mark.parametrize(
    ("path", "lines", "deployed"),
    [
        (PATH, "image: redis", None),
        (PATH, "image: redis\nrestart: always", True),
        (PATH, "build: .", True),
        (PATH, "build: .\nvolumes: ['.:/app']", False),
        (PATH, "build: .\nvolumes: ['./data:/var/lib/data', 'kept:/app/kept']", True),
        (PATH, "build: .\ncommand: npm run dev", False),
        (PATH, "build: .\ncommand: [uvicorn, 'main:app', --reload]", False),
        (PATH, "build: .\nenvironment: {NODE_ENV: development}", False),
        (PATH, "image: a\nenvironment: [NODE_ENV=production]", True),
        (PATH, "image: a\nenvironment: ['NODE_ENV=${NODE_ENV:-production}']", True),
        (PATH, "image: redis\nrestart: always\nprofiles: [dev]", False),
        (PATH, "image: redis\nrestart: always\nprofiles: [dev, backend]", True),
        ("docker-compose.prod.yml", "image: redis", True),
        ("deploy/compose.yml", "image: redis", True),
        ("docker-compose.dev.yml", "image: redis\nrestart: always", False),
        ("docker-compose.api.test.yml", "image: redis", False),
        (".devcontainer/docker-compose.yml", "image: redis", False),
    ],
)
def test_whether_a_file_is_for_more_than_development(path: str, lines: str, deployed: bool | None) -> None:
    assert service(lines, path).deployed is deployed


@pytest.mark.parametrize("value", ["1" * 50_000 + "~", "admin" * 10_000 + "~", "${" * 20_000, "$" * 50_000, "-a " * 20_000, "./" * 30_000])
def test_long_values_take_no_time(value: str) -> None:
    start = time.process_time()
    service(f"build: .\nimage: 'r{value}'\nvolumes: ['{value}']\ncommand: '{value}'\nenvironment: {{P: '{value}', NODE_ENV: '{value}'}}")
    assert time.process_time() - start < 4
