"""What ignore files leave out of images: their patterns begin at the folder that an image is built of."""

import pytest
from own_rules import RULES

from batten.extract.file import Reader
from batten.extract.secrets.providers import from_document
from batten.facts.secrets import Exposure
from batten.link.build_contexts import Contexts, left_out
from batten.link.env_files import Around, env_files
from batten.scan import SECRETS
from batten.testing_keys import key


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


READER = Reader(RULES.vocabulary, from_document(RULES.documents[SECRETS]))


@pytest.mark.parametrize(
    ("env", "tracked", "expected"),
    [
        ("VITE_API_URL=https://api.shop.dev\n", False, [("api/.env", "Dockerfile")]),
        ("VITE_API_URL=https://api.shop.dev\n", True, []),
        (f"GROQ_API_KEY={key('groq')}\n", True, [("api/.env", "Dockerfile")]),
    ],
)
@pytest.mark.parametrize("copied", ["COPY api/ .", "COPY . ."])
def test_env_files_in_the_repository_on_purpose_may_be_in_an_image(
    env: str, tracked: bool, expected: list[tuple[str, str]], copied: str
) -> None:
    texts = {"api/.env": env, "Dockerfile": f"FROM node:24\n{copied}\n", ".dockerignore": ".env\n"}
    files = [READER.look(path, text.encode()) for path, text in texts.items()]
    secrets = [secret for file in files for secret in file.secrets]
    found = env_files(files, secrets, Around(lambda _: None, lambda _: "product", {"api/.env": tracked}))
    in_images = [(file.path, file.place.path) for file in found if file.exposure is Exposure.IMAGE]
    assert in_images == (expected if copied == "COPY api/ ." or not tracked else [])
