"""Keys for tests: of the right shape, never valid, always the same, and put together only when asked for.

No source file may hold anything that looks like a key, or push protection and other scanners would rightly complain.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from hashlib import sha256, shake_256
from types import MappingProxyType

from batten.ed25519 import public_half
from batten.regex import regex

_ALPHABETS = {
    "a": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    "w": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-",
    "b": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "l": "abcdefghijklmnopqrstuvwxyz0123456789",
    "z": "abcdefghijklmnopqrstuvwxyz",
    "u": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "h": "0123456789abcdef",
    "d": "123456789",
}

# <n class>: n characters of a class of the alphabets above. What vendors document, and what public scanners look for.
SHAPES: Mapping[str, str] = MappingProxyType({
    "openai-legacy": "sk-<20a>T3BlbkFJ<20a>",
    "openai": "sk-proj-<74w>T3BlbkFJ<74w>",
    "anthropic": "sk-ant-api03-<93w>AA",
    "google-api": "AIza<35w>",
    "openrouter": "sk-or-v1-<64h>",
    "groq": "gsk_<52a>",
    "xai": "xai-<80a>",
    "deepseek": "sk-<32l>",
    "huggingface": "hf_<34a>",
    "replicate": "r8_<37a>",
    "perplexity": "pplx-<48a>",
    "elevenlabs": "sk_<48h>",
    "pinecone": "pcsk_<6a>_<63a>",
    "nvidia": "nvapi-<64w>",
    "langsmith": "lsv2_pt_<32h>_<10h>",
    "langfuse": "sk-lf-<8h>-<4h>-<4h>-<4h>-<12h>",
    "bedrock": "ABSK<128a>",
    "azure-openai": "<32h>",
    "ai-keyword": "<40a>",
    "supabase-secret": "sb_secret_<22a>_",
    "supabase-publishable": "sb_publishable_<22a>_<8a>",
    "supabase-pat": "sbp_<40h>",
    "aws": "AKIA<16u>",
    "aws-secret": "<40b>",
    "stripe-live": "sk_live_<99a>",
    "stripe-test": "sk_test_<99a>",
    "stripe-publishable": "pk_live_<99a>",
    "clerk": "sk_live_<42a>",
    "whsec": "whsec_<32a>",
    "github": "ghp_<30a>",
    "github-fg": "github_pat_<22a>_<59a>",
    "gitlab": "glpat-<20a>",
    "slack": "xoxb-<12d>-<12d>-<24a>",
    "slack-hook": "https://hooks.slack.com/services/T<10u>/B<10u>/<24a>",
    "sendgrid": "SG.<22a>.<43a>",
    "twilio": "AC<32h>",
    "twilio-token": "<32h>",
    "resend": "re_<8a>_<24a>",
    "gmail-app-password": "<16z>",
    "notion": "ntn_<11d><35a>",
    "linear": "lin_api_<40a>",
    "airtable": "pat<14a>.<64h>",
    "telegram": "<10d>:<35a>",
    "discord": "M<23a>.<6a>.<38a>",
    "shopify": "shpat_<32h>",
    "npm": "npm_<36a>",
    "pypi": "pypi-AgEIcHlwaS5vcmc<80a>",
    "cloudflare": "cfut_<40a><8h>",
    "digitalocean": "dop_v1_<64h>",
    "databricks": "dapi<32h>",
    "azure-ad": "<3a>8Q~<34a>",
    "google-oauth": "GOCSPX-<28a>",
    "planetscale": "pscale_tkn_<43a>",
    "clickhouse": "4b1d<38a>",
    "sonar": "squ_<40h>",
    "sonar-named": "<40h>",
    "vault-legacy": "s.<24a>",
    "openshift": "sha256~<43w>",
    "infracost": "ico-<32a>",
    "authress": "sc_<10l>.<4l>.acc_<10l>.<40l>",
    "cloudflare-origin-ca": "v1.0-<24h>-<146h>",
    "frameio": "fio-u-<64l>",
    "gitlab-oauth": "gloas-<64a>",
    "plaid": "access-production-<8h>-<4h>-<4h>-<4h>-<12h>",
    "plaid-sandbox": "access-sandbox-<8h>-<4h>-<4h>-<4h>-<12h>",
    "readme": "rdme_<70l>",
    "facebook-page": "EAAC<120a>",
    "bearer": "<40a>",
    "easypost-test": "EZTK<54a>",
    "duffel-test": "duffel_test_<43a>",
    "shippo-test": "shippo_test_<40h>",
    "solana-key-pair": "<32h>",
    "slack-legacy": "xoxb-<12d>-<24a>",
    "mapbox": "sk.eyJ<60a>.<22a>",
    "algolia-admin": "<32h>",
    "intra42": "s-s4t2ud-<64h>",
    "octopus": "API-<26u>",
    "lob": "live_<35h>",
    "lob-test": "test_<35h>",
    "linkedin": "<16a>",
    "gitlab-session": "<32l>",
    "paddle": "pdl_live_apikey_<26l>_<22a>_<3a>",
    "inngest": "signkey-prod-<64h>",
    "firecrawl": "fc-<32h>",
    "curl-user": "<20a>",
    "db-url": "postgresql://app_owner:<20a>@db.<20z>.supabase.co:5432/postgres",
    "pem": r"-----BEGIN PRIVATE KEY-----\n<64b>\n<64b>\n<64b>\n<64b>\n-----END PRIVATE KEY-----\n",
})  # fmt: skip

_SLOT = regex(r"<(\d+)([a-z])>")
_PLACEHOLDER = regex(r"\{\{(?P<kind>key|jwt):(?P<name>[\w-]+)(?::(?P<which>[\w-]+))?\}\}")
# What scanners take for a stand-in, and would let pass.
_UNLUCKY = regex(
    r"your|example|sample|placeholder|change|replace|insert|dummy|fake|todo|redact|test|demo|none|null|xxx|secrets?\.|(.)\1\1|[-_]{2}|^[-_]|[-_]$",
    re.IGNORECASE,
)
_DISTINCT = 8
_ISSUED, _EXPIRES = 1_735_689_600, 2_051_222_400


def key(provider: str, which: str = "") -> str:
    """A key of a provider (see ``SHAPES``); another one for each ``which``. Raises KeyError."""
    seed = f"{provider} {which}"
    slots = iter(range(1000))
    made = _SLOT.sub(lambda slot: _random(f"{seed} {next(slots)}", int(slot[1]), _ALPHABETS[slot[2]]), SHAPES[provider])
    if provider == "github":
        return made + _base62(binascii.crc32(made.removeprefix("ghp_").encode()))
    if provider == "solana-key-pair":
        privates = (_random(f"{seed} {attempt}", 32, _ALPHABETS["h"]).encode() for attempt in range(1000))
        pairs = (str([*private, *public_half(private)]) for private in privates)
        return next(pair for pair in pairs if not _UNLUCKY.search(pair))
    if provider == "supabase-secret":
        # https://github.com/supabase/supabase: the check of self-hosted keys
        sum_ = sha256(f"supabase-self-hosted|{made.removesuffix('_')}".encode()).digest()
        return made + base64.urlsafe_b64encode(sum_).decode()[:8]
    return made


def jwt(role: str, project: str = "") -> str:
    """A Supabase key of the older kind: a token for a role, of a project (its reference)."""
    ref = project or _random("project", 20, _ALPHABETS["z"])
    claims = {"iss": "supabase", "ref": ref, "role": role, "iat": _ISSUED, "exp": _EXPIRES}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    return f"{signed}.{_random(f'signature {role} {ref}', 43, _ALPHABETS['a'])}"


def expand(text: str) -> str:
    """The text with ``{{key:PROVIDER}}``, ``{{key:PROVIDER:2}}``, ``{{jwt:ROLE}}`` and ``{{jwt:ROLE:PROJECT}}`` filled in. Raises KeyError."""

    def filled(found: re.Match[str]) -> str:
        make = key if found["kind"] == "key" else jwt
        return make(found["name"], found["which"] or "")

    return _PLACEHOLDER.sub(filled, text)


def _random(seed: str, length: int, alphabet: str) -> str:
    """Characters that only the seed decides, none of them a word that would make the key look like a stand-in."""
    attempt = 0
    while True:
        data = shake_256(f"{seed} {length} {attempt}".encode()).digest(2 * length)
        numbers = (int.from_bytes(data[at : at + 2]) for at in range(0, 2 * length, 2))
        text = "".join(alphabet[number % len(alphabet)] for number in numbers)
        various = len(set(text)) >= min(_DISTINCT, length - 1, len(alphabet) - 1)
        mixed = length < _DISTINCT or "7" not in alphabet or any(char.isdigit() for char in text)
        if various and mixed and not _UNLUCKY.search(text):
            return text
        attempt += 1


def _base62(number: int) -> str:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    text = ""
    while number:
        number, digit = divmod(number, 62)
        text = digits[digit] + text
    return text.rjust(6, "0")
