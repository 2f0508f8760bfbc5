"""What ignore files leave out of images: their patterns begin at the folder that an image is built of."""

import pytest

from batten.link.build_contexts import Contexts, left_out


@pytest.mark.parametrize(
    ("patterns", "path", "expected"),
    [
        ([".env"], ".env", True),
        ([".env"], "api/.env", False),
        (["/.env"], ".env", True),
        (["./api/.env"], "api/.env", True),
        (["*/.env"], "api/.env", True),
        (["*/.env"], "a/api/.env", False),
        (["**/.env"], ".env", True),
        (["**/.env"], "a/b/.env", True),
        (["**.env"], "a/b/.env", True),
        (["api"], "api/.env", True),
        (["api/"], "api/.env", True),
        (["**/api"], "x/api/.env", True),
        (["api/**"], "api/.env", True),
        (["*"], "api/.env", True),
        (["**"], "api/.env", True),
        (["**/.env*", "!api/.env"], "api/.env", False),
        (["!api/.env", "**/.env*"], "api/.env", True),
        (["api", "!api/src"], "api/.env", True),
        (["", ".", ".."], "api/.env", False),
        ([".env*"], ".env.production", True),
    ],
)
def test_patterns_begin_at_the_top(patterns: list[str], path: str, expected: bool) -> None:
    assert left_out(patterns, path) is expected


def test_the_ignore_file_of_a_recipe_stands_in_for_that_of_the_folder() -> None:
    contexts = Contexts({"api/.dockerignore": ("**/.env",), "api/two.Dockerfile.dockerignore": ("dist",)})
    assert contexts.keeps_out("api/web/.env", "api", "api/Dockerfile")
    assert not contexts.keeps_out("api/web/.env", "api", "api/two.Dockerfile")
    assert not contexts.keeps_out("web/.env", "", "Dockerfile")
