"""Keys in text: every shape is found, stand-ins and look-alikes are not, and nothing of a value is kept."""

import base64
import json
import re
import time
from re import _parser  # type: ignore[attr-defined]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.ed25519 import public_half
from batten.extract.secrets import machine_made, secrets
from batten.extract.secrets.providers import Clue, Providers, Row, Vocabulary, from_document, shipped
from batten.extract.secrets.search import Memory
from batten.facts.secrets import Caveat, Secret, SecretKind
from batten.finding import PackError
from batten.testing_keys import SHAPES, expand, jwt, key

AWS = f'ACCESS_KEY_ID="{key("aws")}"\nSECRET_ACCESS_KEY="{key("aws-secret")}"\n'
TWILIO = f'twilio = Client("{key("twilio")}", "{key("twilio-token")}")\n'

# (name of the shape, text that holds such a key, provider, kind, caveat)
FOUND = [
    ("openai-legacy", 'k = "{}"', "openai-legacy", SecretKind.AI, Caveat.NONE),
    ("openai", 'k = "{}"', "openai", SecretKind.AI, Caveat.NONE),
    ("anthropic", "ANTHROPIC_API_KEY={}", "anthropic", SecretKind.AI, Caveat.NONE),
    ("google-api", 'GEMINI_API_KEY="{}"', "google-api", SecretKind.AI, Caveat.NONE),
    ("google-api", 'mapsKey: "{}"', "google-api", SecretKind.PUBLIC, Caveat.NONE),
    ("openrouter", "k: {}", "openrouter", SecretKind.AI, Caveat.NONE),
    ("groq", "k = '{}'", "groq", SecretKind.AI, Caveat.NONE),
    ("xai", "k = '{}'", "xai", SecretKind.AI, Caveat.NONE),
    ("deepseek", "DEEPSEEK_API_KEY={}", "deepseek", SecretKind.AI, Caveat.NONE),
    ("deepseek", "LLM_API_KEY={}", "generic-sk", SecretKind.AI, Caveat.NONE),
    ("huggingface", "HF_TOKEN={}", "huggingface", SecretKind.AI, Caveat.NONE),
    ("replicate", "k = '{}'", "replicate", SecretKind.AI, Caveat.NONE),
    ("perplexity", "k = '{}'", "perplexity", SecretKind.AI, Caveat.NONE),
    ("elevenlabs", "k = '{}'", "elevenlabs", SecretKind.AI, Caveat.NONE),
    ("azure-openai", "headers = {{'xi-api-key': '{}'}}", "elevenlabs-legacy", SecretKind.AI, Caveat.NONE),
    ("pinecone", "k = '{}'", "pinecone", SecretKind.AI, Caveat.NONE),
    ("nvidia", "k = '{}'", "nvidia", SecretKind.AI, Caveat.NONE),
    ("langsmith", "k = '{}'", "langsmith", SecretKind.AI, Caveat.NONE),
    ("langfuse", "k = '{}'", "langfuse", SecretKind.AI, Caveat.NONE),
    ("bedrock", "k = '{}'", "bedrock", SecretKind.AI, Caveat.NONE),
    ("azure-openai", "AZURE_OPENAI_API_KEY={}", "azure-openai", SecretKind.AI, Caveat.NONE),
    ("ai-keyword", "MISTRAL_API_KEY='{}'", "ai-keyword", SecretKind.AI, Caveat.NONE),
    ("ai-keyword", "COHERE_API_KEY={}", "ai-keyword", SecretKind.AI, Caveat.NONE),
    ("supabase-secret", "createClient(url, '{}')", "supabase-secret", SecretKind.SUPABASE_ADMIN, Caveat.NONE),
    ("supabase-pat", "k = '{}'", "supabase-pat", SecretKind.SUPABASE_ADMIN, Caveat.NONE),
    ("ai-keyword", "SUPABASE_JWT_SECRET={}", "supabase-jwt-secret", SecretKind.SUPABASE_ADMIN, Caveat.NONE),
    ("supabase-publishable", "k = '{}'", "supabase-publishable", SecretKind.PUBLIC, Caveat.NONE),
    ("aws", "k = '{}'", "aws", SecretKind.THIRD_PARTY, Caveat.ALONE),
    ("stripe-live", "k = '{}'", "stripe-live", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("clerk", "CLERK_SECRET_KEY={}", "clerk-live", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("stripe-test", "k = '{}'", "stripe-test", SecretKind.THIRD_PARTY, Caveat.TEST_MODE),
    ("whsec", "k = '{}'", "webhook-secret", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("github", "k = '{}'", "github", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("github-fg", "k = '{}'", "github-fine-grained", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("gitlab", "k = '{}'", "gitlab", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("slack", "k = '{}'", "slack", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("slack-hook", "k = '{}'", "slack-hook", SecretKind.THIRD_PARTY, Caveat.POST_ONLY),
    ("sendgrid", "k = '{}'", "sendgrid", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("gmail-app-password", "host = 'smtp.gmail.com'\nsender_password = '{}'\n", "gmail-app-password", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("resend", "RESEND_API_KEY={}", "resend", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("notion", "k = '{}'", "notion", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("linear", "k = '{}'", "linear", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("airtable", "AIRTABLE_TOKEN={}", "airtable", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("telegram", "TELEGRAM_BOT_TOKEN={}", "telegram", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("discord", "DISCORD_TOKEN={}", "discord", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("shopify", "k = '{}'", "shopify", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("npm", "//registry/:_authToken={}", "npm", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("pypi", "password = {}", "pypi", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("cloudflare", "k = '{}'", "cloudflare", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("digitalocean", "k = '{}'", "digitalocean", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("databricks", "k = '{}'", "databricks", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("azure-ad", "k = '{}'", "azure-ad", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("google-oauth", "k = '{}'", "google-oauth", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("google-oauth", '{{"installed": {{"client_secret": "{}"}}}}', "google-oauth", SecretKind.THIRD_PARTY, Caveat.INSTALLED_APP),
    ("clickhouse", "k = '{}'", "clickhouse", SecretKind.DATABASE, Caveat.NONE),
    ("sonar", "k = '{}'", "sonar", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("sonar-named", "sonar.login={}", "sonar-named", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("sonar-named", "SONAR_TOKEN ::= {}", "sonar-named", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("vault-legacy", "vault_token: '{}'", "vault-legacy", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("curl-user", 'TWITTER_API_KEY ?= "{}"', "service-keyword", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("openshift", "k = '{}'", "openshift", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("infracost", "k = '{}'", "infracost", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("authress", "k = '{}'", "authress", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("cloudflare-origin-ca", "k = '{}'", "cloudflare-origin-ca", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("frameio", "k = '{}'", "frameio", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("gitlab-oauth", "k = '{}'", "gitlab-other", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("plaid", "k = '{}'", "plaid", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("plaid-sandbox", "k = '{}'", "plaid-sandbox", SecretKind.THIRD_PARTY, Caveat.TEST_MODE),
    ("readme", "k = '{}'", "readme", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("facebook-page", "k = '{}'", "facebook-page", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("bearer", "authorization: Bearer {}", "bearer-token", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("easypost-test", "k = '{}'", "easypost-test", SecretKind.THIRD_PARTY, Caveat.TEST_MODE),
    ("duffel-test", "k = '{}'", "duffel-test", SecretKind.THIRD_PARTY, Caveat.TEST_MODE),
    ("shippo-test", "k = '{}'", "shippo-test", SecretKind.THIRD_PARTY, Caveat.TEST_MODE),
    ("slack-legacy", "k = '{}'", "slack", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("mapbox", "k = '{}'", "mapbox", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("algolia-admin", "ALGOLIA_ADMIN_API_KEY={}", "algolia-admin", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("intra42", "k = '{}'", "intra42", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("octopus", "k = '{}'", "octopus", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("lob-test", "LOB_API_KEY={}", "lob-test", SecretKind.THIRD_PARTY, Caveat.TEST_MODE),
    ("linkedin", "LINKEDIN_CLIENT_SECRET={}", "linkedin", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("gitlab-session", "Cookie: _gitlab_session={}", "gitlab-session", SecretKind.THIRD_PARTY, Caveat.SHORT_LIVED),
    ("lob", "k = '{}'", "lob", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("paddle", "k = '{}'", "paddle", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("inngest", "k = '{}'", "inngest", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("firecrawl", "k = '{}'", "firecrawl", SecretKind.AI, Caveat.NONE),
    ("curl-user", "curl -X PUT -u deploy:{} https://registry.shop-hosting.com/app", "curl-user", SecretKind.THIRD_PARTY, Caveat.NONE),
    ("planetscale", "k = '{}'", "planetscale", SecretKind.DATABASE, Caveat.NONE),
    ("db-url", "DATABASE_URL={}", "db-url", SecretKind.DATABASE, Caveat.NONE),
    ("pem", 'key = "{}"', "private-key", SecretKind.PRIVATE_KEY, Caveat.NONE),
    ("solana-key-pair", "signer = Keypair.fromSecretKey(Uint8Array.from({}))", "solana-key-pair", SecretKind.PRIVATE_KEY, Caveat.NONE),
    (
        "pem",
        '{{"type": "service_account", "project_id": "p", "private_key": "{}"}}',
        "gcp-service-account",
        SecretKind.PRIVATE_KEY,
        Caveat.NONE,
    ),
]


def read(text: str, path: str = "app.py") -> tuple[Secret, ...]:
    return secrets(path, text.encode())


def providers(text: str, path: str = "app.py") -> list[str]:
    return [secret.provider for secret in read(text, path)]


@pytest.mark.parametrize(("shape", "text", "provider", "kind", "caveat"), FOUND)
def test_a_key_is_found_and_named(shape: str, text: str, provider: str, kind: SecretKind, caveat: Caveat) -> None:
    (secret,) = read(text.format(key(shape)))

    assert (secret.provider, secret.kind, secret.caveat) == (provider, kind, caveat)


def test_every_shape_of_a_secret_is_in_the_table() -> None:
    paired = {"aws-secret", "twilio", "twilio-token"}
    public = {"stripe-publishable"}

    assert {row[0] for row in FOUND} | paired | public == set(SHAPES)


@pytest.mark.parametrize("shape", sorted({row[0] for row in FOUND}))
def test_nothing_of_the_value_is_kept(shape: str) -> None:
    value = key(shape)
    for text in (row[1] for row in FOUND if row[0] == shape):
        (secret,) = read(text.format(value))

        assert len(secret.shown) <= 7
        shown = repr(secret)
        random = max(re.split(r"[^A-Za-z0-9]", value), key=len)
        assert random[8:] not in shown or not random[8:]  # of a list of numbers, no piece is so long
        assert all(value[at : at + 9] not in shown for at in range(8, len(value) - 9))


def test_place_covers_the_value() -> None:
    value = key("groq")
    text = f'client = Groq(api_key="{value}")\n'.encode()
    (secret,) = secrets("app.py", text)

    assert text[secret.place.span.start : secret.place.span.end].decode() == value


def test_equal_values_have_equal_digests_and_others_have_not() -> None:
    first, second, third = read(f"a = '{key('groq')}'\nb = '{key('groq')}'\nc = '{key('groq', 'other')}'\n")

    assert first.digest == second.digest != third.digest


# --- tokens whose payload decides ---


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        ("service_role", SecretKind.SUPABASE_ADMIN),
        ("supabase_admin", SecretKind.SUPABASE_ADMIN),
        ("postgres", SecretKind.SUPABASE_ADMIN),
        ("anon", SecretKind.PUBLIC),
    ],
)
def test_a_token_is_what_its_role_says(role: str, kind: SecretKind) -> None:
    (secret,) = read(f'createClient(url, "{jwt(role, "abcdefghijklmnopqrst")}")')

    assert (secret.kind, secret.project, secret.live) == (kind, "abcdefghijklmnopqrst", True)


def token(claims: object, head: object = None, signature: str | None = None) -> str:
    parts = (head or {"alg": "HS256", "typ": "JWT"}, claims)
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*coded, signature or key("ai-keyword")])


@pytest.mark.parametrize(
    "text",
    [
        token({"iss": "https://issuer.example", "sub": "1234567890", "name": "someone"}),
        token({"role": "authenticated", "sub": "00"}),
        token({"role": "service_role"}, head={"alg": "none", "typ": "JWT"}),
        token({"role": "service_role"}, signature="your-signature-goes-here"),
        token(["role", "service_role"]),
        "eyJhbGciOiJIUzI1NiJ9.eyJub3QganNvbiBhdCBhbGw.AAAAAAAAAAAAAAAAAAAAAA",
    ],
)
def test_other_tokens_are_not_keys(text: str) -> None:
    assert read(f"token = '{text}'") == ()


@pytest.mark.parametrize(
    ("value", "caveat"),
    [
        (base64.b64encode(b"kettle-lantern-harbour-42").decode(), Caveat.SAMPLE),
        (base64.b64encode(bytes(range(100, 160, 2))).decode(), Caveat.NONE),
        ("kR4vT8qLzP1xWn6YbJ3mD9sGfH2cA5eU", Caveat.NONE),
    ],
)
def test_what_can_be_read_of_a_secret_of_webhooks_is_made_up(value: str, caveat: Caveat) -> None:
    assert [secret.caveat for secret in read(f'const secret = "whsec_{value}"', "hooks.ts")] == [caveat]


@pytest.mark.parametrize(
    ("name", "claims", "found"),
    [
        ("access_token", {"sub": "acc-42", "exp": 1_700_003_600}, []),
        ("refresh_token", {"sub": "acc-42", "exp": 1_700_003_600}, []),
        ("access_token", {"sub": "acc-42"}, ["jwt"]),
        ("access_token", {"sub": "acc-42", "iat": 1_700_000_000, "exp": 2_000_000_000}, ["jwt"]),
        ("pinbox_access_token", {"sub": "acc-42", "exp": 1_700_003_600}, ["jwt"]),
    ],
)
def test_cookies_of_sessions_end(name: str, claims: dict[str, object], found: list[str]) -> None:
    assert providers(f"set-cookie\n\t{name}={token(claims)}; Path=/\n") == found


@pytest.mark.parametrize(
    ("name", "claims", "found"),
    [
        ("PINBOX_JWT", {"sub": "acc-42", "scope": "admin"}, ["jwt"]),
        ("apiToken", {"sub": "acc-42", "iat": 1_700_000_000, "exp": 2_000_000_000}, ["jwt"]),
        ("Authorization", {"sub": "acc-42"}, ["jwt"]),
        ("session_token", {"sub": "acc-42", "iat": 1_700_000_000, "exp": 1_700_003_600}, []),
        ("PINBOX_ACCESS_TOKEN", {"sub": "acc-42", "exp": 2_000_000_000}, ["jwt"]),
        ("MAP_ANON_TOKEN", {"sub": "acc-42"}, []),
        ("fixture", {"sub": "acc-42"}, []),
        ("token", {"name": "John Doe", "admin": True}, []),
    ],
)
def test_a_token_that_lasts_is_a_key_of_whoever_issued_it(name: str, claims: dict[str, object], found: list[str]) -> None:
    text = f'{{"{name}": "Bearer {token(claims)}"}}' if name == "Authorization" else f'{name} = "{token(claims)}"'
    assert providers(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("curl -u deploy:q7Lm2Vx9TzB4 https://api.shop-hosting.com", ["curl-user"]),
        ('curl -X PUT --user "deploy:q7Lm2Vx9TzB4" \\\n  https://api.shop-hosting.com', ["curl-user"]),
        ("curl -u deploy:q7Lm2Vx9TzB4 http://localhost:9200", []),
        ("curl -u deploy:$PASSWORD https://api.shop-hosting.com", []),
        ("curl -u username:password https://api.shop-hosting.com", []),
        ("curl -u deploy:changeme https://api.shop-hosting.com", []),
        ("git push -u origin:q7Lm2Vx9TzB4", []),
    ],
)
def test_passwords_in_requests_of_curl(text: str, found: list[str]) -> None:
    assert providers(text, "deploy.sh") == found


def test_the_demo_tokens_of_the_local_stack_are_published() -> None:
    found = [read(f"k = '{token({'iss': 'supabase-demo', 'role': role, 'exp': 1983812996})}'") for role in ("service_role", "anon")]

    assert [(one[0].kind, one[0].caveat, one[0].live) for one in found] == [
        (SecretKind.SUPABASE_ADMIN, Caveat.PUBLISHED, False),
        (SecretKind.PUBLIC, Caveat.PUBLISHED, False),
    ]


@pytest.mark.parametrize(
    ("path", "live"), [("docker-compose.yml", True), ("deploy/compose.prod.yaml", True), ("docker-compose.dev.yml", False), (".env", False)]
)
def test_a_stack_deployed_with_published_keys_is_open(path: str, live: bool) -> None:
    (secret,) = read(f"SERVICE_ROLE_KEY: {token({'iss': 'supabase-demo', 'role': 'service_role'})}", path)

    assert secret.live is live


def test_a_token_for_a_day_is_short_lived() -> None:
    claims = {"iss": "supabase", "role": "service_role", "iat": 1_700_000_000}
    lives = [read(f"k = '{token(claims | {'exp': claims['iat'] + life})}'")[0].caveat for life in (-1, 3600, 86_400, 86_401)]

    assert lives == [Caveat.SHORT_LIVED, Caveat.SHORT_LIVED, Caveat.SHORT_LIVED, Caveat.NONE]


def test_a_reference_that_is_none_is_not_repeated() -> None:
    (secret,) = read(f"k = '{token({'role': 'service_role', 'ref': '<b>x</b>'})}'")

    assert secret.project is None


# --- structure ---


def test_pairs_within_ten_lines_belong_together() -> None:
    (secret,) = read(AWS)
    (far,) = read(AWS.replace("\n", "\n" * 12, 1))

    assert (secret.caveat, far.caveat) == (Caveat.NONE, Caveat.ALONE)
    assert providers(TWILIO) == ["twilio"]
    assert providers(f'twilio = Client("{key("twilio")}", token)') == []


def test_the_app_password_of_a_mailbox_is_sixteen_letters_that_make_no_words() -> None:
    letters = key("gmail-app-password")
    grouped = " ".join(letters[at : at + 4] for at in range(0, 16, 4))

    assert providers(f'server.login("ana@gmail.com", "{grouped}")') == ["gmail-app-password"]
    assert providers(f"# EMAIL_HOST = 'smtp.gmail.com'\n# EMAIL_HOST_PASSWORD = '{grouped}'\n") == ["gmail-app-password"]
    assert providers(f"EMAIL_HOST = 'smtp.gmail.com'\nEMAIL_HOST_PASSWORD={letters}\n", "mail.conf") == ["gmail-app-password"]
    for other in (
        "abcd efgh ijkl mnop",
        "xxxx xxxx xxxx xxxx",
        "your pass word here",
        "authentifications",
        "responsibilities",
        "mysecretpassword",
    ):
        assert providers(f'server.login("ana@gmail.com", "{other}")') == []
    assert providers(f'topic = "{letters}"  # gmail\n') == []
    assert providers(f'server.login("ana@shop.dev", "{letters}")') == []


def test_a_commit_hash_is_no_second_half() -> None:
    (secret,) = read(f'k = "{key("aws")}"\nrevision = "{key("supabase-pat")[4:]}"\n')

    assert secret.caveat is Caveat.ALONE


def test_a_github_token_whose_checksum_does_not_fit_is_doubted() -> None:
    value = key("github")
    (secret,) = read(f"k = '{value[:-1]}{'a' if value[-1] != 'a' else 'b'}'")

    assert (secret.certain, secret.caveat, secret.live) == (False, Caveat.CHECKSUM, None)


@pytest.mark.parametrize("value", ["xoxb-not-a-token-at-all", "xoxb-123456-abcdefghijk", "xoxp-1-2-abcdefghijkl"])
def test_slack_tokens_carry_ids(value: str) -> None:
    assert read(f"k = '{value}'") == ()


def test_a_key_that_only_a_word_gives_away_needs_a_word_that_fits() -> None:
    value = key("azure-openai")

    assert providers(f"OPENAI_KEY_ID={value}") == []
    assert [secret.certain for secret in read(f"OPENAI_API_KEY={value}")] == [False]
    assert [secret.certain for secret in read(f"AZURE_OPENAI_KEY={value}")] == [True]
    assert providers(f"hash={value}") == []
    assert providers("mistral_key = compute_the_key_of_this_long_thing_v2_x1") == []


@pytest.mark.parametrize(
    ("url", "caveat"),
    [
        ("postgres://u:Gr4velRoad77@localhost/db", Caveat.LOCAL),
        ("postgres://u:Gr4velRoad77@db:5432/db", Caveat.LOCAL),
        ("mongodb://u:Gr4velRoad77@10.1.2.3/db", Caveat.LOCAL),
        ("redis://:Gr4velRoad77@cache.internal:6379", Caveat.LOCAL),
        ("mysql://root:Gr4velRoad77@host.docker.internal/db", Caveat.LOCAL),
        ("postgresql+asyncpg://u:Gr4velRoad77@db.shop.dev/db", Caveat.NONE),
        ("mongodb+srv://u:Gr4velRoad77@cluster0.ab1cd.mongodb.net/db", Caveat.NONE),
        ("rediss://:Gr4velRoad77@eu1-shop.upstash.io:6379", Caveat.NONE),
        ("amqps://u:Gr4velRoad77@rabbit.shop.dev/v", Caveat.NONE),
        ("postgres://postgres:changeme@db.shop.dev/db", Caveat.WEAK),
        ("postgres://shop_user:shop_pass@db.shop.dev/db", Caveat.WEAK),
        ("postgres://shop_user:shop_pass_77@db.shop.dev/db", Caveat.NONE),
        # As guides have it: what is named by the alphabet is no project of anybody's.
        ("postgresql://postgres.abcdefghijklmnopqrst:Gr4velRoad77@aws-0-eu-north-1.pooler.shop.dev/db", Caveat.WEAK),
        ("postgresql://postgres:Gr4velRoad77@db.abcdefghijklmnop.shop.dev/db", Caveat.WEAK),
        ("postgresql://postgres.abcdefgxkqrvmzwtnbpl:Gr4velRoad77@aws-0-eu-north-1.pooler.shop.dev/db", Caveat.NONE),
    ],
)
def test_hosts_and_passwords_decide_about_database_addresses(url: str, caveat: Caveat) -> None:
    (secret,) = read(f'URL = "{url}"')

    assert (secret.provider, secret.caveat, secret.name) == ("db-url", caveat, "URL")


@pytest.mark.parametrize(
    "url",
    [
        "postgres://u:${DB_PASSWORD}@db.shop.dev/db",
        "postgres://u:<password>@db.shop.dev/db",
        "postgres://postgres:[YOUR-PASSWORD]@db.abcd.supabase.co/postgres",
        "postgres://u:xxxx@db.shop.dev/db",
        "postgres://u:{password}@{host}/db",
        "postgres://u:secret-word-9@db.example.com/db",
        "postgres://user@db.shop.dev/db",
    ],
)
def test_addresses_that_are_filled_in_elsewhere_hold_no_password(url: str) -> None:
    assert read(f'URL = f"{url}"') == ()


def test_private_keys_need_a_body() -> None:
    whole = key("pem").replace("\\n", "\n")

    assert [secret.caveat for secret in read(whole)] == [Caveat.NONE]
    assert read("-----BEGIN RSA PRIVATE KEY-----\nMIIE...\n-----END RSA PRIVATE KEY-----\n") == ()
    assert read("-----BEGIN PUBLIC KEY-----\n" + whole.split("\n", 1)[1]) == ()
    encrypted = whole.replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1)
    assert [secret.caveat for secret in read(encrypted)] == [Caveat.ENCRYPTED]


def test_a_private_json_web_key_is_a_signing_key() -> None:
    webkey = f'[{{"kty": "EC", "kid": "1", "use": "sig", "key_ops": ["sign", "verify"], "crv": "P-256", "d": "{key("google-api")[1:]}_{key("npm")}"}}]'

    assert providers(webkey, "supabase/signing_keys.json") == ["supabase-signing-key"]
    assert providers(webkey.replace('"sign", ', ""), "keys.json") == []


# --- what is no secret ---


@pytest.mark.parametrize(
    "text",
    [
        "OPENAI_API_KEY=",
        "OPENAI_API_KEY=sk-proj-" + "x" * 40,
        "OPENAI_API_KEY=sk-your-key-goes-here-0000000000000000",
        "key = 'sk-1234'",
        "key = 'sk-" + "1234567890abcdef" * 3 + "'",
        "key = 'gsk_" + "a" * 52 + "'",
        "key = 'gsk_" + "ab" * 26 + "'",
        "key = 'AKIAIOSFODNN7EXAMPLE'",
        "key = 'ghp_" + "0" * 36 + "'",
        "STRIPE_SECRET_KEY=sk_live_" + "replacethiswithyourkey00",
        "STRIPE=sk_test_...",
        "pk_live_" + "4f8KjwQ92LmZx71PqRt03YbN",
        "phc_" + "8Kq2mW9xLr5vTz1nBy7cHd3fJg6pAs0e",
        "const re_exports_map = {resend: re_exports_of_things_and_more_things}",
        "hf_" + "hub_download_with_retries_and_more",
        "class = 'task-a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6'",
        "integrity = 'sha512-AKIA2222222222222222aa/bb=='",
    ],
)
def test_stand_ins_and_public_keys_are_not_found(text: str) -> None:
    assert read(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        r'"{}|gsk_[A-Za-z0-9]{{52}}"',
        r"re.compile('(?:{}|\w+)')",
        r"/^{}[0-9a-f]+$/",
    ],
)
def test_a_pattern_shows_the_shape_of_keys(text: str) -> None:
    assert read(text.format(key("groq"))) == ()


@pytest.mark.parametrize("end", ["...", "***", "####", "…"])
def test_a_value_that_is_cut_short_is_none(end: str) -> None:
    assert read(f"TOKEN={key('slack')}{end}") == ()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("HUBSPOT_API_KEY={}", 1),
        ('cloudflareApiToken: "{}",', 1),
        ("datadog_api_key: '{}'", 1),
        ("TWITTER_CLIENT_ID={}", 0),
        ("HUBSPOT_TOKEN_URL={}", 0),
        ("hubspotKey = makeTheKey({})", 0),
        ("hubspot_token = the_token_of_the_hubspot_account_v1_2", 0),
    ],
)
def test_services_without_a_shape_are_told_by_the_name(text: str, count: int) -> None:
    found = read(text.format(key("ai-keyword")))

    assert [(secret.provider, secret.certain) for secret in found] == [("service-keyword", False)] * count


@pytest.mark.parametrize("remark", ["// dummy", "# fake key", "/* example */", "-- not a real key"])
def test_a_value_that_is_called_fake_is_one(remark: str) -> None:
    assert read(f"secret: '{key('whsec')}', {remark}") == ()
    assert providers(f"secret: '{key('whsec')}', // used by the mailer") == ["webhook-secret"]


def test_the_documented_test_key_is_published() -> None:
    (secret,) = read("k = 'sk_test_" + "4eC39HqLyjWDarjtT1zdp7dc'")

    assert (secret.caveat, secret.live) == (Caveat.PUBLISHED, False)


def test_a_comment_is_text() -> None:
    assert providers(f"# old: {key('groq')}\n") == ["groq"]


@pytest.mark.parametrize(
    ("path", "made"),
    [
        ("package-lock.json", True),
        ("web/pnpm-lock.yaml", True),
        ("a/app.min.js", True),
        ("a/app.js.map", True),
        ("a/app.js", False),
        (".env", False),
    ],
)
def test_files_that_tools_write_are_left_out(path: str, made: bool) -> None:
    assert machine_made(path) is made
    assert bool(read(f"k='{key('groq')}'", path)) is not made


# --- names ---


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('OPENAI_KEY = "{}"', "OPENAI_KEY"),
        ("OPENAI_KEY={}", "OPENAI_KEY"),
        ("export OPENAI_KEY='{}'", "OPENAI_KEY"),
        ('const openaiKey: string = "{}";', "openaiKey"),
        ('const openaiKey =\n  "{}";', "openaiKey"),
        ('new OpenAI({{ apiKey: "{}" }})', "apiKey"),
        ('OpenAI(api_key="{}")', "api_key"),
        ('{{"env": {{"OPENAI_KEY": "{}"}}}}', "OPENAI_KEY"),
        ('process.env.OPENAI_KEY || "{}"', "OPENAI_KEY"),
        ('process.env.OPENAI_KEY ?? "{}"', "OPENAI_KEY"),
        ('os.getenv("OPENAI_KEY", "{}")', "OPENAI_KEY"),
        ('os.environ["OPENAI_KEY"] = "{}"', "OPENAI_KEY"),
        ('os.getenv("OPENAI_KEY") or "{}"', "OPENAI_KEY"),
        ('settings.openai_key = "{}"', "openai_key"),
        ('"Authorization": "Bearer {}"', "Authorization"),
        ("ENV OPENAI_KEY {}", "OPENAI_KEY"),
        ("tool --api-key {}", "api-key"),
        ('"source": ["client.api_key = \\"{}\\""]', "api_key"),
        ('OpenAI("{}")', None),
        ('createClient("https://abc.dev", "{}")', None),
        ("{}", None),
    ],
)
def test_the_holder_of_a_value_is_named(text: str, name: str | None) -> None:
    (secret,) = read(text.format(key("groq")))

    assert secret.name == name


# --- code that only servers run ---


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ('if (typeof window === "undefined") {{ load("{}") }}', True),
        ("if (import.meta.env.SSR) {{\n  if (x) {{ y() }}\n  load('{}')\n}}", True),
        ('if (typeof window === "undefined") {{ load() }}\nuse("{}")', False),
        ('if (typeof window !== "undefined") {{ use("{}") }}', False),
    ],
)
def test_a_branch_for_servers_is_noticed(text: str, guarded: bool) -> None:
    (secret,) = read(text.format(key("groq")), "src/a.ts")

    assert secret.server_guard is guarded


# --- encodings and sizes ---


@pytest.mark.parametrize(("codec", "mark"), [("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")])
def test_utf16_is_read_and_places_are_those_of_the_file(codec: str, mark: bytes) -> None:
    value = key("groq")
    data = mark + f"Größe=1 😀\r\nGROQ_API_KEY={value}\r\n".encode(codec)
    (secret,) = secrets(".env", data)

    assert data[secret.place.span.start : secret.place.span.end].decode(codec) == value
    assert secret.name == "GROQ_API_KEY"
    assert secret.digest == read(f"k={value}")[0].digest


def test_a_key_is_found_behind_any_number_of_trigger_words() -> None:
    noise = "risk-free task-list " * 2000

    assert providers(f"{noise} DEEPSEEK_API_KEY={key('deepseek')}") == ["deepseek"]


def test_hits_of_others_do_no_harm() -> None:
    data = f"k = '{key('groq')}'".encode()
    hits = [(b"createClient", 0), *shipped().hits(data)]

    assert secrets("a.py", data, hits) == secrets("a.py", data)


@pytest.mark.parametrize(
    "unit",
    [
        "eyJ", "eyJ-", "eyJ.", "eyJhbGciOi.eyJ", "T3BlbkFJ", "sk-proj-T3BlbkFJ", "sk-proj-", "sk-", "sk-a", "postgres://", "postgres://u:p", "postgres://a:b@",
        "-----BEGIN PRIVATE KEY-----", "-----BEGIN A A A A PRIVATE KEY-----\\n", "PRIVATE KEY----- ", "mistral_key=", "mistral" + "a" * 30, "supabase_jwt_secret: ",
        *(value[:length] for value in map(key, sorted(SHAPES)) for length in (len(value) // 2, len(value) - 1)),
        "whsec_", "AKIA2", "xox", "glpat-", "SG.", "dp.pt.", '"d": "', 'key_ops "d": "', "azure.", "Q~", "1//0", "discord.com/api/", "pypi-AgEIcHlwaS5vcmc", "a=", "'", "if(typeof window==='undefined'){",
    ],
    ids=lambda unit: unit[:8],
)  # fmt: skip
def test_hostile_text_stays_cheap(unit: str) -> None:
    data = (unit * (60_000 // len(unit) + 1)).encode()
    began = time.process_time()
    secrets("a.ts", data)

    assert time.process_time() - began < 2


@given(st.binary(max_size=400), st.sampled_from(sorted(SHAPES)), st.integers(0, 400))
def test_no_bytes_raise(noise: bytes, shape: str, cut: int) -> None:
    secrets("a.ts", noise + key(shape).encode()[:cut] + noise)


@given(
    st.lists(st.sampled_from(["groq", "stripe-live", "supabase-pat", "npm"]), max_size=5),
    st.text(alphabet=" \n=\"';#é", min_size=1, max_size=5).filter(lambda text: "###" not in text),
)
def test_keys_are_found_wherever_they_stand(shapes: list[str], between: str) -> None:
    text = between.join(["", *(key(shape) for shape in shapes), ""])

    assert len(read(text)) == len(shapes)


# --- the vocabulary ---


def test_windows_hold_the_longest_match_and_the_trigger() -> None:
    for provider in shipped().all:
        row = provider.row
        least, most = _parser.parse(row.pattern.encode()).getwidth()
        assert least > 0, row.id
        if not row.anywhere or row.anchors:
            assert most + 1 <= row.before + row.length, (row.id, most)
            assert most - min(map(len, row.anchors or row.triggers)) >= row.before, row.id


def test_rows_have_names_of_their_own_and_notes_of_no_secret() -> None:
    rows = [provider.row for provider in shipped().all]

    assert len({row.id for row in rows}) == len(rows)
    assert all(row.label and row.triggers for row in rows)


def test_a_row_of_ones_own_is_enough() -> None:
    row = Row(
        "acme", "Acme key", SecretKind.THIRD_PARTY, r"\bacme_[a-z0-9]{20}\b", ("acme_",), clues=(Clue("sandbox", present="test-mode"),)
    )
    own = Providers(Vocabulary((row,)))
    value = "acme_" + key("npm")[4:24].lower()
    found = secrets("a.py", f"a = '{value}'\nsandbox = '{value}'".encode(), providers=own)

    assert [(secret.label, secret.caveat, secret.shown) for secret in found] == [
        ("Acme key", Caveat.NONE, "acme_…"),
        ("Acme key", Caveat.TEST_MODE, "acme_…"),
    ]


@pytest.mark.parametrize(
    "row",
    [
        Row("bad", "Bad", SecretKind.AI, "(", ("a",)),
        Row("bad", "Bad", SecretKind.AI, "a", ("a",), clues=(Clue("b", absent="explode"),)),
    ],
)
def test_a_row_that_cannot_be_used_says_so(row: Row) -> None:
    with pytest.raises(PackError, match="'bad'"):
        Providers(Vocabulary((row,)))


def test_documents_that_are_no_vocabulary_are_refused() -> None:
    with pytest.raises(PackError, match="can't be used"):
        from_document(b"\xc1")


def test_examples_of_pages_can_hold_keys() -> None:
    assert providers(expand("k = '{{key:groq}}'")) == ["groq"]


LINES = st.sampled_from([
    'const apiSecret = "q7Lm2Vx9TzB4nK8s";', f'STRIPE = "{key("stripe-live")}"', f"GEMINI = '{key('google-api')}'", f"mapsKey: '{key('google-api')}'",
    f"DEEPSEEK_API_KEY={key('deepseek')}", "authDomain: 'shop.dev'", "", "{", "}", "// fake", f"token = '{key('azure-openai')}'", "openai", '{ email: "ana@shop.dev",',
    'password: "Shop2024!" }', "curl \\", f"-u deploy:{key('curl-user')} https://shop.dev", "mailgun", f"key-{key('azure-openai')}",
])  # fmt: skip


@given(st.lists(st.lists(LINES, max_size=14), min_size=1, max_size=5))
def test_who_remembers_other_versions_finds_the_same(texts: list[list[str]]) -> None:
    memory = Memory()
    for lines in [*texts, *texts]:
        data = "\n".join(lines).encode()
        assert secrets("app.ts", data, memory=memory) == secrets("app.ts", data)


@pytest.mark.parametrize(
    ("private", "public"),
    [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        ),
    ],
)
def test_the_public_half_is_that_of_rfc_8032(private: str, public: str) -> None:
    assert public_half(bytes.fromhex(private)).hex() == public


@pytest.mark.parametrize(
    ("path", "made", "found"),
    [
        ("id.json", "{}", ["solana-key-pair"]),
        ("id.json", "\n {}\n", ["solana-key-pair"]),
        ("id.txt", "{}", []),
        ("id.json", "[{}, {}]", []),
        ("wallets.json", '{{"keypairs": [{}]}}', ["solana-key-pair"]),
        (".env", "WALLET_KEYPAIR={}", ["solana-key-pair"]),
        ("a.ts", "const secretKey = Uint8Array.from({});", ["solana-key-pair"]),
        ("a.ts", "const numbers = {};", []),
    ],
)
def test_key_pairs_in_numbers(path: str, made: str, found: list[str]) -> None:
    pair = key("solana-key-pair")
    first, _, rest = pair.partition(", ")
    assert providers(made.format(pair, pair), path) == found
    assert providers(made.format(f"{first}, 1{rest[rest.index(',') :]}", pair).replace(pair, "[]"), path) == []
