// Starts each app of a request (JSON: [{ framework, file }]), asks it three times, and prints how often its handler worked after each.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";

const { modules, apps } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const require = createRequire(pathToFileURL(`${modules}/package.json`));
const token = require("jsonwebtoken").sign({ sub: "1" }, process.env.JWT_SECRET);
const forged = require("jsonwebtoken").sign({ sub: "1" }, "a-secret-of-somebody-else-altogether");
const callers = [
  {},
  { authorization: `Bearer ${forged}`, "x-key": "nonsense" },
  { authorization: `Bearer ${token}`, "x-key": process.env.API_KEY ?? "undefined" },
];
const ask = {
  async koa(app, headers) {
    app.silent = true;
    await ask.express(app, headers);
  },
  async express(app, headers) {
    const server = app.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    await fetch(`http://127.0.0.1:${server.address().port}/api/work`, { method: "POST", headers }).then((answer) => answer.text());
    await new Promise((resolve) => setTimeout(resolve, 5)); // what goes on after the answer
    server.close();
    server.closeAllConnections();
  },
  async fastify(app, headers) {
    await app.inject({ method: "POST", url: "/api/work", headers });
  },
  async hono(app, headers) {
    await app.request("/api/work", { method: "POST", headers });
  },
  async node(app, headers) {
    await ask.express(app, headers);
  },
  async workers(handler, headers) {
    await handler.fetch(new Request("http://127.0.0.1/api/work", { method: "POST", headers }), process.env);
  },
  async ws(app, headers) {
    await listening(app, async (port) => {
      const socket = new (require("ws"))(`ws://127.0.0.1:${port}/`, { headers });
      await new Promise((resolve) => {
        socket.once("open", () => socket.send("work"));
        for (const event of ["message", "close", "error"]) socket.once(event, resolve);
      });
      socket.terminate();
    });
  },
  async "socket.io"(app, headers) {
    await listening(app, async (port) => {
      const socket = require("socket.io-client").io(`http://127.0.0.1:${port}`, {
        auth: { token: headers.authorization },
        extraHeaders: headers,
        reconnection: false,
        transports: ["websocket"],
      });
      await new Promise((resolve) => {
        socket.once("connect", () => socket.emit("work", {}, resolve));
        for (const event of ["connect_error", "disconnect"]) socket.once(event, resolve);
      });
      socket.disconnect();
    });
  },
  async graphql(app, headers) {
    const body = JSON.stringify({ query: "mutation { work }" });
    await app.fetch("http://127.0.0.1/graphql", { method: "POST", body, headers: { ...headers, "content-type": "application/json" } });
  },
  async trpc(app, headers) {
    await app.fetch(new Request("http://127.0.0.1/api/work", { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: "{}" }));
  },
  async next(route, headers) {
    await route.POST(new Request("http://127.0.0.1/api/work", { method: "POST", headers }));
  },
};
for (const framework of ["nest", "routing-controllers", "inversify", "awilix"]) ask[framework] = ask.express;
// Decorators are TypeScript's own: Node runs what is made of them.
const runnable = (file) => {
  if (!file.endsWith(".ts")) return file;
  const settings = { loader: "ts", format: "esm", tsconfigRaw: { compilerOptions: { experimentalDecorators: true } } };
  writeFileSync(`${file}.mjs`, require("esbuild").transformSync(readFileSync(file, "utf8"), settings).code);
  return `${file}.mjs`;
};
async function listening(app, use) {
  app.listen(0, "127.0.0.1");
  await new Promise((resolve) => app.once("listening", resolve));
  await use(app.address().port);
  app.closeAllConnections();
  await new Promise((resolve) => app.close(resolve));
}
process.on("uncaughtException", () => {});
process.on("unhandledRejection", () => {});
// What frameworks write of themselves is no answer.
const answer = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);
const found = [];
for (const { framework, file, marks } of apps) {
  const worked = [];
  const module = await import(pathToFileURL(runnable(file)));
  const count = () => {
    try {
      return readFileSync(marks, "utf8").length;
    } catch {
      return 0;
    }
  };
  for (const headers of callers) {
    const before = count();
    await ask[framework](module.app ?? module.default ?? module, headers);
    worked.push(count() - before);
  }
  found.push(worked);
}
answer(JSON.stringify(found));
process.exit(0);
