"""Literals without a shape: the name, the use and the value decide together, and nothing that is guessable is kept."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.extract.environment import definitions
from batten.extract.ignoring import copies, ignore_patterns
from batten.extract.secrets import secrets
from batten.extract.secrets.sites import for_development, site
from batten.facts.secret_names import Holds, held_by
from batten.facts.secrets import Caveat, Secret, SecretKind, Site, Use
from batten.testing_keys import key

WORD = "q7Lm2Vx9Tz"


def read(text: str, path: str = "app.ts") -> tuple[Secret, ...]:
    return secrets(path, text.encode())


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("JWT_SECRET", Holds.VERIFIER),
        ("jwtSecret", Holds.VERIFIER),
        ("secret", Holds.VERIFIER),
        ("SECRET_KEY", Holds.VERIFIER),
        ("ADMIN_TOKEN", Holds.VERIFIER),
        ("STRIPE_WEBHOOK_SECRET", Holds.VERIFIER),
        ("GOOGLE_CLIENT_SECRET", Holds.CREDENTIAL),
        ("apiKey", Holds.CREDENTIAL),
        ("SMTP_PASSWORD", Holds.CREDENTIAL),
        ("adminPassword", Holds.PASSWORD),
        ("password", Holds.PASSWORD),
        ("passwordInput", None),
        ("secretSanta", None),
        ("SECRET_NAME", None),
        ("TOKEN_URL", None),
        ("PASSWORD_MIN_LENGTH", None),
        ("mockSecret", None),
        ("publicKey", None),
        ("sessionKey", None),
    ],
)
def test_a_name_says_what_it_holds(name: str, holds: Holds | None) -> None:
    assert held_by(name) is holds


@pytest.mark.parametrize(
    ("text", "use", "caveat"),
    [
        (f'const JWT_SECRET = "{WORD}";', Use.STORED, Caveat.NONE),
        (f"jwtSecret: '{WORD}',", Use.STORED, Caveat.NONE),
        (f'const secret = new TextEncoder().encode(process.env.JWT_SECRET || "{WORD}");', Use.FALLBACK, Caveat.NONE),
        (f'process.env["JWT_SECRET"] ?? "{WORD}"', Use.FALLBACK, Caveat.NONE),
        ('process.env.JWT_SECRET || "your-secret"', Use.FALLBACK, Caveat.WEAK),
        (f'process.env.JWT_SECRET || "{WORD}" // change me', Use.FALLBACK, Caveat.WEAK),
        ('process.env.JWT_SECRET || "jwt-secret"', Use.FALLBACK, Caveat.WEAK),
        ('app.secret_key = "your_secret_key"', Use.STORED, Caveat.WEAK),
        (f'if (process.env.NODE_ENV === "test") return process.env.JWT_SECRET || "{WORD}"', Use.FALLBACK, Caveat.GUARDED),
        (f'if (cronSecret !== "{WORD}")', Use.COMPARED, Caveat.NONE),
        (f'jwt.sign({{ id, role: "user" }}, "{WORD}", {{ expiresIn: 60 }})', Use.SIGNING, Caveat.NONE),
        (f'createHmac("sha256", "{WORD}")', Use.SIGNING, Caveat.NONE),
        (f'JWT_SECRET="${{JWT_SECRET:-{WORD}}}"', Use.FALLBACK, Caveat.NONE),
    ],
)
def test_the_text_around_says_what_is_done_with_it(text: str, use: Use, caveat: Caveat) -> None:
    (secret,) = read(text)

    assert (secret.kind, secret.use, secret.caveat, secret.shown) == (SecretKind.NAMED, use, caveat, "…")


@pytest.mark.parametrize(
    "text",
    [
        'has_secret = "api-key" in found_secrets or "db-secret-2" in found_secrets',
        'known = secret or "db-secret-2" not in found',
        'ok = token_secret || "db-secret-2" === kind',
        'secret: "Secret"',
        'secret: "settings.secret"',
        'const SECRET = "secret"',
        f'// const JWT_SECRET = "{WORD}"',
        f'// This is not actually a secret key: it only shuffles.\nconst XOR_SECRET_KEY = "{WORD}"',
        f'const JWT_SECRET = "{WORD}" + salt',
        f'const label = open ? secret : "{WORD}"',
        f'type A = {{ secret: "{WORD}" | "other" }}',
        'process.env.JWT_SECRET || ""',
        'const JWT_SECRET = "JWT_SECRET"',
        'const jwtSecret = "https://shop.dev/keys/1"',
        'const apiKey = "orders-v2"',
        'const JWT_SECRET = "${OTHER}"',
        'const secretKey = "your-secret-key"',
        'MANAGED_SECRET: "x-worker-managed-secret"',
        'if app.secret_key == "your-secret-key":',
        'jwt.decode(token, key, "HS256")',
        'jwt.verify(token, key, { algorithms: ["HS256", "RS256"], "issuer": "shop" })',
        'ask("the word \\"secret\\" or "confidential"")',
        'register("password", "Shop2024!")',
        "generate_password_hash(form.password.data, 'pbkdf2:sha256')",
        "hash_password('hello')",
        f'\nAUTH_SECRET="{WORD}"\n',
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert read(text) == ()


@pytest.mark.parametrize(
    ("text", "account", "admin"),
    [
        ('{ email: "admin@shop.dev", password: "Shop2024!" }', "admin@shop.dev", True),
        ('{ email: "ana@shop.dev", role: "admin", password: "Shop2024!" }', "ana@shop.dev", True),
        ('{ email: "ana@shop.dev", password: "Shop2024!" }', "ana@shop.dev", False),
        ('[{ email: "admin@shop.dev" }, { email: "ana@shop.dev", password: "Shop2024!" }]', "ana@shop.dev", False),
        ('if (username === "admin" && password === "admin")', "admin", True),
        ('const ADMIN_PASSWORD = "Shop2024!"', "", True),
        ("User(username='ana', password_hash=generate_password_hash('Shop2024!'), role='admin')", "ana", True),
        ("user.password_hash = generate_password_hash('Shop2024!')", "", False),
        ("admin.hashed = get_password_hash('Shop2024!')", "", True),
        ("User(username='admin', password_hash=hash_password('opensesame'))", "admin", True),
        ("{'hashed_password': pwd_context.hash('Shop2024!'), 'role': 'admin'}", "", True),
        ("{'hashed_password': pwd_context.hash('Shop2024!'), 'role': 'customer'}", "", False),
    ],
)
def test_a_password_is_somebodys(text: str, account: str, admin: bool) -> None:
    (secret,) = read(text)

    assert (secret.kind, secret.account, secret.admin) == (SecretKind.ACCOUNT, account, admin)


@pytest.mark.parametrize(
    ("path", "end", "made"),
    [
        ("functions/reviewers.ts", "await auth.admin.createUser(one);", True),
        ("functions/reviewers.ts", "await createUserWithEmailAndPassword(auth, one.email, one.password);", True),
        ("functions/reviewers.ts", "await signIn(one);", False),
        ("db/seeds/accounts.ts", "await auth.admin.createUser(one);", False),
    ],
)
def test_an_account_is_made_where_code_around_makes_accounts(path: str, end: str, made: bool) -> None:
    (secret,) = read(f'const one = {{ email: "ana@shop.dev", password: "Shop2024!" }};\n{end}\n', path)
    assert (secret.admin, secret.made) == (False, made)


def test_a_stored_hash_is_no_password() -> None:
    assert read("User(username='ana', password_hash=hash_password('opensesame'))") == ()  # no administrator's, and nobody's but a word's
    assert read('{ email: "admin@shop.dev", password: "$2b$12$q7Lm2Vx9TzB4nK8sW3pR6uH1q7Lm2Vx9Tz" }') == ()
    assert read(f'{{ email: "admin@shop.dev", password: "{key("azure-openai")}" }}') == ()


def test_a_text_that_repeats_a_password_is_no_second_finding() -> None:
    text = 'const ADMIN_PASSWORD = "Shop2024!";\nconsole.log("Password: Shop2024!");\n'

    assert [secret.use for secret in read(text)] == [Use.STORED]
    assert [secret.use for secret in read(text.split("\n")[1].replace("log(", "log('admin', "))] == [Use.SHOWN]


def test_digests_of_what_can_be_guessed_prove_no_guess() -> None:
    (secret,) = read('const ADMIN_PASSWORD = "Shop2024!"')

    assert len(secret.digest) == 4


def test_the_other_half_of_a_pair_is_no_second_key() -> None:
    text = f'AWS_KEY = "{key("aws")}"\nSECRET_ACCESS_KEY = "{key("aws-secret")}"\n'

    assert [secret.provider for secret in read(text, "a.py")] == ["aws"]


def test_variables_of_configurations_are_secrets_by_name_and_randomness() -> None:
    data = b"SESSION_SECRET=q7Lm2Vx9TzB4nK8sW3pR6yH1\nPORT=3000\nAPI_SECRET=short\nMONGO_PASSWORD=encrypted:q7Lm2Vx9TzB4nK8sW3pR6yH1\n"
    (secret,) = secrets(".env", data, variables=definitions(".env", data))

    assert (secret.name, secret.kind, secret.certain, secret.site) == ("SESSION_SECRET", SecretKind.NAMED, False, Site.ENV_FILE)
    assert secrets(".env.example", data, variables=definitions(".env.example", data)) == ()


LONG = "q7Lm2Vx9TzB4nK8sW3pR"
UUID = "7c2e91d4-5b8a-4f36-9d07-e1a5c3b8f260"


@pytest.mark.parametrize(
    ("text", "provider"),
    [
        (f"| `SENDER_API_KEY` | `{UUID}` |", "typed-variable"),
        (f"| **API Key** | `{LONG}` |", "described-key"),
        (f"- **Client Secret:** {LONG}", "described-key"),
        (f"Access token = {UUID}", "described-key"),
        (f"- `SESSION_SECRET`: {LONG}=", "typed-variable"),
        (f"export MAPS_TOKEN='{LONG}'", "typed-variable"),
        (f'echo "   SENDER_API_KEY: {UUID}"', "typed-variable"),
        ("POLLS_TOKEN=kTwErRyZmXnBvCaSd", "typed-variable"),
        ("MAPS_TOKEN=your_maps_token_goes_here1", None),
        ("| `API_KEY` | The key of your account |", None),
        ("- **Client Secret:** ask-the-people-of-team-2-about-3", None),
        ("SENDER_API_KEY=abcd1234efgh5678ijkl9012", None),
        ("KEY_FILE_TOKEN=https://keys.shop.dev/q7Lm2Vx9TzB4nK8sW3pR", None),
        (f"PUBLIC_KEY={LONG}", None),
        (f"page_token={LONG}", None),
        ("CSRF_TOKEN=GetTheCsrfTokenFromTheCookieJar", None),
        # Half of a value: what a fix would put in its place would leave the rest.
        ('FLIGHT_API_KEY="019ae167-5bdd-7355-acf7-d2db1dc29740|bv9Ox4UD5JrSWbf6gR2fvCp0m1bwXcbmyIWs"', None),
    ],
)
def test_texts_for_people_hold_keys_beside_the_words_for_them(text: str, provider: str | None) -> None:
    assert [secret.provider for secret in read(f"Before\n{text}\nafter\n", "docs/deploy.md")] == ([provider] if provider else [])
    assert [secret.provider for secret in read(f"Before\n{text}\nafter\n", "lib/deploy.txtx")] == []


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("config/app.json", f'{{"apiKey": "{LONG}"}}', True),
        ("config/app.yaml", f"mail:\n  api_key: '{UUID}'\n", True),
        ("vapid.json", f'{{"publicKey":"{LONG}B","privateKey":"{LONG}"}}', True),
        ("locales/en.json", '{"password": "Your password", "secret": "Geheimnis"}', False),
        ("config/app.json", '{"apiKey": "orders-v2", "secretKey": "sk-1234567890abcdef"}', False),
        ("config/app.json", '{"password": "Shop2024!"}', False),
        ("data.csv", f'api_key,"{LONG}"', False),
    ],
)
def test_files_of_settings_hold_what_nobody_thinks_up(path: str, text: str, found: bool) -> None:
    assert [(secret.provider, secret.use) for secret in read(text, path)] == [("named-literal", Use.STORED)] * found


@pytest.mark.parametrize(
    ("head", "caveat"),
    [
        ("class Settings(BaseSettings):", Caveat.WEAK),
        ("class AppConfig:", Caveat.WEAK),
        ("class Settings(BaseSettings):" + "\n    a: int = 1" * 200, Caveat.WEAK),
        ("class Login(BaseModel):", None),
        ("class Settings(BaseSettings):\n    def check(self):", None),
    ],
)
def test_the_default_of_a_setting_is_in_force(head: str, caveat: Caveat | None) -> None:
    found = read(f'import a\n\n{head}\n    jwt_secret: str = "your-secret-key-change-me"\n', "app/config.py")
    assert [secret.caveat for secret in found] == ([] if caveat is None else [caveat])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/a.ts", Site.CODE),
        ("supabase/migrations/1.sql", Site.MIGRATION),
        (".env", Site.ENV_FILE),
        ("api/.env.production", Site.ENV_FILE),
        (".env.example", Site.OTHER),
        (".dev.vars", Site.ENV_FILE),
        (".mcp.json", Site.TOOL_CONFIG),
        ("web/.cursor/mcp.json", Site.TOOL_CONFIG),
        ("Dockerfile", Site.TOOL_CONFIG),
        ("README.md", Site.TOOL_CONFIG),
        ("data.json", Site.OTHER),
    ],
)
def test_the_path_says_where_a_key_stands(path: str, expected: Site) -> None:
    assert site(path) is expected


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("shop/settings.py", '"""How to set it up::\n\n    export SHOP_SECRET_KEY="q7Lm-of-the-shop"\n"""', []),
        ("shop/settings.py", 'a = 1\nSHOP_SECRET_KEY="q7Lm-of-the-shop"\n', ["named-literal"]),
        ("Dockerfile", "ENV DATABASE_URL=file:./app-data/Db7/main2.sqlite", []),
        ("style.css", f"/* square */ src: url(data:font/ttf;base64,{'Ab9/' * 30}EAAA{'q7Lm2V' * 6}/{'x+Y2' * 30})", []),
        ("style.css", f"/* square */ src: url(data:font/ttf;base64,AA+EAAA{'q7Lm2V' * 6}/{'x+Y2' * 30})", []),
        ("app.js", f"const square = 'EAAA{'q7Lm2V9tzB4nK8sW3pR6yH1' * 2}'", ["square"]),
        ("app.js", f"const square = '{'Ab9/' * 9}', key = 'EAAA{'q7Lm2V9tzB4nK8sW3pR6yH1' * 2}'", ["square"]),
        ("app.tsx", 'const page = <p>Default admin password: <code className="text-zinc-300">for you</code></p>', []),
        ("app.tsx", "const adminPassword: Box<string> = 'Gr4velRoad77!'", ["named-literal"]),
        ("app.tsx", "const page = <p>Default admin password: <code>Gr4velRoad77!</code></p>", ["shown-password"]),
    ],
    ids=["docstring", "assigned", "file", "in-data", "data-after", "key", "key-after-text", "attribute", "typed", "text"],
)
def test_what_is_text_to_read_a_path_or_a_picture_is_no_secret(path: str, text: str, found: list[str]) -> None:
    assert [secret.provider for secret in read(text, path)] == found


def test_settings_for_development_are_known_by_their_path() -> None:
    assert for_development("shop/settings/dev.py")
    assert not for_development("shop/settings/base.py")


def test_ignore_files_and_what_copies_everything() -> None:
    assert ignore_patterns("a/.gitignore", b"# x\n\n.env\n!.env.example\r\n") == (".env", "!.env.example")
    assert ignore_patterns("a.txt", b".env") == ()
    data = b"FROM a AS one\nCOPY . .\nFROM b\nCOPY --from=one /x /y\nCOPY --chown=a:b . /app\n"
    assert [(data[copied.span.start : copied.span.end], copied.folder) for copied in copies("Dockerfile", data)] == [
        (b"COPY --chown=a:b . /app", "")
    ]


@pytest.mark.parametrize(
    ("instruction", "folders"),
    [
        ("COPY . .", [""]),
        ("ADD ./ /app", [""]),
        ("copy --link --chown=a:b . /app", [""]),
        ('COPY [".", "/app"]', [""]),
        ("COPY * ./", [""]),
        ("COPY \\\n  . \\\n  /app", [""]),
        ("COPY package.json .env ./", ["package.json", ""]),
        ("COPY .env* ./", [""]),
        ("COPY api/.env.production /app/.env", [""]),
        ("COPY .env.example .env", []),
        ("COPY src/ src/", ["src"]),
        ("COPY ./apps/api /app", ["apps/api"]),
        ("COPY apps/api/. .", ["apps/api"]),
        ("COPY api/* ./", ["api"]),
        ('ADD ["api", "lib/", "/app"]', ["api", "lib"]),
        ("COPY *.json ../x https://acme.dev/a.tar ./", []),
        ("COPY $DIR .", []),
        ("COPY --from=build . .", []),
        ("COPY <<EOF /app/x\n. .\nEOF", []),
        ("RUN cp . /x", []),
    ],
)
def test_what_an_image_takes_along(instruction: str, folders: list[str]) -> None:
    data = f"FROM node\n{instruction}\nCMD node .\n".encode()
    expected = [(instruction, folder) for folder in folders]
    assert [(data[copied.span.start : copied.span.end].decode(), copied.folder) for copied in copies("Dockerfile", data)] == expected


@given(st.text(alphabet="secretpasword_KEY=:|?\"'`(){},. \n$<>-", max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for secret in read(text):
        assert secret.shown.endswith("…")


@pytest.mark.parametrize(
    "text",
    ["password" * 20_000, 'jwt.sign("' * 20_000, "secret = " * 20_000, "password: <a " * 20_000, "secret = new a.b.c.d(" * 10_000, "{" * 100_000 + 'password: "Shop2024!"'],
)  # fmt: skip
def test_text_made_to_be_slow_is_read_in_time(text: str) -> None:
    start = time.process_time()
    read(text)

    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("use", "found"),
    [
        ("sessionStorage.getItem(AUTH_KEY)", 0),
        ("localStorage.setItem(AUTH_KEY, token)", 0),
        ("storage.removeItem(AUTH_KEY)", 0),
        ("localStorage.setItem('token', AUTH_KEY)", 1),
        ("localStorage.getItem(AUTH_KEY_NAME)", 1),
        ("hash(AUTH_KEY)", 1),
    ],
)
def test_the_name_of_what_a_browser_keeps_is_no_secret(use: str, found: int) -> None:
    assert len(read(f'const AUTH_KEY = "{WORD}";\nexport const read = () => {use};\n')) == found
