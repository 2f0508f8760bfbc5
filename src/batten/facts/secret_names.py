"""Which names of variables and properties denote a secret, and which prefixes make a variable public; sees no values."""

import re
from enum import StrEnum
from functools import lru_cache

from batten.regex import regex

PUBLIC_PREFIXES = (
    "NEXT_PUBLIC_",
    "NUXT_PUBLIC_",
    "EXPO_PUBLIC_",
    "REACT_APP_",
    "STORYBOOK_",
    "GATSBY_",
    "VUE_APP_",
    "NG_APP_",
    "PUBLIC_",
    "VITE_",
    "WXT_",
    "PLASMO_PUBLIC_",
)
"""Prefixes by which frameworks tell that a variable may reach browsers; no prefix begins with an earlier one."""

_AI = (
    "OPENAI|ANTHROPIC|CLAUDE|GROQ|MISTRAL|COHERE|DEEPSEEK|REPLICATE|ELEVENLABS|ELEVEN_LABS|OPENROUTER|PERPLEXITY|XAI|GROK|GEMINI|GENAI|GOOGLE_AI|"
    "GOOGLE_GENERATIVE_AI|HUGGINGFACE|HUGGING_FACE|HF|TOGETHER|FIREWORKS|STABILITY|PINECONE|DEEPGRAM|ASSEMBLYAI|TAVILY|AI_GATEWAY|LLM|LOVABLE|"
    "OPEN_AI|CHATGPT|CHAT_GPT|GPT|CEREBRAS|NVIDIA|SAMBANOVA|DASHSCOPE|QWEN|MOONSHOT|KIMI|MINIMAX|ZHIPU|SILICONFLOW|VOYAGE|JINA|TAVUS|HEYGEN|RUNWAY|RUNWAYML|"
    "CARTESIA|PLAYHT|FAL|FIRECRAWL|SERPER|SERPAPI|SERP_API|EXA|RAPIDAPI|RAPID_API"
)
_MAIL_AND_CHAT = "SENDGRID|RESEND|TWILIO|MAILGUN|POSTMARK|BREVO|TELEGRAM|DISCORD|SLACK|GITHUB|GITLAB"
_DATABASE = "DATABASE|DB|MONGO|MONGODB|POSTGRES|POSTGRESQL|PG|REDIS|MYSQL"

_SECRET = regex(
    rf"(?:^|_)(?:SERVICE_ROLE|SERVICE_KEY|SECRET|SECRETS|PRIVATE_KEY|PASSWORD|PASSWD|PASSPHRASE|ADMIN_(?:API_)?(?:KEY|TOKEN)|"
    rf"ACCESS_TOKEN|REFRESH_TOKEN|BOT_TOKEN|SIGNING_KEY|ENCRYPTION_KEY|(?:{_DATABASE})_(?:CONNECTION_)?(?:URL|URI|STRING))(?:$|_)"
    rf"|(?:^|_)(?:PASS|PWD)$"
    rf"|(?:^|_)(?:{_AI})_(?:\w+_)?(?:KEY|TOKEN|KEYS)(?:$|_)"
    rf"|(?:^|_)(?:{_MAIL_AND_CHAT})_(?:\w+_)?(?:KEY|TOKEN|PAT)(?:$|_)"
)
# Made for browsers, or no key at all.
_HARMLESS = regex(
    r"(?:^|_)(?:PUBLIC|PUBLISHABLE|ANON|PUBLICKEY)(?:$|_)"
    r"|(?:^|_)(?:SITE_KEY|CLIENT_ID|DSN|MEASUREMENT_ID|MAPS?_(?:API_)?KEY|FIREBASE_(?:WEB_)?API_KEY|FIREBASE_DATABASE_URL|POSTHOG_(?:API_)?KEY|ALGOLIA_SEARCH(?:_\w+)?|PUSHER_(?:APP_)?KEY|"
    r"WALLETCONNECT_PROJECT_ID|RPC_URL|RECAPTCHA_KEY|STOREFRONT_(?:API_)?(?:ACCESS_)?TOKEN|DELIVERY_(?:API_)?(?:ACCESS_)?TOKEN|"
    # what the SDKs of these are given in apps that anybody downloads
    r"REVENUE_?CAT_(?:(?:APPLE|GOOGLE|AMAZON|IOS|ANDROID|WEB|PUBLIC|TEST_STORE)_)*(?:API_|SDK_)?KEY|AMPLITUDE_(?:API_)?KEY|MIXPANEL_(?:PROJECT_)?TOKEN|SEGMENT_WRITE_KEY|"
    r"(?:MAPTILER|MAPBOX|CESIUM|CESIUM_ION|STORYBLOK|CONTENTFUL|PRISMIC|JAWG)_(?:API_)?(?:ACCESS_)?(?:TOKEN|KEY))$"
    r"|(?:^|_)(?:KEY|SECRET|TOKEN|PASSWORD)_(?:ID|NAME|PREFIX|SUFFIX|URL|URI|ENDPOINT|ADDRESS|SYMBOL|DECIMALS|COUNT|ARN|PATH|FILE|LENGTH|MIN|MAX|HEADER|FIELD|TYPE|"
    r"LABEL|HINT|TEXT|TITLE|MESSAGE|PLACEHOLDER|PATTERN|REGEX|POLICY|ROUTE|PAGE|EXPIRY|EXPIRES?(?:_IN)?|EXPIRATION|TTL|LIFETIME|TIMEOUT|LIMIT|RESET|STRENGTH|RULES?|REQUIRES?|REQUIREMENTS?|VERSION|ROTATION)(?:$|_)"
    r"|(?:^|_)(?:PRIMARY|FOREIGN|SORT|CACHE|STORAGE|QUERY)_KEY(?:$|_)|(?:^|_)(?:MAX|MIN|NUM)_TOKENS?(?:$|_)|(?:^|_)KEYBOARD"
    r"|(?:^|_)(?:RESET|FORGOT|CHANGE|UPDATE|FORGOTTEN)_PASSWORD(?:$|_)"
    r"|^(?:I18N|ENABLED?|DISABLED?|SHOW|HIDE|IS|HAS|USE|ALLOW|REQUIRED?|FEATURE|FLAG|FF|WITH|NO)_"
    r"|_(?:ENABLED?|DISABLED?|VISIBLE|REQUIRED|ALLOWED|FEATURE|FLAG|ENDPOINT|HOST|PORT|REDIRECT|REDIRECT_URL|DOCS_URL)$"
)
# A name in code holds a secret itself only where it ends in the word for it: passwordInput, secretSanta and tokenUrl hold none.
_END = r"(?:_(?:VALUE|STRING|DEFAULT|FALLBACK|DEV|PROD|PRODUCTION|V?\d{1,2}))?$"
_VERIFIER = regex(
    rf"(?:^|_)(?:SECRETS?|SECRET_KEY(?:_BASE)?|(?:ENCRYPTION|SIGNING|JWT|AUTH|MASTER|ADMIN|ADMIN_API|ADMIN_ACCESS|INTERNAL|INTERNAL_API|CRON|HMAC|CIPHER|CRYPTO)_KEY"
    rf"|(?:ADMIN|INTERNAL|CRON|ADMIN_ACCESS|MASTER|BEARER)_TOKEN){_END}"
)
_PASSWORD = regex(rf"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PASSCODE|PWD|PASSWORT|SENHA){_END}")
_CREDENTIAL = regex(
    rf"(?:^|_)(?:(?:CLIENT|CONSUMER|APP|API|OAUTH)_SECRET|ACCESS_TOKEN|AUTH_TOKEN|API_KEY|APIKEY|API_TOKEN|ACCESS_KEY|PRIVATE_KEY|SECRET_ACCESS_KEY|SECRET_TOKEN){_END}"
)
_MADE_UP = regex(r"(?:^|_)(?:MOCK|FAKE|DUMMY|TEST|TESTS|EXAMPLE|SAMPLE|INVALID|WRONG|BAD|E2E|SEED|PLACEHOLDER|OLD|CONFIRM)(?:_|$)")
# The value is issued by somebody else, who alone can tell it from a wrong one.
_ISSUED = regex(
    r"(?:^|_)(?:STRIPE|GOOGLE|GITHUB|GITLAB|FACEBOOK|TWITTER|LINKEDIN|DISCORD|SLACK|TELEGRAM|APPLE|MICROSOFT|AZURE|AWS|S3|R2|MINIO|CLOUDINARY|PAYPAL|RAZORPAY|PAYSTACK|TWILIO|SPOTIFY|"
    r"AUTH0|OKTA|CLERK|KEYCLOAK|ZOOM|NOTION|SHOPIFY|SUPABASE|DB|DATABASE|POSTGRES|PG|MYSQL|MONGO|MONGODB|REDIS|SMTP|MAIL|EMAIL|EMAIL_HOST|RABBITMQ|KAFKA|FTP|SSH|PUSHER|OPENAI|VAPID|CAPTCHA|RECAPTCHA|HCAPTCHA|TURNSTILE|"
    r"OAUTH|CLIENT|CONSUMER|GMAIL|SENDGRID|MAILGUN|PLAID|LIVEKIT|MUX|ELASTIC|ELASTICSEARCH|CLICKHOUSE)(?:_|$)"
)
_CAMEL = regex(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def public_prefix(name: str) -> str:
    """The prefix of ``name`` by which some framework makes it public, or ""."""
    return next((prefix for prefix in PUBLIC_PREFIXES if name.startswith(prefix)), "")


@lru_cache(maxsize=4096)
def secret_name(name: str) -> bool:
    """Whether a variable of this name is meant to hold a secret; a public prefix does not count as part of the name."""
    words = _words(name.removeprefix(public_prefix(name)))
    return _SECRET.search(words) is not None and _HARMLESS.search(words) is None


@lru_cache(maxsize=4096)
def harmless_name(name: str) -> bool:
    """Whether the name says that it is public by design, an identifier, a setting or a flag."""
    return _HARMLESS.search(_words(name.removeprefix(public_prefix(name)))) is not None


class Holds(StrEnum):
    """What a literal is that is given to a name."""

    VERIFIER = "verifier"
    """What the app itself tells right from wrong with: it signs, encrypts, or is compared with what callers send."""
    CREDENTIAL = "credential"
    """What opens something of somebody else."""
    PASSWORD = "password"  # noqa: S105 - a word
    """The password of an account."""


@lru_cache(maxsize=4096)
def held_by(name: str) -> Holds | None:
    """What a name in code holds; None where it is no secret."""
    words = _words(name.removeprefix(public_prefix(name)))
    if _HARMLESS.search(words) or _MADE_UP.search(words):
        return None
    issued = _ISSUED.search(words) is not None
    if _PASSWORD.search(words):
        return Holds.CREDENTIAL if issued else Holds.PASSWORD
    if _CREDENTIAL.search(words):
        return Holds.CREDENTIAL
    if _VERIFIER.search(words):
        return Holds.CREDENTIAL if issued and "WEBHOOK" not in words else Holds.VERIFIER
    return None


def _words(name: str) -> str:
    # Names are chosen by the scanned repository: no name of sense is longer.
    name = name[-200:]
    parts = _CAMEL.sub("_", name) if any(letter.islower() for letter in name) else name
    return re.sub(r"[^A-Z0-9]+", "_", parts.upper()).strip("_")
