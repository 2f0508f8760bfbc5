"use strict";
// Works on the data beside it. Text of the app is only ever set as text.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const words = JSON.parse(document.getElementById("words").textContent);
  const routes = new Map(data.routes.map((route) => [route.id, route]));
  const rows = new Map([...document.querySelectorAll("tr[data-id]")].map((row) => [row.dataset.id, row]));
  const OPEN = ["unauthenticated", "presence", "session", "optional"];
  const MOST = 120; // more boxes than this nobody can read; the table has them all
  const $ = (id) => document.getElementById(id);
  let chosen = null;
  let cy = null;

  const make = (tag, text, name) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (name) made.className = name;
    return made;
  };
  const where = (place) => (place ? `${place.path}:${place.start.line}` : "");

  // --- filters ---

  const fits = (route) => {
    const risks = [...document.querySelectorAll("#filters input[name=risk]:checked")].map((box) => box.value);
    if (!risks.includes(route.risk)) return false;
    const status = $("status").value;
    if (status === "open" && !OPEN.includes(route.status)) return false;
    if (status === "unsure" && route.status !== null) return false;
    if (status === "guarded" && (route.status === null || OPEN.includes(route.status))) return false;
    const kind = $("effect").value;
    if (kind && !route.acts.some((act) => act.kind === kind)) return false;
    const box = $("package");
    if (box && box.value !== "*" && route.package !== box.value) return false;
    const text = $("search").value.trim().toLowerCase();
    if (!text) return true;
    const inside = [route.title, route.place.path, ...route.guards.map((each) => each.name), ...route.touched.map((each) => each.name)];
    return inside.some((each) => each.toLowerCase().includes(text));
  };

  const filter = () => {
    const shown = data.routes.filter(fits);
    const ids = new Set(shown.map((route) => route.id));
    for (const [id, row] of rows) row.hidden = routes.has(id) && !ids.has(id);
    $("count").textContent = `${shown.length} of ${data.routes.length} routes`;
    draw(shown);
  };

  // --- the graph ---

  const named = (text, most = 44) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

  const elements = (shown) => {
    const drawn = shown.slice(0, MOST);
    $("cut").hidden = drawn.length === shown.length;
    const ids = new Set(drawn.map((route) => route.id));
    const nodes = new Map();
    const add = (id, kind, label, extra = {}) => nodes.set(id, { data: { id, label: named(label), ...extra }, classes: [kind, extra.risk, extra.open ? "exposed" : ""].join(" ") });
    for (const route of drawn) add(route.id, "route", route.title, { risk: route.risk });
    const known = {
      table: new Map(data.tables.map((each) => [each.id, each])),
      key: new Map(data.keys.map((each) => [each.id, each])),
      module: new Map(data.modules.map((each) => [each.id, each])),
    };
    const everything = drawn.length === data.routes.length;
    const leads = (link) => ids.has(link.source) || ids.has(link.target) || (everything && !routes.has(link.source) && !routes.has(link.target));
    const ends = (link) => {
      for (const id of [link.source, link.target]) {
        if (nodes.has(id)) continue;
        if (routes.has(id)) return false;
        if (known.table.has(id)) add(id, "table", known.table.get(id).name, { open: known.table.get(id).open });
        else if (known.key.has(id)) add(id, "key", known.key.get(id).name, { open: known.key.get(id).browser === true && known.key.get(id).kind !== "public" });
        else if (known.module.has(id)) add(id, "module", known.module.get(id).path.split("/").slice(-2).join("/"));
        else if (id.startsWith("service:")) add(id, "service", id.slice(8));
        else return false;
      }
      return true;
    };
    const edges = new Map();
    for (const link of data.links) {
      if (!leads(link) || !ends(link)) continue;
      const id = `${link.source}\n${link.target}`;
      const edge = edges.get(id) || { data: { id, source: link.source, target: link.target, label: "" }, classes: "" };
      const verb = { read: "reads", write: "writes", delete: "deletes" }[link.kind];
      if (verb && !edge.data.label.includes(verb)) edge.data.label = edge.data.label ? `${edge.data.label}, ${verb}` : verb;
      if (link.open === true) edge.classes = "exposed";
      edges.set(id, edge);
    }
    for (const table of data.tables) if (everything && table.open && !nodes.has(table.id)) add(table.id, "table", table.name, { open: true });
    return [...nodes.values(), ...edges.values()];
  };

  const WIDTHS = { route: 250, table: 170, key: 180, module: 210, service: 150 };
  const kindOf = (node) => Object.keys(WIDTHS).find((kind) => node.hasClass(kind));

  // Within its column, dagre stands a node where lines cross least; routes are read from the top, so there the riskiest stand.
  const order = (graph) => {
    const columns = new Map();
    cy.nodes(".route").forEach((node) => {
      const x = graph.node(node.id()).x;
      columns.set(x, [...(columns.get(x) || []), node.id()]);
    });
    const rank = new Map(data.routes.map((route, number) => [route.id, number]));
    for (const ids of columns.values()) {
      const heights = ids.map((id) => graph.node(id).y).sort((a, b) => a - b);
      ids.sort((a, b) => rank.get(a) - rank.get(b)).forEach((id, number) => { graph.node(id).y = heights[number]; });
    }
  };

  const place = () => {
    const graph = new dagre.graphlib.Graph();
    graph.setGraph({ rankdir: "LR", nodesep: 14, ranksep: 90, marginx: 20, marginy: 20 });
    graph.setDefaultEdgeLabel(() => ({}));
    cy.nodes().forEach((node) => graph.setNode(node.id(), { width: WIDTHS[kindOf(node)], height: 34 }));
    cy.edges().forEach((edge) => graph.setEdge(edge.data("source"), edge.data("target")));
    dagre.layout(graph);
    order(graph);
    cy.nodes().positions((node) => ({ x: graph.node(node.id()).x, y: graph.node(node.id()).y }));
    // As wide as the picture, as long as that can be read; the riskiest routes are on top then.
    const box = cy.elements().boundingBox();
    const zoom = Math.max(0.55, Math.min(1.1, (cy.width() - 30) / box.w));
    cy.viewport({ zoom, pan: { x: 15 - box.x1 * zoom, y: 15 - box.y1 * zoom } });
  };

  const looks = () => {
    const value = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    const looked = [
      {
        selector: "node",
        style: {
          label: "data(label)", "font-size": 12, "font-family": "system-ui, sans-serif", color: value("ink"), height: 34, "text-valign": "center",
          "text-wrap": "ellipsis", "text-max-width": 230, "background-color": value("ground"), "border-width": 1, "border-color": value("faint"),
        },
      },
      { selector: "edge", style: { width: 1.2, "line-color": value("line"), "target-arrow-color": value("line"), "target-arrow-shape": "triangle", "curve-style": "straight", "source-endpoint": "90deg", "target-endpoint": "270deg", "font-size": 10, color: value("faint"), "arrow-scale": 0.8 } },
      { selector: "edge.exposed", style: { width: 1.8, "line-color": value("high"), "target-arrow-color": value("high") } },
      { selector: "node.exposed", style: { "border-width": 3, "border-color": value("high") } },
      { selector: ".route", style: { shape: "round-rectangle", width: WIDTHS.route } },
      { selector: ".table", style: { shape: "barrel", width: WIDTHS.table } },
      { selector: ".module", style: { shape: "rectangle", width: WIDTHS.module, "border-style": "dashed" } },
      { selector: ".key", style: { shape: "tag", width: WIDTHS.key } },
      { selector: ".service", style: { shape: "hexagon", width: WIDTHS.service } },
      { selector: ".aside", style: { opacity: 0.3 } },
      { selector: "edge.near", style: { label: "data(label)", width: 2.4, "text-background-color": value("panel"), "text-background-opacity": 0.9, "text-background-padding": 2 } },
      { selector: "node.chosen", style: { "border-width": 4, "border-color": value("accent") } },
    ];
    for (const risk of ["critical", "high", "medium", "low", "none"]) {
      looked.splice(5, 0, { selector: `.route.${risk}`, style: { "background-color": value(`${risk}-fill`), "border-color": value(risk) } });
    }
    return looked;
  };

  const draw = (shown) => {
    if (cy) cy.destroy();
    cy = cytoscape({ container: $("graph"), elements: elements(shown), style: looks(), layout: { name: "preset" }, minZoom: 0.05, maxZoom: 2.5, autounselectify: true });
    place();
    cy.on("tap", "node", (event) => choose(event.target.id()));
    cy.on("tap", (event) => event.target === cy && choose(null));
    light();
  };

  const light = () => {
    cy.elements().removeClass("aside near chosen");
    const node = chosen === null ? cy.collection() : cy.getElementById(chosen);
    if (!node.length) return;
    const near = node.closedNeighborhood().union(node.successors()).union(node.incomers());
    cy.elements().not(near).addClass("aside");
    near.edges().addClass("near");
    node.addClass("chosen");
  };

  // --- one thing in full ---

  const list = (title, items, build) => {
    if (!items.length) return;
    const detail = $("detail");
    detail.append(make("h3", title));
    const made = make("ul");
    for (const item of items) {
      const entry = make("li");
      build(entry, item);
      made.append(entry);
    }
    detail.append(made);
  };
  const link = (id, text) => {
    const made = make("button", text, "row");
    made.type = "button";
    made.addEventListener("click", () => choose(id));
    return made;
  };
  const standing = (value) => ({ true: ["keeps strangers out", "shut"], false: ["does not count", "open"], null: ["can't tell", "unsure"] })[String(value)];

  const tellRoute = (route) => {
    const detail = $("detail");
    detail.append(make("span", route.risk, `risk ${route.risk}`), make("h2", route.title, "code"));
    detail.append(make("p", `${words.statuses[route.status] || words.untold}: ${route.reason}${route.intended ? " (made for strangers)" : ""}`));
    detail.append(make("p", `${where(route.place)} · ${route.framework}${route.package ? ` · ${route.package}` : ""}`, "faint code"));
    list("Findings", route.findings, (entry, each) => entry.append(make("span", each.severity, `risk ${each.severity === "info" ? "low" : each.severity}`), ` ${each.rule}: ${each.message}`));
    const dull = route.guards.filter((each) => each.counts === false && words.dull.includes(each.why));
    const told = route.guards.filter((each) => !dull.includes(each));
    if (dull.length) told.push({ name: [...new Set(dull.map((each) => each.name))].join(", "), counts: false, why: "nothing there asks who calls", place: null });
    list("Guards seen", told, (entry, each) => {
      const [text, name] = standing(each.counts);
      entry.append(make("code", each.name), " ", make("span", text, name), `: ${each.why} `, make("small", where(each.place)));
    });
    list("What it does", route.acts, (entry, each) => {
      entry.append(make("span", each.text, each.open === true ? "open" : each.open === null ? "unsure" : ""));
      const steps = make("ul");
      for (const step of each.trail) {
        const line = make("li");
        line.append(`${step.note} `, make("small", where(step.place)));
        steps.append(line);
      }
      entry.append(steps);
    });
    list("Data", route.touched, (entry, each) => {
      entry.append(link(each.table || `table:${route.package}:${each.name}`, each.name), `: ${each.verbs.join(", ")}${each.sensitivity ? ` (${each.sensitivity})` : ""}`);
    });
    detail.append(make("p", `batten explain '${route.id}'`, "faint code"));
  };

  const tellOther = (id) => {
    const detail = $("detail");
    const table = data.tables.find((each) => each.id === id);
    const key = data.keys.find((each) => each.id === id);
    const module = data.modules.find((each) => each.id === id);
    detail.append(make("h2", (table || key || {}).name || (module || {}).path || id.replace("service:", ""), "code"));
    if (table) {
      if (table.sensitivity) detail.append(make("p", `holds private data (${table.sensitivity}${table.columns.length ? `: ${table.columns.join(", ")}` : ""})`));
      if (table.strangers === null) detail.append(make("p", "only reached through the app, as far as the source tells"));
      else detail.append(make("p", `strangers, round the app: ${table.strangers}`, table.open ? "open" : ""), make("p", `the signed-in, round the app: ${table.users}`));
    }
    if (key) detail.append(make("p", `${key.written ? "stands in the source" : "comes from outside"}${key.browser ? ", and browsers get it" : ""}`));
    if (module) detail.append(make("p", module.side ? `runs on: ${module.side}` : "where it runs can't be told"));
    const place = (table || key || {}).place;
    if (place) detail.append(make("p", where(place), "faint code"));
    const linked = data.links.filter((each) => each.target === id || each.source === id);
    list("Routes", [...new Set(linked.map((each) => (each.target === id ? each.source : each.target)))].filter((each) => routes.has(each)), (entry, each) => {
      entry.append(make("span", routes.get(each).risk, `risk ${routes.get(each).risk}`), " ", link(each, routes.get(each).title));
    });
    list("Files", [...new Set(linked.map((each) => each.source))].filter((each) => each.startsWith("module:") && each !== id), (entry, each) => entry.append(make("code", each.slice(7))));
  };

  const choose = (id) => {
    if (chosen !== null && rows.has(chosen)) rows.get(chosen).classList.remove("chosen");
    chosen = id;
    const detail = $("detail");
    detail.replaceChildren();
    if (id === null) detail.append(make("p", "Choose a route, a table or anything else in the picture, or a row of the table.", "faint"));
    else if (routes.has(id)) tellRoute(routes.get(id));
    else tellOther(id);
    if (id !== null && rows.has(id)) rows.get(id).classList.add("chosen");
    light();
  };

  // --- start ---

  const theme = (name) => {
    document.documentElement.dataset.theme = name;
    $("theme").textContent = name === "dark" ? "Light" : "Dark";
    $("theme").setAttribute("aria-label", `Change to ${name === "dark" ? "light" : "dark"} colours`);
    if (cy) cy.style(looks());
  };
  theme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  $("theme").addEventListener("click", () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
  addEventListener("beforeprint", () => { document.documentElement.dataset.theme = "light"; });
  for (const each of document.querySelectorAll("#filters input, #filters select")) each.addEventListener("input", filter);
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  for (const [id, row] of rows) row.querySelector(".row").addEventListener("click", () => { choose(id); $("detail").scrollTop = 0; $("picture").scrollIntoView({ block: "nearest" }); });
  $("filters").hidden = false;
  $("picture").hidden = false;
  filter();
  choose(null);
})();
