"""What is counted of callers before they are asked who they are."""

import pytest
from own_rules import RULES

from batten.facts.routes import RouteAuth
from batten.scan import scan_files

HANDLER = """import { createClient } from "npm:@supabase/supabase-js@2";
import { limit } from "../_shared/limit.ts";
Deno.serve(async (req) => {
  const refused = await limit(req);
  if (refused) return refused;
  const db = createClient(Deno.env.get("SUPABASE_URL")!, Deno.env.get("SUPABASE_SERVICE_ROLE_KEY")!);
  const { data: { user } } = await db.auth.getUser(req.headers.get("Authorization")!.replace("Bearer ", ""));
  if (!user) return new Response("no", { status: 401 });
  await db.from("notes").insert({ owner: user.id });
  return new Response("ok");
});
"""
LIMIT = """import { createClient } from "npm:@supabase/supabase-js@2";
import OpenAI from "npm:openai@5";
export async function limit(req) {
  const db = createClient(Deno.env.get("SUPABASE_URL")!, Deno.env.get("SUPABASE_SERVICE_ROLE_KEY")!);
  const { count, error } = await db.from("calls").select("*", { count: "exact", head: true }).eq("ip", req.headers.get("x-real-ip"));
  if (error) return null;
  BODY
  await db.from("calls").insert({ ip: req.headers.get("x-real-ip") });
  return null;
}
"""
REFUSES = "if (count > 5) return new Response('slow', { status: 429 });"


@pytest.mark.parametrize(
    ("body", "auth"),
    [
        (REFUSES, RouteAuth.AUTHENTICATED),
        ("", RouteAuth.UNAUTHENTICATED),
        (REFUSES.replace("429", "403"), RouteAuth.UNAUTHENTICATED),
        (
            f"{REFUSES} if (req.method === 'GET') return new Response(JSON.stringify(await db.from('notes').select()));",
            RouteAuth.UNAUTHENTICATED,
        ),
        (f"{REFUSES} await new OpenAI().responses.create({{ model: 'm', input: await req.text() }});", RouteAuth.UNAUTHENTICATED),
    ],
    ids=["counts", "refuses nobody", "refuses for more", "gives rows", "asks a model"],
)
def test_what_is_counted_before_the_guard_is_nobodys_data(body: str, auth: RouteAuth) -> None:
    files = {"supabase/functions/add/index.ts": HANDLER, "supabase/functions/_shared/limit.ts": LIMIT.replace("BODY", body)}
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES)
    assert [route.auth for route in found.project.routes] == [auth]
