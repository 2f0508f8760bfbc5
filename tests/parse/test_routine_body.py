"""What the bodies of functions do, statement by statement; and that no body makes the reader fail."""

from hypothesis import given
from hypothesis import strategies as st

from batten.parse.postgres.expressions import Name
from batten.parse.postgres.routine_body import body_of

BODY = """
declare
  me uuid := auth.uid();
  mine text;
  r record;
begin
  if me is null then raise exception 'sign in first'; end if;
  select role into mine from public.roles where user_id = me;
  if mine <> 'admin' then return; end if;
  perform public.must_be_admin();
  update public.orders o set total = total + 1 from public.items i where i.order_id = o.id returning o.id into r;
  with gone as (delete from public.notes where owner = me returning id) insert into public.log (what, who) select id, me from gone;
  for r in select * from public.jobs where due <= now() loop
    delete from public.jobs where id = r.id;
  end loop;
  execute format('analyze %I', mine);
  for r in execute 'select ' || mine loop null; end loop;
  return query execute 'select 1';
  return query select a from public.answers;
end
"""


def test_changes_of_a_block() -> None:
    found = body_of(BODY, "plpgsql")
    assert found.understood
    assert sorted((change.verb, str(change.table)) for change in found.changes) == [
        ("delete", "public.jobs"),
        ("delete", "public.notes"),
        ("insert", "public.log"),
        ("update", "public.orders"),
    ]
    insert = next(change for change in found.changes if change.verb == "insert")
    assert [label for label, _ in insert.values] == ["what", "who"]
    assert len(insert.conditions) == 1  # that of the statement that it stands in
    for change in found.changes:
        assert BODY.encode()[change.at.start : change.at.end].decode().split()[0] in ("update", "with", "insert", "delete")


def test_tests_assignments_and_computed_text_of_a_block() -> None:
    found = body_of(BODY, "plpgsql")
    assert [test.leaves for test in found.tests] == [True, True]
    assert [each.name for each in found.assigned] == ["me", "mine", "r"]
    assert [BODY[each.at.start : each.at.end].split(maxsplit=1)[0] for each in found.computed] == ["execute", "execute", "return"]


def test_readings_of_a_block() -> None:
    found = body_of(BODY, "plpgsql")
    told = [(tuple(str(source.name) for source in each.query.sources), each.into, each.answers) for each in found.readings]
    assert told == [
        (("public.roles",), ("mine",), False),
        ((), (), False),
        (("public.jobs",), ("r",), False),
        (("public.answers",), (), True),
    ]


def test_statements_of_an_sql_function() -> None:
    found = body_of("delete from auth.users where id = $1; select * from notes", "sql")
    assert [(change.verb, change.table) for change in found.changes] == [("delete", Name("auth", "users"))]
    assert [(each.query.sources[0].name, each.answers) for each in found.readings] == [(Name(None, "notes"), True)]


def test_nothing_is_known_of_other_languages() -> None:
    assert body_of("plv8.execute('drop table x')", "plv8").understood is False


@given(st.integers(0, len(BODY)), st.integers(0, 40), st.text(max_size=12), st.sampled_from(["sql", "plpgsql"]))
def test_truncated_and_garbled_bodies_never_raise(start: int, length: int, noise: str, language: str) -> None:
    body_of(BODY[:start] + noise + BODY[start + length :], language)
