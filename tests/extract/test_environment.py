"""Environment variables: where they are defined and read, and which names mean a secret."""

# ruff: noqa: SIM905 - long lists are easier to read and extend as words

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.extract.environment import definitions, is_environment_file, is_sample, reads, secret_name
from batten.facts.placeholders import placeholder, template
from batten.facts.secret_names import PUBLIC_PREFIXES, harmless_name, public_prefix
from batten.parse import dotenv

SECRET_NAMES = """
VITE_SUPABASE_SERVICE_ROLE_KEY NEXT_PUBLIC_SERVICE_ROLE SUPABASE_SERVICE_KEY EXPO_PUBLIC_SUPABASE_SERVICE_ROLE
REACT_APP_CLIENT_SECRET VITE_APP_SECRET NEXT_PUBLIC_API_SECRET_KEY JWT_SECRET NEXT_PUBLIC_JWT_SECRET PUBLIC_SESSION_SECRET NEXTAUTH_SECRET
VITE_PRIVATE_KEY NEXT_PUBLIC_WALLET_PRIVATE_KEY VAPID_PRIVATE_KEY FIREBASE_PRIVATE_KEY
NEXT_PUBLIC_ADMIN_PASSWORD VITE_PASSWORD DB_PASSWORD REACT_APP_SMTP_PASS ADMIN_PWD NEXT_PUBLIC_PASSPHRASE
VITE_ADMIN_KEY NEXT_PUBLIC_ADMIN_API_KEY ADMIN_TOKEN NEXT_PUBLIC_GITHUB_ACCESS_TOKEN GATSBY_ACCESS_TOKEN VITE_REFRESH_TOKEN
NEXT_PUBLIC_STRIPE_WEBHOOK_SECRET WEBHOOK_SECRET NEXT_PUBLIC_DATABASE_URL VITE_DB_URL DATABASE_URL REACT_APP_MONGODB_URI NUXT_PUBLIC_REDIS_URL
VITE_OPENAI_API_KEY NEXT_PUBLIC_OPENAI_KEY EXPO_PUBLIC_OPENAI_TOKEN REACT_APP_ANTHROPIC_API_KEY VITE_CLAUDE_API_KEY VITE_GROQ_API_KEY
VITE_OPEN_AI_API_KEY NEXT_PUBLIC_CHATGPT_KEY EXPO_PUBLIC_TAVUS_API_KEY REACT_APP_RAPIDAPI_KEY VITE_RAPID_API_KEY VITE_FAL_KEY NEXT_PUBLIC_SERPER_API_KEY VITE_GPT_TOKEN
NEXT_PUBLIC_MISTRAL_API_KEY VITE_COHERE_API_KEY VITE_DEEPSEEK_API_KEY NEXT_PUBLIC_REPLICATE_API_TOKEN VITE_ELEVENLABS_API_KEY VUE_APP_OPENROUTER_API_KEY
VITE_PERPLEXITY_API_KEY VITE_XAI_API_KEY VITE_GEMINI_API_KEY NG_APP_HUGGINGFACE_TOKEN AZURE_OPENAI_API_KEY
VITE_STRIPE_SECRET_KEY NEXT_PUBLIC_STRIPE_SECRET NEXT_PUBLIC_SENDGRID_API_KEY VITE_RESEND_API_KEY PUBLIC_RESEND_KEY VITE_TWILIO_AUTH_TOKEN
NEXT_PUBLIC_CLERK_SECRET_KEY VITE_TELEGRAM_BOT_TOKEN NEXT_PUBLIC_DISCORD_TOKEN REACT_APP_AWS_SECRET_ACCESS_KEY VITE_ENCRYPTION_KEY
supabaseServiceRoleKey openaiApiKey jwtSecret STORYBOOK_SECRET
""".split()
OTHER_NAMES = """
NEXT_PUBLIC_SUPABASE_ANON_KEY VITE_SUPABASE_PUBLISHABLE_KEY NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY VITE_PUBLIC_KEY
NEXT_PUBLIC_RECAPTCHA_SITE_KEY NEXT_PUBLIC_GOOGLE_CLIENT_ID NEXT_PUBLIC_SENTRY_DSN VITE_FIREBASE_MEASUREMENT_ID NEXT_PUBLIC_GOOGLE_MAPS_API_KEY
VITE_FIREBASE_API_KEY NEXT_PUBLIC_FIREBASE_DATABASE_URL NEXT_PUBLIC_POSTHOG_KEY NEXT_PUBLIC_ALGOLIA_SEARCH_API_KEY NEXT_PUBLIC_PUSHER_KEY
NEXT_PUBLIC_PUSHER_APP_KEY NEXT_PUBLIC_VAPID_PUBLIC_KEY NEXT_PUBLIC_WALLETCONNECT_PROJECT_ID NEXT_PUBLIC_RPC_URL VITE_API_URL VITE_SUPABASE_URL
NEXT_PUBLIC_MAPBOX_ACCESS_TOKEN VITE_MAPBOX_TOKEN NEXT_PUBLIC_SHOPIFY_STOREFRONT_ACCESS_TOKEN
NEXT_PUBLIC_ENABLE_SECRET_SANTA NEXT_PUBLIC_SHOW_PASSWORD_RESET NEXT_PUBLIC_TOKEN_ADDRESS VITE_TOKEN_SYMBOL NEXT_PUBLIC_DISABLE_EMAIL_PASSWORD_SIGNIN
NEXT_PUBLIC_PASSWORD_MIN_LENGTH NEXT_PUBLIC_PASSWORD_REQUIRE_NUMBERS NEXT_PUBLIC_PASSWORD_RESET_URL RESET_PASSWORD_URL VITE_USE_SECRET_MODE
AWS_ACCESS_KEY_ID SECRET_NAME DB_SECRET_ARN OPENAI_KEY_NAME API_KEY_PREFIX ACCESS_TOKEN_URL OAUTH_TOKEN_ENDPOINT MAX_TOKENS OPENAI_MAX_TOKENS
PRIMARY_KEY SORT_KEY CACHE_KEY QUERY_KEY STORAGE_KEY I18N_SECRET_LABEL TOKEN_COUNT KEYBOARD_LAYOUT PASSWORD_POLICY JWT_SECRET_FILE
NEXT_PUBLIC_API_KEY VITE_APP_NAME NEXT_PUBLIC_OPENAI_MODEL OPENAI_BASE_URL HOME PATH SUPABASE_KEY RESEND_FROM_EMAIL VITE_SECRETARY_EMAIL
""".split()


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_names_that_mean_a_secret(name: str) -> None:
    assert secret_name(name)


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_names_that_do_not(name: str) -> None:
    assert not secret_name(name)


def test_the_tables_of_names_are_large_enough_to_mean_something() -> None:
    assert len({*SECRET_NAMES, *OTHER_NAMES}) >= 120


def test_prefixes() -> None:
    assert public_prefix("NEXT_PUBLIC_X") == "NEXT_PUBLIC_"
    assert public_prefix("PUBLIC_X") == "PUBLIC_"
    assert public_prefix("MY_VITE_X") == ""
    assert not any(later.startswith(earlier) for number, earlier in enumerate(PUBLIC_PREFIXES) for later in PUBLIC_PREFIXES[number + 1 :])


def test_harmless_names() -> None:
    assert harmless_name("NEXT_PUBLIC_SITE_KEY")
    assert not harmless_name("OPENAI_API_KEY")


# --- values ---


@pytest.mark.parametrize(
    "value",
    [
        "",
        "your-key",
        "<key>",
        "[YOUR-PASSWORD]",
        "xxxx",
        "***",
        "changeme",
        "${X}",
        "{{ x }}",
        "aaaaaaaaaa",
        "0123456789",
        "abc...",
        "test",
    ],
)
def test_stand_ins(value: str) -> None:
    assert placeholder(value, distinct=3)


@pytest.mark.parametrize("value", ["tr0ub4dor&3", "Realpass1", "k8s9d7f6"])
def test_values_that_are_no_stand_ins(value: str) -> None:
    assert not placeholder(value, distinct=3)


def test_a_value_that_repeats_its_name_is_none() -> None:
    assert placeholder("openai-api-key", "OPENAI_API_KEY")


def test_templates() -> None:
    assert [template(value) for value in ("$NAME", "${NAME}", "%NAME%", "{{ name }}", "$(NAME)", "pa$$word", "plain")] == [True] * 5 + [
        False
    ] * 2


# --- env files ---


def lines(text: str) -> list[tuple[str, str]]:
    data = text.encode()
    found = dotenv.definitions(data)
    assert all(data[one.name_span.start : one.name_span.end].decode() == one.name for one in found)
    assert all(data[one.value_span.start : one.value_span.end].decode() == one.value for one in found)
    return [(one.name, one.value) for one in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A=1\nB=2", [("A", "1"), ("B", "2")]),
        ("export A=1", [("A", "1")]),
        ("  A = 1 ", [("A", "1")]),
        ("A=1 # note", [("A", "1")]),
        ("A=a#b", [("A", "a#b")]),
        ("A='x y' # note", [("A", "x y")]),
        ('A="x\ny"\nB=2', [("A", "x\ny"), ("B", "2")]),
        ('A="say \\"hi\\""', [("A", 'say \\"hi\\"')]),
        ("A=`q`", [("A", "q")]),
        ("A: yes", [("A", "yes")]),
        ("#A=1\n\nB=2", [("B", "2")]),
        ("A=\nB=2", [("A", ""), ("B", "2")]),
        ('A="open\nB=2', [("A", '"open'), ("B", "2")]),
        ("A=1\r\nB='2'\r\n", [("A", "1"), ("B", "2")]),
        ("1A=1\nA B=2\nno line\nC=3", [("C", "3")]),
        ("\ufeffA=1", [("A", "1")]),
    ],
)
def test_lines_of_env_files(text: str, found: list[tuple[str, str]]) -> None:
    assert lines(text) == found


@given(st.binary(max_size=300))
def test_any_bytes_are_an_env_file(data: bytes) -> None:
    spans = [one.name_span for one in dotenv.definitions(data)]
    assert spans == sorted(spans)


@given(st.lists(st.tuples(st.from_regex(r"[A-Z_]{1,9}", fullmatch=True), st.from_regex(r"[a-z0-9 #']{0,12}", fullmatch=True)), max_size=6))
def test_quoted_values_come_back(pairs: list[tuple[str, str]]) -> None:
    assert lines("\n".join(f'{name}="{value}"' for name, value in pairs)) == pairs


# --- definitions ---


def defined(path: str, text: str) -> list[str]:
    return [variable.name for variable in definitions(path, text.encode())]


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        (".env", "PORT=1\nVITE_X=2\n", ["PORT", "VITE_X"]),
        ("apps/web/.env.production", "PORT=1\n", ["PORT"]),
        (".dev.vars", "PORT=1\n", ["PORT"]),
        ("deploy/prod.env", "PORT=1\n", ["PORT"]),
        ("Dockerfile", "ENV PORT=1 VITE_OPENAI_API_KEY=a\nARG NEXT_PUBLIC_A\n", ["VITE_OPENAI_API_KEY", "NEXT_PUBLIC_A"]),
        ("Dockerfile", "ENV VITE_A hello world\n", ["VITE_A"]),
        ("Dockerfile", 'ENV A="x" \\\n    VITE_B="y"\n', ["VITE_B"]),
        ("Dockerfile", "FROM node\nRUN echo VITE_B=1\n", []),
        ("docker-compose.yml", "services:\n  web:\n    environment:\n      - VITE_A=1\n      - PORT=1\n    ports: [80]\n", ["VITE_A"]),
        (
            "compose.yaml",
            "services:\n  web:\n    environment:\n      VITE_A: x\n      JWT_SECRET: y\n    labels:\n      VITE_B: z\n",
            ["VITE_A", "JWT_SECRET"],
        ),
        ("docker-compose.yml", "    build:\n      args:\n      - VITE_A=1\n", ["VITE_A"]),
        (".github/workflows/ci.yml", "env:\n  NEXT_PUBLIC_A: ${{ secrets.A }}\njobs:\n", ["NEXT_PUBLIC_A"]),
        ("vercel.json", '{"env": {"NEXT_PUBLIC_A": "x", "region": "y"}}', ["NEXT_PUBLIC_A"]),
        ("netlify.toml", '[build.environment]\nVITE_A = "x"\nNODE_VERSION = "20"\n', ["VITE_A"]),
        ("README.md", "Set up:\n\n```\nVITE_OPENAI_API_KEY=your-key\n```\n", ["VITE_OPENAI_API_KEY"]),
        ("src/app.ts", "VITE_A=1", []),
    ],
)
def test_definitions(path: str, text: str, names: list[str]) -> None:
    assert defined(path, text) == names
    assert is_environment_file(path) is (path != "src/app.ts")


def test_what_a_value_tells() -> None:
    text = "A=\nB=your-key\nC=true\nD=8fK2mQ9xLr5vTz1nBy7cHd3f\nE=hello\nF=${A}\n"
    found = {variable.name: variable for variable in definitions(".env", text.encode())}

    assert [name for name, variable in found.items() if variable.empty] == ["A", "B", "F"]
    assert [name for name, variable in found.items() if variable.harmless] == ["C"]
    assert [name for name, variable in found.items() if variable.strong] == ["D"]
    value = found["E"].value
    assert value is not None
    assert text[value.start : value.end] == "hello"


def test_samples() -> None:
    assert [is_sample(path) for path in (".env.example", "a/.env.sample", ".env.template", "env.example", ".env", ".env.production")] == [
        True
    ] * 4 + [False] * 2


# --- reads ---


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("fetch(process.env.NEXT_PUBLIC_A)", ["NEXT_PUBLIC_A"]),
        ("process.env['VITE_A'] + process.env[`VITE_B`]", ["VITE_A", "VITE_B"]),
        ("import.meta.env.VITE_A; import.meta.env?.VITE_B; (import.meta as any).env.VITE_C", ["VITE_A", "VITE_B", "VITE_C"]),
        ("process.env?.VITE_A; process.env!.VITE_B", ["VITE_A", "VITE_B"]),
        ("Deno.env.get('JWT_SECRET')", ["JWT_SECRET"]),
        ("const { VITE_A, VITE_B: b, VITE_C = 'x' } = process.env;", ["VITE_A", "VITE_B", "VITE_C"]),
        ("const { VITE_A } = import.meta.env as Env", ["VITE_A"]),
        ("const env = import.meta.env;\nuse(env.VITE_A, other.env.VITE_B)", ["VITE_A"]),
        ("import { PUBLIC_A } from '$env/static/public';", ["PUBLIC_A"]),
        ('import { JWT_SECRET } from "astro:env/server";', ["JWT_SECRET"]),
        ("`${process.env.VITE_A}/x`", ["VITE_A"]),
        ("'https://x/' + process.env.VITE_A", ["VITE_A"]),
        ("// process.env.VITE_A\n/* process.env.VITE_B */ 'process.env.VITE_C'", []),
        ("process.env[name]; process.env.PORT; my.process_env.VITE_A", []),
        ("if (process.env.NEXT_PUBLIC_AUTH_PASSWORD === 'true') {}", []),
        ("process.env.VITE_A === 'true'", ["VITE_A"]),
        ("value={process.env.NODE_ENV === 'development' ? process.env.VITE_A : process.env.VITE_B}", ["VITE_B"]),
        ("import.meta.env.DEV && use(import.meta.env.VITE_A); use(import.meta.env.VITE_B)", ["VITE_B"]),
    ],
)
def test_reads_of_scripts(text: str, names: list[str]) -> None:
    assert [variable.name for variable in reads("src/a.ts", text.encode())] == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("os.environ['JWT_SECRET']", ["JWT_SECRET"]),
        ('os.environ.get("JWT_SECRET", "x")', ["JWT_SECRET"]),
        ("os.getenv('JWT_SECRET')", ["JWT_SECRET"]),
        ("environ['JWT_SECRET']", ["JWT_SECRET"]),
        ("f\"{os.environ['JWT_SECRET']}\"", ["JWT_SECRET"]),
        ("# os.getenv('JWT_SECRET')", []),
        ("'''os.getenv('JWT_SECRET')'''", []),
        ("os.getenv(name)", []),
        ("os.getenv('PORT')", []),
    ],
)
def test_reads_of_python(text: str, names: list[str]) -> None:
    assert [variable.name for variable in reads("a.py", text.encode())] == names


def test_reads_of_pages() -> None:
    page = "<script setup>\nconst key = import.meta.env.VITE_A // it's\n// import.meta.env.VITE_B\n</script>\n<template>don't</template>\n"

    assert [variable.name for variable in reads("src/App.vue", page.encode())] == ["VITE_A"]


@given(st.text(alphabet="process.env VITE_A'\"`/*\n{}=[]$", max_size=120))
def test_no_script_raises(text: str) -> None:
    reads("a.ts", text.encode())
    reads("a.py", text.encode())
    reads("a.vue", text.encode())


@pytest.mark.parametrize(
    "unit",
    [
        "process.env.",
        "{",
        "{a,",
        "process.env['",
        "const a = process.env;",
        "'''",
        '"',
        "# ",
        "ENV A=",
        "environment:\n",
        "environment:\n - A=1\n",
    ],
)
def test_hostile_text_stays_cheap(unit: str) -> None:
    data = (unit * (40_000 // len(unit))).encode()
    for path in ("a.ts", "a.py", "a.vue"):
        reads(path, data)
    for path in (".env", "Dockerfile", "docker-compose.yml", "vercel.json", "netlify.toml", "README.md"):
        definitions(path, data)


def test_a_name_that_is_put_together_of_constants() -> None:
    text = b"a(process.env['STRIPE_' + \"SECRET_KEY\"], process.env['A_' + kind + '_SECRET'])"
    assert [variable.name for variable in reads("a.ts", text)] == ["STRIPE_SECRET_KEY"]
