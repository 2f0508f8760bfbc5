"""Headers that are compared with what only the server can make."""

import pytest
from own_rules import RULES

from batten.scan import scan_files

CODE = """import { createClient } from "https://esm.sh/@supabase/supabase-js@2";
const SECRET = Deno.env.get("SIGNING_SECRET") ?? "";
const db = createClient(Deno.env.get("SUPABASE_URL")!, Deno.env.get("SUPABASE_SERVICE_ROLE_KEY")!);
async function mac(body: string): Promise<string> {
  const enc = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", enc.encode(SECRET), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return hex(await crypto.subtle.sign("HMAC", key, enc.encode(body)));
}
async function digest(body: string): Promise<string> {
  return hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body)));
}
const signed = async (body: string) => mac(body.trim());
const hex = (bytes: ArrayBuffer) => [...new Uint8Array(bytes)].map((b) => b.toString(16)).join("");
function same(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let left = 0;
  for (let i = 0; i < a.length; i++) left |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return left === 0;
}
const known = (a: string, b: string) => b.startsWith(a);
Deno.serve(async (req) => {
  const raw = await req.text();
  const given = req.headers.get("x-signature") || "";
  %s
  await db.from("orders").update({ status: "paid" }).eq("id", JSON.parse(raw).id);
  return new Response("ok");
});
"""
NO = "return new Response('no', { status: 401 });"


@pytest.mark.parametrize(
    ("test", "auth"),
    [
        (f"if (given !== await mac(raw)) {NO}", "signed"),
        (f"const expected = await mac(raw); if (!same(given, expected)) {NO}", "signed"),
        (f"const expected = await signed(raw); if (!same(given, expected)) {NO}", "signed"),
        (f"if (!same(given, SECRET)) {NO}", "secret"),
        # what anybody makes of what they send
        (f"if (given !== await digest(raw)) {NO}", "presence"),
        (f"if (!same(given, raw)) {NO}", "presence"),
        # it is made, and looked for by itself
        (f"if (!given) {NO} const expected = await mac(raw); if (!expected) {NO}", None),
        # no comparison of the whole
        (f"if (!known(given, SECRET)) {NO}", "presence"),
    ],
)
def test_headers(test: str, auth: str | None) -> None:
    files = {"supabase/functions/paid/index.ts": (CODE % test).encode(), "supabase/config.toml": b'project_id = "x"\n'}
    assert [route.auth for route in scan_files(files, RULES).project.routes] == [auth]
