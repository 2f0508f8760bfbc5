// Bundles the entries of one app with esbuild and prints which files of the tree went in, as JSON.
// Called by browser_reach.py with one JSON argument file: {root, entries, split, cut, workspaces, alias, modules}.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";
import { stripper } from "../tests/support/bundler/strip.mjs";

const request = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const load = createRequire(path.join(request.modules, "x.js"));
const esbuild = load("esbuild");
const { withoutServerExports } = stripper(load);

const SCRIPT = /\.(?:[cm]?[jt]sx?|svelte|vue|json)$/;
const split = new Set(request.split.map((file) => path.join(request.root, file)));

function isCut(file, text) {
  if (request.serverNames && new RegExp(request.serverNames).test(file)) return true;
  return /^(?:\s|\/\/[^\n]*\n|\/\*[^]*?\*\/)*["']use server["']/.test(text) || /^\s*import\s*["']server-only["']/m.test(text);
}

const SOURCES = [".ts", ".tsx", ".js", ".jsx", ".mjs", "/index.ts", "/index.tsx", "/index.js"];
function source(base) {
  if (fs.existsSync(base) && fs.statSync(base).isFile()) return base;
  return SOURCES.map((end) => base + end).find((file) => fs.existsSync(file));
}

// Packages of the same repository are linked, not installed; where they name a built file its source is taken.
function workspace(specifier) {
  const names = Object.keys(request.workspaces).filter((name) => specifier === name || specifier.startsWith(name + "/"));
  if (names.length === 0) return undefined;
  const name = names.sort((a, b) => b.length - a.length)[0];
  const folder = path.join(request.root, request.workspaces[name]);
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
  const rest = specifier.slice(name.length + 1);
  const targets = [];
  const collect = (value) => (typeof value === "string" ? targets.push(value) : value && Object.values(value).forEach(collect));
  const table = typeof manifest.exports === "object" && manifest.exports ? manifest.exports : {};
  for (const [key, value] of Object.entries(table)) {
    const [head, tail] = key.split("*");
    const subpath = rest ? "./" + rest : ".";
    if (key === subpath) collect(value);
    else if (tail !== undefined && subpath.startsWith(head) && subpath.endsWith(tail)) {
      const at = targets.length;
      collect(value);
      for (let i = at; i < targets.length; i++) targets[i] = targets[i].replace("*", subpath.slice(head.length, subpath.length - tail.length));
    }
  }
  if (typeof manifest.exports === "string" && !rest) targets.push(manifest.exports);
  if (!rest) targets.push(...[manifest.source, manifest.module, manifest.main, manifest.types, "index", "src/index"].filter(Boolean));
  else targets.push(rest, "src/" + rest);
  for (const target of targets) {
    const built = target.replace(/^\.\//, "").replace(/^(?:dist|build|lib)\//, "").replace(/(?:\.d\.ts|\.[cm]?js)$/, "");
    const found = source(path.join(folder, target)) ?? source(path.join(folder, "src", built)) ?? source(path.join(folder, built));
    if (found && !found.endsWith(".d.ts")) return found;
  }
}

// One round of esbuild for each layer of the graph: imports are resolved, noted and left out, so that a missing export far away stops nothing.
const seen = new Set(request.entries.map((file) => path.join(request.root, file)));
let layer = [...seen];
let next = [];
const errors = [];

function note(found) {
  if (found && SCRIPT.test(found) && !found.includes("/node_modules/") && !seen.has(found)) {
    seen.add(found);
    next.push(found);
  }
}

const plugin = {
  name: "tree",
  setup(build) {
    build.onResolve({ filter: /.*/ }, async (given) => {
      if (given.kind === "entry-point" || given.pluginData?.seen) return undefined;
      note(await target(build, given));
      return { path: given.path, external: true };
    });
    build.onLoad({ filter: /.*/ }, async ({ path: file }) => {
      const text = fs.readFileSync(file, "utf8");
      if (!SCRIPT.test(file) || file.endsWith(".json") || isCut(file, text)) return { contents: "", loader: "js" };
      if (file.endsWith(".svelte") || file.endsWith(".vue")) {
        const scripts = [...text.matchAll(/<script\b([^>]*)>([^]*?)<\/script>/g)].map((one) => one[2]).join("\n");
        const made = await esbuild.transform(scripts, { loader: "ts", tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } } });
        return { contents: made.code, loader: "js" };
      }
      // Workers and the like, which Vite and webpack bundle too.
      for (const [, asset] of text.matchAll(/new URL\(\s*["'](\.[^"']+)["'],\s*import\.meta\.url\s*\)/g)) note(source(path.join(path.dirname(file), asset)));
      const loader = /\.[cm]?ts$/.test(file) ? "ts" : "tsx";
      return { contents: split.has(file) ? withoutServerExports(text, file) : text, loader };
    });
  },
};

async function target(build, given) {
  const specifier = given.path.replace(/\?.*$/, "");
  for (const [prefix, folder] of Object.entries(request.alias)) {
    if (specifier === prefix || specifier.startsWith(prefix + "/")) {
      const found = source(path.join(request.root, folder, specifier.slice(prefix.length)));
      if (found) return found;
    }
  }
  const linked = workspace(specifier);
  if (linked) return linked;
  const found = await build.resolve(specifier, { kind: given.kind, importer: given.importer, resolveDir: given.resolveDir, pluginData: { seen: true } });
  return found.errors.length > 0 || found.external ? undefined : found.path;
}

while (layer.length > 0) {
  next = [];
  const result = await esbuild
    .build({ entryPoints: layer.map((file, number) => ({ in: file, out: String(number) })), absWorkingDir: request.root, bundle: true, write: false, outdir: path.join(request.modules, "out"), format: "esm", platform: "browser", logLevel: "silent", plugins: [plugin] })
    .catch((failure) => failure);
  errors.push(...(result.errors ?? []).slice(0, 10).map((one) => `${one.location?.file ?? ""}: ${one.text}`));
  layer = next;
}
console.log(JSON.stringify({ inputs: [...seen].map((file) => path.relative(request.root, file)), errors }));
