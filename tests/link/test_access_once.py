"""What an answer rests on: one that is kept is the one that a model finds which is asked nothing else."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batten.link.schema.access import AccessModel
from batten.link.schema.callers import ANON, ANYONE_SIGNED_IN, FRESH
from batten.link.schema.privileges import VERBS
from batten.link.schema.replay import replay
from batten.link.schema.session import Session
from batten.link.schema.state import Database
from batten.link.schema.supabase import on_supabase
from batten.parse.postgres import statements

TABLES = ("t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8")
OPEN = ("true", "false", "auth.uid() = owner", "flag", "owner is null", "(select auth.role()) = 'anon'")

reading = st.sampled_from(TABLES).map(lambda other: f"exists (select 1 from {other} where {other}.owner = auth.uid())")
condition = st.one_of(st.sampled_from(OPEN), reading, st.tuples(st.sampled_from(OPEN), reading).map(lambda two: f"{two[0]} and {two[1]}"))
policy = st.tuples(st.sampled_from(TABLES), st.sampled_from(["select", "all", "insert"]), st.booleans(), condition)


def database(policies: list[tuple[str, str, bool, str]]) -> Database:
    """Tables whose policies read one another, in circles too."""
    sql = [f"create table {table} (owner uuid, flag boolean); alter table {table} enable row level security;" for table in TABLES]
    sql += ["revoke select on t3 from anon;", "create view v as select * from t1 where flag;"]
    for number, (table, command, permissive, text) in enumerate(policies):
        kind = "" if permissive else "as restrictive "
        clause = f"with check ({text})" if command == "insert" else f"using ({text})"
        sql.append(f"create policy p{number} on {table} {kind}for {command} {clause};")
    made = on_supabase(legacy=True)
    replay(Session(made), "a.sql", statements("\n".join(sql).encode()))
    return made


DEEP = [
    (f"t{number}", "select", True, f"exists (select 1 from t{number + 1} where t{number + 1}.owner = auth.uid())") for number in range(8)
]


@example(DEEP, random.Random(1))
@example(DEEP, random.Random(2))
@example([*DEEP, ("t8", "select", True, "exists (select 1 from t2)")], random.Random(3))
@settings(max_examples=120, deadline=None)
@given(st.lists(policy, max_size=14), st.randoms(use_true_random=False))
def test_what_was_asked_before_changes_no_answer(policies: list[tuple[str, str, bool, str]], order: random.Random) -> None:
    made = database(policies)
    questions = [
        (relation, caller, verb)
        for (schema, _), relation in made.relations.items()
        if schema == "public"
        for caller in (ANON, FRESH, ANYONE_SIGNED_IN)
        for verb in VERBS
    ]
    order.shuffle(questions)
    model = AccessModel(made)
    for relation, caller, verb in questions:
        assert model.judge(relation, caller, verb) == AccessModel(made).judge(relation, caller, verb)
        assert model.outlined(relation, caller, verb) == AccessModel(made).outlined(relation, caller, verb)


@pytest.mark.parametrize("first", ["t0", "t2"])
def test_a_circle_is_one_from_wherever_it_is_entered(first: str) -> None:
    """t2 leads into the circle of t0 and t1 and is not part of it."""
    circle = [("t0", "select", True, "exists (select 1 from t1)"), ("t1", "select", True, "exists (select 1 from t0)")]
    made = database([*circle, ("t2", "select", True, "exists (select 1 from t0)")])
    model = AccessModel(made)
    for name in (first, "t0", "t1", "t2"):
        assert model.judge(made.relations["public", name], FRESH, "select").failed


def test_policies_that_say_the_same_are_looked_at_once() -> None:
    made = database([("t0", command, True, "auth.uid() = owner") for command in ("select", "insert", "all")])
    model = AccessModel(made)
    relation = made.relations["public", "t0"]
    clauses = {model._clause(relation, policy, part) for policy in relation.policies.values() for part in ("using", "check")} - {None}
    assert len(clauses) == 1
