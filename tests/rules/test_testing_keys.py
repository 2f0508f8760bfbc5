"""Keys for tests: they have the shape of real ones, they are always the same, and no page has to hold one."""

import base64
import binascii
import json
import math
import re
from collections import Counter
from hashlib import sha256

import pytest

from batten.testing_keys import SHAPES, expand, jwt, key

# What public scanners look for.
PATTERNS = {
    "clickhouse": r"4b1d[A-Za-z0-9]{38}",
    "sonar": r"sq[pua]_[a-f0-9]{40}",
    "solana-key-pair": r"\[(?:\d{1,3}, ){63}\d{1,3}\]",
    "sonar-named": r"[a-f0-9]{40}",
    "vault-legacy": r"s\.[A-Za-z0-9]{24}",
    "openshift": r"sha256~[\w-]{43}",
    "infracost": r"ico-[A-Za-z0-9]{32}",
    "authress": r"sc_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][a-z0-9-]{10,32}\.[a-z0-9+/_=-]{30,120}",
    "cloudflare-origin-ca": r"v1\.0-[a-f0-9]{24}-[a-f0-9]{146}",
    "frameio": r"fio-u-[A-Za-z0-9_=-]{64}",
    "gitlab-oauth": r"gloas-[\w-]{64}",
    "plaid": r"access-(?:development|production)-[0-9a-f-]{36}",
    "plaid-sandbox": r"access-sandbox-[0-9a-f-]{36}",
    "readme": r"rdme_[a-z0-9]{70}",
    "facebook-page": r"EAA[MC][A-Za-z0-9]{100,400}",
    "bearer": r"[A-Za-z0-9]{40}",
    "easypost-test": r"EZTK[A-Za-z0-9]{54}",
    "duffel-test": r"duffel_test_[\w=-]{43}",
    "shippo-test": r"shippo_test_[a-f0-9]{40}",
    "mapbox": r"sk\.eyJ[\w-]{50,200}\.[\w-]{20,40}",
    "algolia-admin": r"[a-f0-9]{32}",
    "intra42": r"s-s4t2(?:ud|af)-[a-f0-9]{64}",
    "octopus": r"API-[A-Z0-9]{25,27}",
    "lob": r"live_[a-f0-9]{35}",
    "lob-test": r"test_[a-f0-9]{35}",
    "linkedin": r"[A-Za-z0-9]{16}",
    "gitlab-session": r"[0-9a-z]{32}",
    "paddle": r"pdl_live_apikey_[a-z0-9]{26}_[A-Za-z0-9]{22}_[A-Za-z0-9]{3}",
    "inngest": r"signkey-prod-[a-f0-9]{64}",
    "firecrawl": r"fc-[a-f0-9]{32}",
    "curl-user": r"[A-Za-z0-9]{20}",
    "slack-legacy": r"xoxb-\d{8,14}-[A-Za-z0-9]{18,26}",
    "openai-legacy": r"sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}",
    "openai": r"sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,120}T3BlbkFJ[A-Za-z0-9_-]{20,120}",
    "anthropic": r"sk-ant-(?:api03|admin01)-[\w-]{93}AA",
    "google-api": r"AIza[\w-]{35}",
    "openrouter": r"sk-or-v1-[0-9a-f]{64}",
    "groq": r"gsk_[A-Za-z0-9]{52}",
    "xai": r"xai-[0-9A-Za-z_]{80}",
    "deepseek": r"sk-[a-z0-9]{32}",
    "huggingface": r"(?:hf_|api_org_)[A-Za-z0-9]{34}",
    "replicate": r"r8_[0-9A-Za-z_-]{37}",
    "perplexity": r"pplx-[A-Za-z0-9]{48}",
    "elevenlabs": r"sk_[a-f0-9]{48}",
    "pinecone": r"pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{63}",
    "nvidia": r"nvapi-[\w-]{64}",
    "langsmith": r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}",
    "langfuse": r"sk-lf-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "bedrock": r"ABSK[A-Za-z0-9+/]{109,269}={0,2}",
    "azure-openai": r"[a-f0-9]{32}",
    "ai-keyword": r"[A-Za-z0-9_-]{32,64}",
    "supabase-secret": r"sb_secret_[A-Za-z0-9_-]{22}_[A-Za-z0-9_-]{8}",
    "supabase-publishable": r"sb_publishable_[A-Za-z0-9_-]{22}_[A-Za-z0-9_-]{8}",
    "supabase-pat": r"sbp_[a-z0-9]{40}",
    "aws": r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
    "aws-secret": r"[A-Za-z0-9/+=]{40}",
    "stripe-live": r"(?:sk|rk)_live_[A-Za-z0-9]{20,247}",
    "stripe-test": r"(?:sk|rk)_test_[A-Za-z0-9]{20,247}",
    "stripe-publishable": r"pk_live_[A-Za-z0-9]{20,247}",
    "clerk": r"(?:sk|rk)_live_[A-Za-z0-9]{20,247}",
    "whsec": r"whsec_[A-Za-z0-9+/=]{24,}",
    "github": r"gh[pousr]_[A-Za-z0-9]{36}",
    "github-fg": r"github_pat_\w{82}",
    "gitlab": r"glpat-[\w-]{20}",
    "slack": r"xoxb-\d+-\d+-[0-9A-Za-z-]{10,}",
    "slack-hook": r"https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,}",
    "sendgrid": r"SG\.[\w-]{20,24}\.[\w-]{39,50}",
    "twilio": r"AC[0-9a-f]{32}",
    "twilio-token": r"[0-9a-f]{32}",
    "gmail-app-password": r"[a-z]{16}",
    "resend": r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,32}",
    "notion": r"ntn_[0-9]{11}[A-Za-z0-9]{35}",
    "linear": r"lin_api_[A-Za-z0-9]{40}",
    "airtable": r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}",
    "telegram": r"[0-9]{8,10}:[A-Za-z0-9_-]{35}",
    "discord": r"[A-Za-z0-9_-]{24,28}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}",
    "shopify": r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    "npm": r"npm_[A-Za-z0-9]{36}",
    "pypi": r"pypi-AgEIcHlwaS5vcmc[\w-]{50,}",
    "cloudflare": r"cf[ua]t_[A-Za-z0-9]{40}[a-f0-9]{8}",
    "digitalocean": r"do[opr]_v1_[a-f0-9]{64}",
    "databricks": r"dapi[a-f0-9]{32}(?:-\d)?",
    "azure-ad": r"[\w~.]{3}\dQ~[\w~.-]{31,34}",
    "google-oauth": r"GOCSPX-[\w-]{28}",
    "planetscale": r"pscale_(?:tkn|pw|oauth)_[\w=.-]{32,64}",
    "db-url": r"postgres(?:ql)?://[^\s:/@]+:[^\s@]{3,}@[^\s/:?]+:\d+/postgres",
    "pem": r"-----BEGIN PRIVATE KEY-----\\n(?:[A-Za-z0-9+/]{64}\\n)+-----END PRIVATE KEY-----\\n",
}  # fmt: skip


def entropy(text: str) -> float:
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


@pytest.mark.parametrize("provider", SHAPES)
def test_a_key_looks_like_one_of_its_provider(provider: str) -> None:
    made = key(provider)
    assert re.fullmatch(PATTERNS[provider], made)
    assert entropy(made) > 3
    assert key(provider) == made
    assert key(provider, "2") != made
    assert re.fullmatch(PATTERNS[provider], key(provider, "2"))


@pytest.mark.parametrize("which", ["", "2", "3"])
@pytest.mark.parametrize("provider", SHAPES)
def test_no_key_reads_like_a_stand_in(provider: str, which: str) -> None:
    secret = key(provider, which).removeprefix("sk_test_")
    assert not re.search(r"your|example|sample|placeholder|change|insert|dummy|fake|todo|xxx|demo|(.)\1\1(?<!---)", secret, re.IGNORECASE)


def test_checksums_are_right() -> None:
    body, digits = key("github").removeprefix("ghp_"), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    assert binascii.crc32(body[:-6].encode()) == sum(digits.index(digit) * 62**power for power, digit in enumerate(reversed(body[-6:])))
    head, _, tail = key("supabase-secret").rpartition("_")
    if len(tail) < 8:  # the checksum itself may hold the separator
        head, tail = key("supabase-secret")[:-9], key("supabase-secret")[-8:]
    assert tail == base64.urlsafe_b64encode(sha256(f"supabase-self-hosted|{head}".encode()).digest()).decode()[:8]


def test_a_token_says_its_role_and_its_project() -> None:
    head, payload, signature = jwt("service_role", "abcdefghijklmnopqrst").split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == {"alg": "HS256", "typ": "JWT"}
    assert (claims["iss"], claims["role"], claims["ref"]) == ("supabase", "service_role", "abcdefghijklmnopqrst")
    assert claims["exp"] - claims["iat"] > 365 * 86_400
    assert len(signature) == 43
    assert jwt("anon") != jwt("service_role")


def test_placeholders_are_filled_in() -> None:
    assert expand("A={{key:groq}} B={{key:groq:2}} C={{jwt:anon}} D={{jwt:anon:ref}} {{ other }} {{key}}") == (
        f"A={key('groq')} B={key('groq', '2')} C={jwt('anon')} D={jwt('anon', 'ref')} {{{{ other }}}} {{{{key}}}}"
    )
    assert expand("no placeholder") == "no placeholder"


def test_a_provider_that_is_not_known_is_an_error() -> None:
    with pytest.raises(KeyError, match="nobody"):
        expand("{{key:nobody}}")
