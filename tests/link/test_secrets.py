"""Keys and variables joined with packages, git and the browser side."""

import base64
import json
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from batten.extract.environment import definitions, is_environment_file, reads
from batten.extract.secrets import secrets as found
from batten.facts.project import FileFacts
from batten.facts.secrets import Secret, SecretKind, Variable
from batten.facts.services import Package
from batten.finding import Step
from batten.link.secrets import secrets, served
from batten.link.variables import variables
from batten.rules.registry import RuleSet, load
from batten.scan import scan_files
from batten.testing_keys import jwt, key
from batten.text import Place, Span

OWN = {
    "database-password-in-source",
    "default-admin-credentials",
    "env-file-in-git",
    "google-key-in-client",
    "example-credential",
    "hardcoded-fallback-secret",
    "private-key-in-repository",
    "secret-in-migration",
    "secret-in-tool-config",
    "service-key-in-source",
    "ai-key-in-source",
    "third-party-credential-in-source",
    "secret-in-client-code",
    "secret-in-public-variable",
}
DEMO = ".".join(
    [
        *(
            base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
            for part in ({"alg": "HS256"}, {"iss": "supabase-demo", "role": "service_role", "exp": 1_983_812_996})
        ),
        key("ai-keyword"),
    ]
)
PREFIXES = {"vite": ("VITE_",), "next": ("NEXT_PUBLIC_",), "nuxt": ("NUXT_PUBLIC_",)}
WEB = Package(root="", ecosystem="npm", dependencies=("vite",), frameworks=("vite",))


class Modules(Struct):
    """Stands for the module graph: which files browsers get is given."""

    packages: tuple[Package, ...] = (WEB,)
    sides: Mapping[str, bool | None] = {}
    server: Span | None = None

    def in_browser(self, path: str, offset: int | None = None) -> bool | None:
        return False if self.server and offset in self.server else self.sides.get(path, False)

    def reach(self, path: str) -> tuple[Step, ...]:
        return (Step(Place("index.html", Span(0, 1)), "browsers start here"),)

    def package_of(self, path: str) -> Package | None:
        inside = (one for one in self.packages if not one.root or path.startswith(f"{one.root}/"))
        return max(inside, key=lambda one: len(one.root), default=None)

    def active_prefixes(self, package: Package) -> tuple[str, ...]:
        return tuple(prefix for framework in package.frameworks for prefix in PREFIXES.get(framework, ()))


def facts(files: Mapping[str, str]) -> list[FileFacts]:
    made = []
    for path, text in files.items():
        data = text.encode()
        used = definitions(path, data) if is_environment_file(path) else reads(path, data)
        made.append(FileFacts(path=path, language=None, parsed=False, secrets=found(path, data), variables=used))
    return made


def path_class(path: str) -> str:
    return "docs" if path.endswith(".md") else "test" if path.startswith("tests/") else "product"


def keys(files: Mapping[str, str], graph: Modules | None = None, tracked: Mapping[str, bool | None] | None = None) -> tuple[Secret, ...]:
    return secrets(facts(files), graph or Modules(), tracked or {}, path_class)


def joined(
    files: Mapping[str, str], graph: Modules | None = None, tracked: Mapping[str, bool | None] | None = None
) -> tuple[Variable, ...]:
    return variables(facts(files), graph or Modules(), dict.fromkeys(files, True) | (tracked or {}), path_class)


# --- keys ---


def test_a_key_knows_its_surroundings() -> None:
    graph = Modules(packages=(WEB, Package(root="api", ecosystem="pypi")), sides={"src/a.ts": True})
    server, browser = keys({"api/a.py": f"k='{key('groq')}'", "src/a.ts": f"k='{key('groq')}'"}, graph, {"src/a.ts": True})

    assert (server.package, server.in_browser, server.tracked, server.reused) == ("api", False, None, True)
    assert [step.note for step in server.trail] == ["the same value serves here, too"]
    assert (browser.package, browser.in_browser, browser.tracked) == ("", True, True)
    assert [step.note for step in browser.trail] == ["browsers start here"]
    assert server.subject != browser.subject
    assert server.subject == f"secret|api/a.py|{server.digest}"


def test_a_key_that_stands_twice_in_a_file_is_one() -> None:
    (secret,) = keys({"a.py": f"k='{key('groq')}'\nj='{key('groq')}'\n"})

    assert [step.note for step in secret.trail] == ["the same key again"]
    assert secret.place.span.start < secret.trail[0].place.span.start


def test_keys_of_equal_values_differ_and_name_no_path() -> None:
    first, second = keys({"a.py": f"k='{key('groq')}'", "b.py": f"k='{key('groq')}'"})

    assert second.key == f"{first.key}#2"
    assert "a.py" not in first.key


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("index.html", True),
        ("templates/home.htm", True),
        ("public/config.js", True),
        ("static/app.js", True),
        ("app/static/js/settings.json", True),
        ("assets/data.json", True),
        ("public/server.py", False),
        ("src/config.js", False),
        ("static.js", False),
    ],
)
def test_files_that_are_sent_as_they_are(path: str, sent: bool) -> None:
    assert served(path) is sent


def test_the_browser_copy_of_a_key_counts() -> None:
    text = f"export const loader = () => call('{key('groq')}')\n\nexport default () => call('{key('groq')}')\n"
    graph = Modules(sides={"pages/a.tsx": True}, server=Span(0, text.index("export default")))
    (secret,) = keys({"pages/a.tsx": text}, graph)

    assert secret.in_browser is True
    assert secret.place.span.start > text.index("default")


def test_a_key_in_the_part_that_stays_on_the_server_is_not_sent() -> None:
    text = f"export const loader = () => call('{key('groq')}')\n"
    (secret,) = keys({"pages/a.tsx": text}, Modules(sides={"pages/a.tsx": True}, server=Span(0, len(text))))

    assert (secret.in_browser, secret.trail) == (False, ())


@given(st.permutations(["a.py", "b.py", "src/c.ts", "public/d.js"]))
def test_the_order_of_files_does_not_matter(order: Iterable[str]) -> None:
    texts = {path: f"k='{key('groq')}'; j='{key('npm')}'" for path in order}

    assert keys(texts) == keys(dict(sorted(texts.items())))


# --- variables ---


def test_one_variable_at_its_definition_with_its_reads_in_the_trail() -> None:
    files = {
        ".env": "VITE_OPENAI_API_KEY=abc\n",
        "src/a.ts": "use(import.meta.env.VITE_OPENAI_API_KEY)",
        "server.js": "process.env.VITE_OPENAI_API_KEY",
    }
    (variable,) = joined(files, Modules(sides={"src/a.ts": True}))

    assert (variable.place.path, variable.public, variable.secret, variable.in_browser, variable.prefix) == (
        ".env",
        True,
        True,
        True,
        "VITE_",
    )
    assert [(step.place.path, step.note) for step in variable.trail] == [
        ("index.html", "browsers start here"),
        ("src/a.ts", "read here, in code that browsers get"),
        ("server.js", "read here"),
    ]


@pytest.mark.parametrize(
    ("files", "tracked", "place"),
    [
        ({".env": "VITE_A=abc", "src/a.ts": "import.meta.env.VITE_A"}, True, ".env"),
        ({".env": "VITE_A=abc", "src/a.ts": "import.meta.env.VITE_A"}, None, ".env"),
        ({".env": "VITE_A=abc", "src/a.ts": "import.meta.env.VITE_A"}, False, "src/a.ts"),
        ({".env": "VITE_A=", "src/a.ts": "import.meta.env.VITE_A"}, True, "src/a.ts"),
        ({".env.example": "VITE_A=abc", "src/a.ts": "import.meta.env.VITE_A"}, True, "src/a.ts"),
        ({"Dockerfile": "ENV VITE_A=abc", "src/b.ts": "import.meta.env.VITE_A"}, True, "src/b.ts"),
        ({"README.md": "VITE_A=abc", ".env.example": "VITE_A=abc"}, True, ".env.example"),
        ({"src/b.ts": "import.meta.env.VITE_A", "src/a.ts": "import.meta.env.VITE_A"}, True, "src/a.ts"),
        ({"lib/server.ts": "process.env.VITE_A", "src/a.ts": "import.meta.env.VITE_A"}, True, "src/a.ts"),
    ],
)
def test_the_best_place_to_mend_a_variable(files: dict[str, str], tracked: bool | None, place: str) -> None:
    (variable,) = joined(files, Modules(sides={"src/a.ts": True}), {".env": tracked})

    assert variable.place.path == place


@pytest.mark.parametrize(
    ("sides", "answer"),
    [
        ({"a.ts": True, "b.ts": False}, True),
        ({"a.ts": None, "b.ts": False}, None),
        ({"a.ts": False, "b.ts": False}, False),
        ({"a.ts": True, "b.ts": None}, True),
    ],
)
def test_any_read_in_the_browser_counts(sides: dict[str, bool | None], answer: bool | None) -> None:
    (variable,) = joined({"a.ts": "import.meta.env.VITE_A", "b.ts": "import.meta.env.VITE_A"}, Modules(sides=sides))

    assert variable.in_browser is answer


def test_a_prefix_is_public_where_its_framework_is() -> None:
    files = {".env": "VITE_A=1\nNEXT_PUBLIC_B=1\nJWT_SECRET=1\n"}

    assert {variable.name: variable.public for variable in joined(files)} == {"VITE_A": True, "NEXT_PUBLIC_B": False, "JWT_SECRET": False}
    assert {variable.name: variable.public for variable in joined(files, Modules(packages=()))} == {
        "VITE_A": None,
        "NEXT_PUBLIC_B": None,
        "JWT_SECRET": False,
    }


def test_nuxt_sends_its_public_variables_read_or_not() -> None:
    graph = Modules(packages=(Package(root="", ecosystem="npm", frameworks=("nuxt",)),))

    assert [variable.in_browser for variable in joined({".env": "NUXT_PUBLIC_JWT_SECRET=abc"}, graph)] == [True]


def test_an_env_file_above_serves_the_packages_below() -> None:
    top, web, shop = (
        Package(root="", ecosystem="npm"),
        Package(root="web", ecosystem="npm", frameworks=("vite",)),
        Package(root="shop", ecosystem="npm", frameworks=("vite",)),
    )
    graph = Modules(packages=(top, web, shop), sides={"shop/a.ts": True})
    (variable,) = joined({".env": "VITE_OPENAI_API_KEY=abc", "shop/a.ts": "import.meta.env.VITE_OPENAI_API_KEY"}, graph)

    assert (variable.package, variable.public, variable.in_browser, variable.place.path) == ("shop", True, True, ".env")


@pytest.mark.parametrize(
    ("value", "kind", "harmless", "secret"),
    [
        (jwt("service_role"), SecretKind.SUPABASE_ADMIN, False, True),
        (jwt("anon"), SecretKind.PUBLIC, True, False),
        (key("groq"), SecretKind.AI, False, True),
        ("true", None, True, False),
        ("hello", None, False, False),
    ],
)
def test_the_value_tells_what_the_name_does_not(value: str, kind: SecretKind | None, harmless: bool, secret: bool) -> None:
    (variable,) = joined({".env": f"VITE_THING={value}\n"})

    assert (variable.value_kind, variable.harmless, variable.secret) == (kind, harmless, secret)


def test_a_variable_that_holds_a_key_has_the_subject_of_the_key() -> None:
    files = {".env": f"THING={key('groq')}\n"}

    here = {".env": False}
    assert [variable.subject for variable in joined(files, tracked=here)] == [secret.subject for secret in keys(files, tracked=here)]
    assert [secret.subject for secret in keys(files)] == ["env-file|.env"]
    assert [variable.key for variable in joined(files)] == ["|variable|THING"]


@given(st.permutations([".env", "src/a.ts", "src/b.ts", "README.md", "Dockerfile"]))
def test_the_order_of_files_does_not_matter_for_variables(order: Iterable[str]) -> None:
    texts = {
        ".env": "VITE_A=abc\nJWT_SECRET=y",
        "src/a.ts": "import.meta.env.VITE_A",
        "src/b.ts": "import.meta.env.VITE_A",
        "README.md": "VITE_A=abc",
        "Dockerfile": "ENV VITE_A=abc",
    }

    assert joined({path: texts[path] for path in order}) == joined(texts)


# --- severities, from the bytes to the finding ---

VITE = {"package.json": '{"devDependencies": {"vite": "7"}}', "index.html": '<script type="module" src="/src/main.ts"></script>'}
NEXT = {"package.json": '{"dependencies": {"next": "16"}}'}


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load(with_plugins=False)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": f"k='{jwt('service_role')}'"}, ["service-key-in-source critical high"]),
        ({"docs/a.md": f"k='{jwt('service_role')}'"}, ["service-key-in-source high high"]),
        ({"docker-compose.yml": f"    JWT_KEY: {DEMO}"}, ["service-key-in-source high high"]),
        ({".env": f"SERVICE_ROLE_KEY={DEMO}"}, ["example-credential low high"]),
        ({"tests/.env": f"SERVICE_ROLE_KEY={DEMO}"}, ["example-credential info high"]),
        ({"a.py": f"k='{key('openai')}'"}, ["ai-key-in-source critical high"]),
        ({"tests/a.py": f"k='{key('openai')}'"}, ["ai-key-in-source high high"]),
        ({"a.py": f"k='{key('deepseek')}'"}, ["ai-key-in-source high medium"]),
        ({"tests/a.py": f"k='{key('deepseek')}'"}, ["ai-key-in-source medium medium"]),
        ({"a.py": f"k='{key('stripe-live')}'"}, ["third-party-credential-in-source critical high"]),
        ({"a.py": f"k='{key('stripe-test')}'"}, ["example-credential info high"]),
        ({"public/a.js": f"k='{key('stripe-test')}'"}, ["secret-in-client-code medium high"]),
        ({"a.py": f"k='{key('aws')}'"}, ["third-party-credential-in-source medium high"]),
        ({"a.py": f"Secret = Field(examples=['{key('gitlab')}'])"}, ["third-party-credential-in-source low medium"]),
        ({"a.py": f"example_key = '{key('gitlab')}'"}, ["third-party-credential-in-source critical high"]),
        ({"a.ts": f"const fields = [{{ name: 'key', placeholder: '{key('openai')}' }}]"}, ["ai-key-in-source low medium"]),
        ({"a.yml": f"ApiKey:\n  type: string\n  example: {key('gitlab')}\n"}, ["third-party-credential-in-source low medium"]),
        ({"site/setup.mdx": f"ACME_WEBHOOK_SECRET={key('ai-keyword')}\n"}, ["third-party-credential-in-source low medium"]),
        ({"README.md": f"ACME_WEBHOOK_SECRET={key('ai-keyword')}\n"}, ["secret-in-tool-config medium medium", "third-party-credential-in-source high medium"]),
        ({"a.test.ts": f"call({{ authorization: 'Bearer {key('ai-keyword')}' }})"}, ["third-party-credential-in-source low medium"]),
        ({"a.ts": f"call({{ authorization: 'Bearer {key('ai-keyword')}' }})"}, ["third-party-credential-in-source high medium"]),
        ({"a.py": f"k='{key('slack-hook')}'"}, ["third-party-credential-in-source medium high"]),
        ({"a.py": f"k='{key('github')[:-1]}!'"}, []),
        ({"scripts/a.ts": "const JWT_SECRET = process.env.JWT_SECRET || 'test-secret-of-the-shop'"}, ["hardcoded-fallback-secret low high"]),
        ({"lib/a.ts": "const JWT_SECRET = process.env.JWT_SECRET || 'test-secret-of-the-shop'"}, ["hardcoded-fallback-secret medium high"]),
        ({"public/a.js": f"k='{jwt('service_role')}'"}, ["secret-in-client-code critical high"]),
        (NEXT | {"app/page.tsx": f"'use client'\nif (typeof window === 'undefined') {{ k('{key('groq')}') }}"}, ["ai-key-in-source critical high"]),
        (VITE | {".env": f"VITE_OPENAI_API_KEY={key('openai')}", "src/main.ts": "import.meta.env.VITE_OPENAI_API_KEY"}, ["secret-in-public-variable critical high"]),
        (VITE | {".env": "VITE_OPENAI_API_KEY=from-the-dashboard-9a"}, ["secret-in-public-variable high high"]),
        (VITE | {".env": f"VITE_OPENAI_API_KEY={key('openai')}"}, ["ai-key-in-source critical high", "secret-in-public-variable high high"]),
        ({".env": f"OPENAI_API_KEY={key('openai')}"}, ["env-file-in-git critical high"]),
        ({".mcp.json": f'{{"KEY": "{key("openai")}"}}'}, ["secret-in-tool-config critical high"]),
        ({"supabase/migrations/1.sql": f"select '{key('openai')}';"}, ["secret-in-migration critical high"]),
        ({"public/a.js": f"k='{key('db-url')}'"}, ["secret-in-client-code critical high"]),
        ({"public/a.js": f"gemini='{key('google-api')}'"}, ["google-key-in-client critical high"]),
        ({"public/a.js": f"k='{key('google-api')}'"}, ["google-key-in-client info medium"]),
        (
            {"public/a.js": f"k='{key('google-api')}'", "b.py": f"gemini='{key('google-api')}'"},
            ["ai-key-in-source critical high", "google-key-in-client critical high"],
        ),
        (VITE | {".env": f"VITE_SUPABASE_SERVICE_ROLE_KEY={jwt('anon')}"}, ["secret-in-public-variable info high"]),
        (VITE | {".env.example": "VITE_OPENAI_API_KEY="}, ["secret-in-public-variable medium high"]),
        (VITE | {"README.md": "VITE_OPENAI_API_KEY=x"}, ["secret-in-public-variable low high"]),
    ],
)  # fmt: skip
def test_what_is_reported_and_how_gravely(rules: RuleSet, files: dict[str, str], expected: list[str]) -> None:
    found = scan_files({path: text.encode() for path, text in files.items()}, rules).findings
    own = [finding for finding in found if finding.rule in OWN]

    assert sorted(f"{finding.rule} {finding.severity} {finding.confidence}" for finding in own) == expected
    assert not any(value in repr(found) for value in (key("openai"), key("groq"), jwt("service_role")))
