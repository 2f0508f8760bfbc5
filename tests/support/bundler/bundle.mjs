// Bundles small apps for the browser with esbuild, all in one process, and prints which of their files each bundle takes in.
// One JSON file is the argument: {modules, apps: [{root, client, server, split, functions, cut, alias}]}; the answer is a list of {inputs, error}.
//
// client: where the bundle starts. server: where a server starts that renders modules which say "use client"; these are starts, too.
// split: pattern of modules that lose their server exports. functions: take out server functions, too. cut: pattern of modules
// that a stub replaces. alias: folders by the names that a tool gives them without being told.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";
import { stripper } from "./strip.mjs";

const request = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const load = createRequire(path.join(request.modules, "x.js"));
const esbuild = load("esbuild");
const { withoutServerExports, withoutServerFunctions } = stripper(load);

const PAGE = /\.(?:html|vue|svelte|astro)$/;
const says = (directive, text) => new RegExp(`^(?:\\s|//[^\\n]*\\n|/\\*[^]*?\\*/)*["']${directive}["']`).test(text);
const serverOnly = (text) => says("use server", text) || /^\s*import\s*["'](?:server-only|@tanstack\/react-start\/server-only)["']/m.test(text);

function scripts(text) {
  return [...text.replace(/<!--[^]*?-->/g, "").matchAll(/<script\b(?![^>]*type="application\/json")([^>]*)>([^]*?)<\/script>/g)].map(([, attributes, body]) => ({ src: /\bsrc=["']([^"']+)["']/.exec(attributes)?.[1], body }));
}

// A page as the script that its tool makes of it.
function page(file, text, app) {
  const rooted = (source) => (source.startsWith("/") ? [path.dirname(file), app.root, path.join(app.root, "public")].map((folder) => path.join(folder, source)).find((found) => fs.existsSync(found)) ?? source : source.startsWith(".") ? source : `./${source}`);
  const lines = scripts(text).map(({ src, body }) => (src ? `import ${JSON.stringify(rooted(src))};` : body));
  if (/\.(?:vue|svelte)$/.test(file) && !lines.some((line) => line.includes("export default"))) lines.push("export default 1;");
  if (!file.endsWith(".astro")) return lines.join("\n");
  // Of an Astro page browsers get its scripts, and the components that a directive sends there.
  const [, head = "", body = ""] = /^---\n([^]*?)\n---\n([^]*)$/.exec(text) ?? [];
  for (const [statement, name] of head.matchAll(/^import (\w+) from .*$/gm)) if (new RegExp(`<${name}\\b[^>]*\\sclient:`).test(body)) lines.push(`${statement}\nconsole.log(${name});`);
  return lines.join("\n");
}

// import.meta.glob of one folder, as Vite does it.
function globbed(file, text) {
  return text.replace(/import\.meta\.glob\(\s*["'](\.[^"'*]*)\*(\.\w+)["']\s*\)/g, (_, folder, end) => {
    const found = fs.readdirSync(path.join(path.dirname(file), folder)).filter((name) => name.endsWith(end));
    return `[${found.map((name) => `() => import(${JSON.stringify(folder + name)})`).join(",")}]`;
  });
}

function plugin(app, met) {
  return {
    name: "framework",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, async (given) => {
        // What is not of the app is not installed; what comes from a framework is nobody's file.
        if (given.pluginData?.asked || given.kind === "entry-point") return undefined;
        const aliased = Object.entries(app.alias ?? {}).find(([name]) => given.path === name || given.path.startsWith(`${name}/`));
        const wanted = aliased ? path.join(app.root, aliased[1], given.path.slice(aliased[0].length)) : given.path;
        const found = await build.resolve(wanted, { kind: given.kind, importer: given.importer, resolveDir: given.resolveDir, pluginData: { asked: true } });
        return found.errors.length > 0 ? { path: given.path, external: true } : found;
      });
      build.onLoad({ filter: /\.(?:[cm]?[jt]sx?|html|vue|svelte|astro)$/ }, ({ path: file }) => {
        let text = fs.readFileSync(file, "utf8");
        const inner = path.relative(app.root, file);
        if (met) {
          if (says("use client", text)) {
            met.add(inner);
            return { contents: "", loader: "js" };
          }
        } else if (serverOnly(text) || (app.cut && new RegExp(app.cut).test(inner))) {
          stubs.add(inner);
          return { contents: "module.exports = {}", loader: "js" };
        }
        if (PAGE.test(file)) {
          // Templates use what scripts import.
          const kept = file.endsWith(".html") || file.endsWith(".astro") ? undefined : { compilerOptions: { verbatimModuleSyntax: true } };
          const contents = page(file, text, app);
          return { contents: kept ? esbuild.transformSync(contents, { loader: "ts", tsconfigRaw: kept }).code : contents, loader: kept ? "js" : "ts", resolveDir: path.dirname(file) };
        }
        text = globbed(file, text);
        if (!met) text = text.replaceAll("typeof window", '"object"');
        if (!met && app.split && new RegExp(app.split).test(inner)) text = withoutServerExports(text, file);
        if (!met && app.functions) text = withoutServerFunctions(text, file);
        return { contents: text, loader: /\.[cm]?ts$/.test(file) ? "ts" : "tsx", resolveDir: path.dirname(file) };
      });
    },
  };
}

let stubs = new Set();

async function inputs(app, entries, met) {
  if (entries.length === 0) return [];
  const result = await esbuild.build({
    entryPoints: entries.map((entry, number) => ({ in: path.join(app.root, entry), out: String(number) })),
    absWorkingDir: app.root,
    bundle: true,
    write: false,
    metafile: true,
    outdir: "out",
    format: "esm",
    platform: met ? "node" : "browser",
    define: met ? {} : { "import.meta.env.SSR": "false" },
    logLevel: "silent",
    plugins: [plugin(app, met)],
  });
  return Object.keys(result.metafile.inputs);
}

const answers = [];
for (const app of request.apps) {
  stubs = new Set();
  const met = new Set();
  try {
    await inputs(app, app.server ?? [], met);
    const found = await inputs(app, [...(app.client ?? []), ...met], undefined);
    answers.push({ inputs: found.filter((file) => !stubs.has(file)).sort() });
  } catch (error) {
    answers.push({ inputs: [], error: error.message });
  }
}
console.log(JSON.stringify(answers));
