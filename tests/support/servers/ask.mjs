// Starts each app of a request (JSON: [{ framework, file }]), asks it three times, and prints how often its handler worked after each.
import { readFileSync } from "node:fs";
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
  async next(route, headers) {
    await route.POST(new Request("http://127.0.0.1/api/work", { method: "POST", headers }));
  },
};
process.on("uncaughtException", () => {});
process.on("unhandledRejection", () => {});
const found = [];
for (const { framework, file, marks } of apps) {
  const worked = [];
  const module = await import(pathToFileURL(file));
  const count = () => {
    try {
      return readFileSync(marks, "utf8").length;
    } catch {
      return 0;
    }
  };
  for (const headers of callers) {
    const before = count();
    await ask[framework](module.app ?? module, headers);
    worked.push(count() - before);
  }
  found.push(worked);
}
process.stdout.write(JSON.stringify(found));
process.exit(0);
