"""Names and what they mean: patterns, conditions, rows of packs and of the configuration."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.facts.calls import Argument
from batten.facts.vocabulary import Meaning, NameTable, Row, Target, Vocabulary, canonical
from batten.finding import ConfigError, PackError
from batten.rules import registry
from batten.rules.vocabulary import configured, load_vocabulary
from batten.text import Span


def rows(text: str) -> tuple[Row, ...]:
    found = load_vocabulary(text, "calls.yml", "pack")
    assert isinstance(found, tuple)
    return found


def call(pattern: str, means: Meaning = Meaning.IDENTITY, **more: Any) -> Row:
    return Row(target=Target.CALL, pattern=pattern, means=means, **more)


@pytest.mark.parametrize(
    ("qualified", "expected"),
    [
        ("openai#OpenAI.chat.completions.create", "openai.OpenAI.chat.completions.create"),
        ("@clerk/nextjs/server#auth.protect", "@clerk/nextjs/server.auth.protect"),
        ("npm:openai@4.20.1#default", "openai.default"),
        ("npm:@supabase/supabase-js@2#createClient", "@supabase/supabase-js.createClient"),
        ("jsr:@supabase/supabase-js@2#createClient", "@supabase/supabase-js.createClient"),
        ("npm:/stripe@14#default.refunds.create", "stripe.default.refunds.create"),
        ("node:fs/promises#writeFile", "fs/promises.writeFile"),
        ("https://esm.sh/@supabase/supabase-js@2.39.3?target=deno#createClient.from", "@supabase/supabase-js.createClient.from"),
        ("https://esm.sh/v135/jose@5.2.0/es2022/jose.mjs#jwtVerify", "jose.jwtVerify"),
        ("https://cdn.jsdelivr.net/npm/@supabase/supabase-js@2/+esm#createClient", "@supabase/supabase-js.createClient"),
        ("https://deno.land/x/jose@v4.14.4/index.ts#jwtVerify", "jose.jwtVerify"),
        ("https://example.com/own.ts#thing", "https://example.com/own.ts.thing"),
        ("#helper", "#helper"),
        ("@user.id", "@user.id"),
        ("#imports#requireUserSession", "#imports.requireUserSession"),
        ("src/auth.ts#requireUser", "src/auth.ts.requireUser"),
        ("fetch", "fetch"),
    ],
)
def test_a_name_is_the_same_however_its_package_was_asked_for(qualified: str, expected: str) -> None:
    assert canonical(qualified) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [
        ("a.b", ["a.b", "a#b"], ["a", "a.b.c", "x.a.b"]),
        ("a.*", ["a.b"], ["a", "a.b.c"]),
        ("a.**", ["a", "a.b", "a.b.c"], ["b", "ab"]),
        ("a.*.**", ["a.b", "a.b.c"], ["a"]),
        ("a.**.z", ["a.z", "a.b.z", "a.b.z.z"], ["a.b", "z"]),
        ("**.x.y", ["x.y", "a.b.x.y", "@.x.y"], ["x.y.z", "ax.y"]),
        ("langchain_*.Chat*.**.invoke", ["langchain_openai.ChatOpenAI.bind.invoke", "langchain_a.Chat.invoke"], ["langchain.ChatX.invoke"]),
        ("@scope/*.f", ["@scope/one.f", "@scope/one/two.f"], ["@scope/one.two.f"]),
        ("*ab*ba*.f", ["abba.f", "xabxbax.f"], ["aba.f"]),
        ("**.a.**.a", ["a.a", "a.b.a", "x.a.b.a"], ["a", "a.b"]),
    ],
)
def test_patterns_fit_whole_names(pattern: str, fitting: list[str], other: list[str]) -> None:
    row = call(pattern)
    table = NameTable([row])
    assert [table.lookup(name) for name in fitting] == [(row,)] * len(fitting)
    assert [table.lookup(name) for name in other] == [()] * len(other)


STEPS = st.sampled_from(["a", "b", "ab", "*", "**", "a*", "*b"])


@given(st.lists(STEPS, min_size=1, max_size=6), st.lists(st.sampled_from(["a", "b", "ab", "abb"]), min_size=1, max_size=7))
def test_patterns_mean_what_a_regular_expression_says(pattern: list[str], name: list[str]) -> None:
    """The reference: every step ends in a dot, and ``**`` is any number of steps."""
    parts = [r"(?:[^.]*\.)*" if step == "**" else re.escape(step).replace(r"\*", "[^.]*") + r"\." for step in pattern]
    expected = re.fullmatch("".join(parts), "".join(f"{step}." for step in name)) is not None
    assert (NameTable([call(".".join(pattern))]).lookup(".".join(name)) != ()) is expected


def test_more_literal_rows_come_first_and_added_rows_before_the_rest() -> None:
    general, exact, wild = call("a.**.z"), call("a.b.z"), call("**.z")
    vocabulary = Vocabulary([general, exact, wild])
    assert vocabulary.calls.lookup("a.b.z") == (exact, general, wild)
    mine = call("a.b.z", Meaning.NOT_A_GUARD)
    assert vocabulary.with_rows([mine]).calls.lookup("a.b.z") == (mine, exact, general, wild)
    assert vocabulary.calls.lookup("a.b.z") == (exact, general, wild)


def test_hosts_are_names_too() -> None:
    rows_ = rows('- host: [api.openai.com, "*.openai.azure.com", "localhost:11434"]\n  means: paid-model-call\n')
    vocabulary = Vocabulary(rows_)
    known = {
        host: bool(vocabulary.host(host))
        for host in ("api.openai.com", "API.OpenAI.com", "eu.openai.azure.com", "openai.azure.com", "localhost:11434", "localhost", "com")
    }
    assert known == {
        "api.openai.com": True,
        "API.OpenAI.com": True,
        "eu.openai.azure.com": True,
        "openai.azure.com": True,
        "localhost:11434": True,
        "localhost": False,
        "com": False,
    }
    assert vocabulary.calls.lookup("host.com.openai.api") == vocabulary.host("api.openai.com")


def argument(slot: str, text: str | None) -> Argument:
    return Argument(slot, text, (), Span(0, 0))


@pytest.mark.parametrize(
    ("row", "arguments", "expected"),
    [
        (call("f"), [], True),
        (call("f", when="result-checked"), [], True),
        (call("f", when="mode=w*"), [], False),
        (call("f", when="1|mode=w*|a*"), [argument("1", "A+")], True),
        (call("f", when="1|mode=w*|a*"), [argument("mode", "rb")], False),
        (call("f", when="1|mode=w*"), [argument("1", None)], None),
        (call("f", when="2"), [argument("2", None)], True),
        (call("f", unless="2"), [argument("2", None)], False),
        (call("f", unless="optional=true"), [argument("optional", "true")], False),
        (call("f", unless="optional=true"), [argument("optional", "false")], True),
        (call("f", unless="optional=true"), [argument("optional", None)], None),
        (call("f", when="0=*insert into*"), [argument("0", "\n  INSERT INTO t")], True),
        (call("f", when="0=a", unless="1=b"), [argument("0", None), argument("1", "b")], False),
    ],
)
def test_conditions_look_at_constant_arguments(row: Row, arguments: list[Argument], expected: bool | None) -> None:
    assert row.applies(arguments) is expected


def test_one_item_may_stand_for_many_rows() -> None:
    found = rows(
        '- call:\n    - a.{b,c}.{d,e}\n    - f\n  means: { database-read: "0=select*", database-write: "0=insert*" }\n  arg: 0\n  kind: sql\n  provider: p\n  note: why\n'
    )
    assert [(row.pattern, row.means, row.when) for row in found][:3] == [
        ("a.b.d", Meaning.DATABASE_READ, "0=select*"),
        ("a.b.d", Meaning.DATABASE_WRITE, "0=insert*"),
        ("a.b.e", Meaning.DATABASE_READ, "0=select*"),
    ]
    assert {row.pattern for row in found} == {"a.b.d", "a.b.e", "a.c.d", "a.c.e", "f"}
    assert found[0] == Row(Target.CALL, "a.b.d", Meaning.DATABASE_READ, "0=select*", None, "0", "sql", "p", "pack")


def test_a_map_is_kept_for_whoever_knows_it() -> None:
    assert load_vocabulary("providers: [a, b]\n", "secrets.yml") == {"providers": ["a", "b"]}


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("means: identity", "a row has one of call, env, secret, host"),
        ("{ call: a, env: B, means: identity }", "a row has one of call, env, secret, host"),
        ("{ call: a, means: identify }", "'identify' is no meaning: did you mean 'identity'"),
        ("{ call: a }", "None is no meaning: known are"),
        ("{ call: a, means: identity, wehn: x }", "unknown key 'wehn': did you mean 'when'"),
        ("{ call: a, means: identity, when: 1 }", "'when identity' is 1, not a text"),
        ("{ call: a, means: { identity: x }, when: y }", "'when' stands beside a map of meanings, which holds the conditions"),
        ("{ call: 'a b', means: identity }", "'a b' is no pattern"),
        ("{ call: 'a.{b', means: identity }", "'a.{b' is no pattern"),
        ("{ call: '', means: identity }", "'' is no pattern"),
        ("{ call: [1], means: identity }", "1 is no pattern"),
        ("just text", "a row is a map, not 'just text'"),
    ],
)
def test_a_row_that_is_wrong_is_named_with_its_line(item: str, message: str) -> None:
    with pytest.raises(PackError) as caught:
        rows(f"# comment\n- {item}\n")
    assert str(caught.value).startswith(f"calls.yml:2: {message}")


def test_vocabulary_is_a_list_or_a_map() -> None:
    with pytest.raises(PackError, match=r"calls\.yml:1: a vocabulary is a list of rows"):
        rows("text\n")


def test_the_configuration_adds_rows() -> None:
    found = configured(Vocabulary([call("a.b")]), {"rows": [{"call": "src/auth.ts#requireUser", "means": "identity-raises"}]})
    assert [row.means for row in found.calls.lookup("src/auth.ts#requireUser")] == [Meaning.IDENTITY_RAISES]
    assert configured(found, {}).rows == found.rows


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"calls": []}, "[vocabulary] has an unknown key 'calls'"),
        ({"rows": {}}, "[vocabulary] has no list of rows"),
        ({"rows": [{"call": "a", "means": "identity"}, {"call": "b"}]}, "row 2 of [vocabulary]: None is no meaning"),
    ],
)
def test_a_wrong_configuration_is_named(section: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(Vocabulary(), section)
    assert str(caught.value).startswith(message)


@pytest.fixture(scope="module")
def shipped() -> Vocabulary:
    return registry.load(with_plugins=False).vocabulary


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("openai#OpenAI.chat.completions.create", "paid-model-call"),
        ("openai#default.responses.stream", "paid-model-call"),
        ("openai#AsyncOpenAI.beta.chat.completions.parse", "paid-model-call"),
        ("openai#OpenAI.moderations.create", None),
        ("openai#OpenAI.models.list", None),
        ("openai#OpenAI", "ai-client"),
        ("anthropic#Anthropic.messages.stream", "paid-model-call"),
        ("anthropic#Anthropic.messages.count_tokens", None),
        ("@anthropic-ai/sdk#default.messages.create", "paid-model-call"),
        ("google#genai.Client.models.generate_content", "paid-model-call"),
        ("google.generativeai#GenerativeModel.start_chat.send_message", "paid-model-call"),
        ("@google/generative-ai#GoogleGenerativeAI.getGenerativeModel.generateContent", "paid-model-call"),
        ("ai#streamText", "paid-model-call"),
        ("ai#tool", "agent-tool"),
        ("npm:openai@4#default.chat.completions.create", "paid-model-call"),
        ("replicate#default.run", "paid-model-call"),
        ("boto3#client.invoke_model", "paid-model-call"),
        ("@aws-sdk/client-bedrock-runtime#BedrockRuntimeClient.send", "paid-model-call"),
        ("langchain_openai#ChatOpenAI.with_structured_output.ainvoke", "paid-model-call"),
        ("langchain_openai#ChatOpenAI", None),
        ("ollama#chat", "local-model-call"),
        ("flask_login#login_required", "guard-wrapper"),
        ("fastapi.security#OAuth2PasswordBearer", "presence"),
        ("fastapi_users#FastAPIUsers.current_user", "guard-wrapper"),
        ("next-auth#getServerSession", "identity"),
        ("next-auth#default.auth", "identity"),
        ("@clerk/nextjs/server#auth", "identity"),
        ("@clerk/nextjs/server#auth.protect", "identity-raises"),
        ("@supabase/supabase-js#createClient.auth.getUser", "identity"),
        ("@supabase/ssr#createServerClient.auth.getSession", "unverified-session"),
        ("better-auth#betterAuth.api.getSession", "identity"),
        ("@.auth.getUser", "identity"),
        ("@.auth.getSession", "unverified-session"),
        ("@.user", "identity"),
        ("@.headers.authorization", "presence"),
        ("passport#default.authenticate", "guard-wrapper"),
        ("passport#default.initialize", "not-a-guard"),
        ("connect-ensure-login#ensureLoggedIn", "guard-wrapper"),
        ("jsonwebtoken#default.verify", "identity-raises"),
        ("jsonwebtoken#default.decode", "presence"),
        ("jose#jwtVerify", "identity-raises"),
        ("stripe#default.webhooks.constructEvent", "signature"),
        ("svix#Webhook.verify", "signature"),
        ("crypto#default.timingSafeEqual", "secret-compare"),
        ("next/navigation#redirect", "reject"),
        ("cors#default", "not-a-guard"),
        ("cors", "not-a-guard"),
        ("@prisma/client#PrismaClient.user.deleteMany", "database-delete"),
        ("drizzle-orm/node-postgres#drizzle.insert", "database-write"),
        ("https://esm.sh/@supabase/supabase-js@2#createClient.from.upsert", "database-write"),
        ("@.from.delete", "database-delete"),
        ("supabase#create_client.table.select", "database-read"),
        ("sqlalchemy.orm#sessionmaker.add", "database-write"),
        ("flask_sqlalchemy#SQLAlchemy.session.delete", "database-delete"),
        ("pymongo#MongoClient.db.users.insert_one", "database-write"),
        ("mongoose#default.model.findByIdAndDelete", "database-delete"),
        ("@tx.update", "database-write"),
        ("@prisma.user.deleteMany", "database-delete"),
        ("@db.query", "database-read"),
        ("@db.toString", None),
        ("aiohttp_security#check_authorized", "identity-raises"),
        ("aiohttp.web#HTTPForbidden", None),
        ("express#default.json", "not-a-guard"),
        ("express#Response.status.json", None),
        ("resend#Resend.emails.send", "mail"),
        ("nodemailer#default.createTransport.sendMail", "mail"),
        ("stripe#default.refunds.create", "payment"),
        ("stripe#default.checkout.sessions.create", None),
        ("fs#promises.writeFile", "file-write"),
        ("node:fs/promises#rm", "file-write"),
        ("shutil#rmtree", "file-write"),
        ("subprocess#run", "command"),
        ("node:child_process#exec", "command"),
        ("bullmq#Queue.add", "queue"),
        ("@supabase/supabase-js#createClient.auth.admin.deleteUser", "account-change"),
    ],
)
def test_shipped_names_mean_what_they_do(shipped: Vocabulary, name: str, meaning: str | None) -> None:
    assert next((row.means.value for row in shipped.calls.lookup(name)), None) == meaning


def test_no_shipped_row_is_there_twice(shipped: Vocabulary) -> None:
    keys = [(row.target, row.pattern, row.means, row.when, row.unless, row.kind, row.arg) for row in shipped.rows]
    assert sorted({str(key) for key in keys if keys.count(key) > 1}) == []
