"""What the files of Supabase edge functions declare."""

import pytest

from batten.code.lower_javascript import lower
from batten.extract.summaries import summarise
from batten.extract.supabase_edge import extract, is_function_file
from batten.skim import skim

PATH = "supabase/functions/notify/index.ts"


def endpoints(source: str, path: str = PATH) -> list[tuple[str, str, str]]:
    data = source.encode()
    summary = summarise(lower(data, path), lambda name: False)
    found = extract(path, summary.functions, skim(path, data).exports).endpoints
    return [(one.path, one.handler, source[one.place.span.start : one.place.span.end]) for one in found]


@pytest.mark.parametrize(
    ("source", "handler"),
    [
        ("Deno.serve(async (req) => {})", "#@1"),
        ("Deno.serve({ port: 8000 }, async (req) => {})", "#@1"),
        ("Deno.serve({ handler: async (req) => {} })", "#@1"),
        ("Deno.serve(handler)\nasync function handler(req) {}", "#handler"),
        ("import { handler } from '../_shared/h.ts'\nDeno.serve(handler)", "../_shared/h.ts#handler"),
        ("import * as h from '../_shared/h.ts'\nDeno.serve(h.run)", "../_shared/h.ts#run"),
        ("import { serve } from 'https://deno.land/std@0.168.0/http/server.ts'\nserve(async (req) => {})", "#@1"),
        ("Deno.serve(withCors(async (req) => {}))", "#@1"),
        ("export default { fetch: async (req) => {} }", "#default.fetch"),
        ("export default async (req) => {}", "#default"),
    ],
)
def test_handlers(source: str, handler: str) -> None:
    assert [(path, name) for path, name, _ in endpoints(source)] == [("/functions/v1/notify", handler)]


def test_the_place_is_the_call() -> None:
    assert [text for _, _, text in endpoints("log()\nDeno.serve(async (req) => {})")] == ["Deno.serve(async (req) => {})"]


def test_a_file_that_serves_nothing() -> None:
    assert endpoints("export const x = 1") == []


@pytest.mark.parametrize("path", [PATH, "apps/web/supabase/functions/a-b/index.js", "supabase/functions/x/index.tsx"])
def test_function_files(path: str) -> None:
    assert is_function_file(path)


@pytest.mark.parametrize(
    "path", ["supabase/functions/_shared/index.ts", "supabase/functions/index.ts", "supabase/functions/a/util.ts", "functions/a/index.ts"]
)
def test_other_files(path: str) -> None:
    assert not is_function_file(path)
    assert endpoints("Deno.serve(async (req) => {})", path) == []
