"""Policies on files that ask how a file is called: that is nobody's secret and nobody's own."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

BUCKET = "insert into storage.buckets (id, name, public) values ('shop', 'shop', true);\ncreate policy see on storage.objects for select using (bucket_id = 'shop');\n"


def told(condition: str) -> list[str]:
    sql = f"{BUCKET}create policy p on storage.objects for delete to authenticated using (bucket_id = 'shop' and {condition});"
    files = {"supabase/migrations/20250101000000_a.sql": sql.encode()}
    return [finding.message for finding in scan_files(files, RULES).findings if finding.rule == "storage-open-to-writes"]


@pytest.mark.parametrize(
    ("condition", "which"),
    [
        ("(storage.foldername(name))[1] = 'reviews'", "every file of some names or folders"),
        ("(storage.foldername(storage.objects.name))[1] in ('reviews', 'brands')", "every file of some names or folders"),
        ("name like 'reviews/%'", "every file of some names or folders"),
        ("starts_with(lower(name), 'reviews/') and auth.role() = 'authenticated'", "every file of some names or folders"),
        ("storage.extension(name) = 'png'", "every file"),
    ],
)
def test_a_name_protects_nothing(condition: str, which: str) -> None:
    assert told(condition) == [f"anyone who signs up can delete {which} in `shop`, by the policy 'p'"]


@pytest.mark.parametrize(
    "condition",
    [
        "(storage.foldername(name))[1] = auth.uid()::text",
        "name like 'reviews/' || auth.uid() || '/%'",
        "name in (select path from public.pictures where user_id = auth.uid())",
        "(storage.foldername(name))[1] = 'reviews' and owner = auth.uid()",
        "public.may_touch(name)",
        "(storage.foldername(name))[1] = current_setting('request.jwt.claims', true)::json ->> 'sub'",
    ],
)
def test_whose_it_is_may_be_asked_beside_the_name(condition: str) -> None:
    assert told(condition) == []
