"""Whether a file speaks of limits on how often somebody may ask or try, of headers of pages, keeps account of what models cost, says which names are answered to, asks visitors who they are, or as whom the database is asked; does not tell for which routes."""

import re
from collections.abc import Iterable

from batten.facts.services import Restraint
from batten.regex import regex

LIMITS = (
    b"ratelimit", b"rate_limit", b"rate-limit", b"rateLimit", b"RateLimit", b"RATE_LIMIT", b"hrottl", b"THROTTL", b"uota", b"QUOTA", b"redits", b"CREDITS",
    b"slowapi", b"limiter", b"Limiter", b"LIMITER", b"arcjet", b"limit_req", b"daily_limit", b"dailyLimit", b"DAILY_LIMIT", b"usage_limit", b"usageLimit", b"USAGE_LIMIT",
    b"message_limit", b"messageLimit", b"max_budget", b"tpm_limit", b"rpm_limit", b"check_usage", b"checkUsage", b"incr(", b"MAX_REQUESTS", b"max_requests",
    b"TOO_MANY_REQUESTS", b"DAILY_", b"per_day", b"perDay", b"PER_DAY", b"_today", b"Today(",
)  # fmt: skip
ACCOUNTS = (
    b"total_tokens", b"totalTokens", b"tokens_used", b"tokensUsed", b"token_usage", b"tokenUsage", b"completion_tokens", b"output_tokens", b"outputTokens", b"usage_metadata",
    b"helicone", b"langfuse", b"langsmith", b"LANGCHAIN_TRACING", b"LANGSMITH", b"portkey", b"max_budget", b"opik", b"phoenix.otel", b"experimental_telemetry",
)  # fmt: skip
ATTEMPTS = (
    b"aptcha", b"CAPTCHA", b"urnstile", b"ttempts", b"ttempt_count", b"ttemptCount", b"ATTEMPTS", b"ockout", b"LOCKOUT", b"locked_until", b"lockedUntil", b"lockUntil", b"rute_force",
    b"ruteForce", b"fail2ban", b"iled_logins", b"iledLogins",
)  # fmt: skip
HOSTS = (b"server_name", b"Host(`", b"HostSNI(`")
# https://www.postgresql.org/docs/current/sql-set-role.html https://docs.postgrest.org/en/stable/references/transactions.html
CALLERS = (b"ocal role", b"OCAL ROLE", b"request.jwt", b"set_config(")
# How a script that a server runs for each visitor finds out who that is, or takes a key of theirs: https://docs.streamlit.io/develop/concepts/connections/authentication
VISITORS = (
    b"st.login",
    b"st.user",
    b"experimental_user",
    b"streamlit.login",
    b"streamlit.user",
    b"streamlit_auth",
    b"streamlit_oauth",
    b"streamlit_google_auth",
    b"streamlit_keycloak",
    b'type="password"',
    b"type='password'",
)
# https://owasp.org/www-project-secure-headers/ and what sets them: packages, servers before the app, services.
HEADERS = (
    b"rame-Options", b"rame-options", b"RAME_OPTIONS", b"rameOptions", b"frame-ancestors", b"frameAncestors", b"ontent-Security-Policy", b"ontent-security-policy", b"ontentSecurityPolicy",
    b"trict-Transport-Security", b"trict-transport-security", b"helmet", b"alisman", b"secure-headers", b"secure_headers", b"ecureHeaders", b"nosecone", b"lusca", b"secweb", b"nuxt-security",
    b"nginx", b"traefik", b"Caddyfile", b"caddy:", b"haproxy", b"cloudfront", b"CloudFront", b"apigateway", b"kind: Ingress", b"envoy",
)  # fmt: skip
WORDS = (*LIMITS, *ACCOUNTS, *ATTEMPTS, *HOSTS, *CALLERS, *VISITORS, *HEADERS)
# https://nginx.org/en/docs/http/server_names.html: an underline, and no name, fit whatever is left.
_NAMED = regex(rb"(?:server_name\s+[^;\n]{0,200}?|`)[\w*-]+\.[\w.-]*[a-z]{2}")
_NAME = regex(rb"[\w@/-]*")
# What comes after a name in code or data, and not after a word in a sentence.
_AFTER = regex(rb"\s{0,3}(?:[.(=<>:\[,)'\"`;\]}/-]|as\b|\Z)|\r?\n")
# A word of a sentence has neither.
_COMPOUND = regex(rb"_|[a-z][A-Z]")
_OF_OTHERS = regex(rb"^max_?(?:output|completion)|error|exceed|exception|reached|message|_code", re.IGNORECASE)
_LONGEST = 60


_KINDS = {
    word: frozenset(
        kind
        for kind, words in ((Restraint.LIMITS, LIMITS), (Restraint.ACCOUNTS, ACCOUNTS), (Restraint.ATTEMPTS, ATTEMPTS))
        if word in words
    )
    for word in WORDS
}


def restraint(data: bytes, hits: Iterable[tuple[bytes, int]]) -> tuple[str, ...]:
    """What the file speaks of, sorted; errors that a provider answers with are its limits, not the app's."""
    found: set[str] = set()
    for word, offset in hits:
        if word in HOSTS:
            found |= {Restraint.HOSTS} if _NAMED.match(data, offset + (0 if word == HOSTS[0] else len(word) - 1)) else set()
            continue
        if word in CALLERS:
            found.add(Restraint.CALLERS)
            continue
        if word in VISITORS:
            found.add(Restraint.VISITORS)
            continue
        if word in HEADERS:
            # What writes the head of a document in React goes by that name, too.
            found |= set() if word == b"helmet" and data.endswith(b"react-", max(0, offset - 6), offset) else {Restraint.HEADERS}
            continue
        kinds = _KINDS.get(word)
        if kinds is None or kinds <= found:
            continue
        start = offset
        while start > max(0, offset - _LONGEST) and _NAME.fullmatch(data, start - 1, start):
            start -= 1
        name = _NAME.match(data, start)
        if name is None or _OF_OTHERS.search(name[0]) or not (_COMPOUND.search(name[0]) or _AFTER.match(data, name.end())):
            continue
        found |= kinds
    return tuple(sorted(found))
