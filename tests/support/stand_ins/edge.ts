// Serves Supabase edge functions (args: their folder, the names that the gateway asks for no token), on a port that it prints.
// The gateway's check of the token is real; the database, the sign-in's list of accounts and paid services are stood in for.
const [folder, ...open] = Deno.args;
const SECRET = Deno.env.get("JWT_SECRET")!;
const handlers = new Map<string, (request: Request) => Response | Promise<Response>>();

const bytes = (text: string) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
async function claims(header: string | null): Promise<Record<string, string> | null> {
  const [head, body, signature] = (header ?? "").replace("Bearer ", "").split(".");
  if (!signature) return null;
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(SECRET), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const signed = await crypto.subtle.verify("HMAC", key, bytes(signature), new TextEncoder().encode(`${head}.${body}`));
  return signed ? JSON.parse(new TextDecoder().decode(bytes(body))) : null;
}
Object.assign(globalThis, { claims, deleted: [] });

const real = globalThis.fetch;
globalThis.fetch = (input: RequestInfo | URL, init?: RequestInit) => {
  const address = String(input instanceof Request ? input.url : input);
  if (address.startsWith("https://api.openai.com/")) return Promise.resolve(new Response(`data: ${JSON.parse(String(init?.body)).messages.length} messages\n\n`));
  return address.startsWith("file:") ? real(input, init) : Promise.reject(new Error(`nobody answers for ${address}`));
};
const serve = Deno.serve;
let current = "";
Object.defineProperty(Deno, "serve", { value: (handler: (request: Request) => Response) => void handlers.set(current, handler) });
for (const entry of [...Deno.readDirSync(folder)].filter((each) => each.isDirectory && !each.name.startsWith("_"))) {
  current = entry.name;
  await import(`file://${folder}/${entry.name}/index.ts`);
}

serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => console.log(port) }, async (request) => {
  const name = new URL(request.url).pathname.split("/").pop()!;
  const handler = handlers.get(name);
  if (!handler) return new Response(null, { status: 404 });
  if (!open.includes(name) && (await claims(request.headers.get("Authorization"))) === null) return Response.json({ msg: "Invalid JWT" }, { status: 401 });
  try {
    return await handler(request);
  } catch (error) {
    return new Response(String(error), { status: 500 });
  }
});
