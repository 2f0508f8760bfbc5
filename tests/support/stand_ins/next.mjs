// Serves the handlers and server actions of a Next app (argv: its folder, the folder that has esbuild), on a port that it prints.
// Bundled by esbuild; what the app imports of others is stood in for: a database in memory, a session that a cookie names, a model that says hello.
import { AsyncLocalStorage } from "node:async_hooks";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, modules] = process.argv.slice(2);
const { build } = createRequire(`${modules}/package.json`)("esbuild");
globalThis.asked = new AsyncLocalStorage();

const PACKAGES = {
  "next/server": "export class NextResponse extends Response { static json(body, init) { return Response.json(body, init) } }",
  "next/headers": "export const headers = async () => asked.getStore().headers",
  "next/cache": "export const revalidatePath = () => {}",
  "next-auth": `export default () => ({ handlers: {}, auth: async () => {
    const email = /session=(\\S+)/.exec(asked.getStore().headers.get("cookie") ?? "")?.[1];
    return email ? { user: { email } } : null;
  } })`,
  "next-auth/providers/github": "export default {}",
  "@auth/prisma-adapter": "export const PrismaAdapter = () => ({})",
  "@prisma/client": `const projects = new Map([["1", { id: "1", name: "Fence", archived: false, owner: "ana@invoicely.invalid" }], ["2", { id: "2", name: "Roof", owner: "ana@invoicely.invalid" }]]);
  const found = ({ id, owner }) => {
    const row = projects.get(id);
    if (!row || (owner && owner.email !== row.owner)) throw new Error("No record was found");
    return row;
  };
  export class PrismaClient {
    project = {
      create: async ({ data }) => ({ id: "9", ...data }),
      update: async ({ where, data }) => Object.assign(found(where), data),
      delete: async ({ where }) => projects.delete(found(where).id),
    };
    customer = { findMany: async () => [{ id: "c1", name: "Bo", email: "bo@invoicely.invalid" }] };
  }`,
  "@supabase/supabase-js": `export const createClient = (address, key) => {
    if (!key) throw new Error("supabaseKey is required.");
    return { storage: { from: (bucket) => ({ createSignedUrl: async (path) => ({ data: { signedUrl: address + "/" + bucket + "/" + path } }) }) }, from() {} };
  }`,
  "@ai-sdk/openai": "export const openai = (name) => name",
  ai: `export const streamText = ({ model, messages }) => ({ toDataStreamResponse: () => new Response(model + " says hello to " + messages.length) })`,
  zod: `const text = { min: () => text, optional: () => text };
  export const z = { string: () => text, number: () => text, object: () => ({ safeParse: (data) => ({ success: true, data }) }) }`,
  stripe: `export default class { webhooks = { constructEvent() { throw new Error("no signature") } } }`,
};
const standIns = {
  name: "stand-ins",
  setup(made) {
    made.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === "entry-point" || path.startsWith("@/") ? null : { path, namespace: "stand-in", external: false },
    );
    made.onLoad({ filter: /.*/, namespace: "stand-in" }, ({ path }) => {
      if (!(path in PACKAGES)) throw new Error(`no stand-in for ${path}`);
      return { contents: PACKAGES[path], loader: "js" };
    });
  },
};

const files = readdirSync(folder, { recursive: true }).map((file) => file.split(sep).join("/"));
const entryPoints = files.filter((file) => /^app\/(?:.*\/)?(?:route|actions)\.ts$/.test(file)).map((file) => join(folder, file));
const outdir = mkdtempSync(join(tmpdir(), "next-"));
await build({ entryPoints, outdir, outbase: folder, bundle: true, splitting: true, format: "esm", platform: "node", outExtension: { ".js": ".mjs" }, tsconfig: join(folder, "tsconfig.json"), plugins: [standIns], logLevel: "error" });

const routes = [];
const actions = {};
for (const entry of entryPoints) {
  const file = relative(folder, entry).split(sep).join("/");
  const module = await import(pathToFileURL(resolve(outdir, file.replace(/\.ts$/, ".mjs"))));
  if (file.endsWith("/actions.ts")) Object.assign(actions, module);
  else {
    const pattern = file.replace(/^app|\/route\.ts$/g, "").replace(/\[\.{3}(\w+)\]/g, "(?<$1>.+)").replace(/\[(\w+)\]/g, "(?<$1>[^/]+)");
    routes.push({ pattern: new RegExp(`^${pattern}$`), module, weight: pattern.includes("(") ? 1 : 0 });
  }
}
routes.sort((one, other) => one.weight - other.weight);

async function answer(request) {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith("/@action/")) {
    // How Next calls an action is its own affair; that anyone can, is not. One that throws is answered with 500.
    try {
      return Response.json((await actions[pathname.slice("/@action/".length)](...(await request.json()))) ?? null);
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  }
  for (const { pattern, module } of routes) {
    const match = pattern.exec(pathname);
    if (match) return module[request.method](request, { params: Promise.resolve({ ...match.groups }) });
  }
  return new Response(null, { status: 404 });
}

const server = createServer(async (incoming, outgoing) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = chunks.length ? Buffer.concat(chunks) : undefined;
  const request = new Request(`http://127.0.0.1${incoming.url}`, { method: incoming.method, headers: incoming.headers, body });
  const response = await asked.run(request, () => answer(request)).catch((error) => new Response(error.message, { status: 500 }));
  outgoing.writeHead(response.status).end(Buffer.from(await response.arrayBuffer()));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
