"""Which files speak of limits, or keep account: names in code and settings, and no words of sentences or of providers' errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.extract.restraint import WORDS, restraint
from batten.facts.services import Restraint
from batten.skim import Triggers

TRIGGERS = Triggers(WORDS)


def spoken(text: str) -> tuple[str, ...]:
    data = text.encode()
    return restraint(data, [(TRIGGERS.words[word], offset) for word, offset in TRIGGERS.hits(data)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("const limiter = rateLimit({ windowMs: 1 })", ("limits",)),
        ('"express-rate-limit": "8.0.0"', ("limits",)),
        ("limit_req zone=ai;", ("limits",)),
        ("if user.credits < 1:", ("limits",)),
        ("select('credits')", ("limits",)),
        ("class Burst(UserRateThrottle):", ("limits",)),
        ("max_budget: 5", ("accounts", "limits")),
        ("print(answer.usage.total_tokens)", ("accounts",)),
        ("user.failed_attempts += 1", ("attempts",)),
        ("<ReCAPTCHA sitekey={key} />", ("attempts",)),
        ("AXES_LOCKOUT_CALLABLE = None", ("attempts",)),
        ("He attempts to sign in", ()),
        ("max_output_tokens=800", ()),
        ("except RateLimitError:", ()),
        ('{"error": "rate_limit_exceeded"}', ()),
        ("Please add credits to your workspace", ()),
        ("Rate limits exceeded, try again", ()),
        ("the quota of your plan", ()),
        ("", ()),
    ],
)
def test_what_speaks_of_limits_and_accounts(text: str, expected: tuple[str, ...]) -> None:
    assert spoken(text) == expected


@given(st.text(max_size=80), st.sampled_from([word.decode() for word in WORDS]), st.text(max_size=80))
def test_nothing_makes_it_fail(before: str, word: str, after: str) -> None:
    assert set(spoken(before + word + after)) <= set(Restraint)
