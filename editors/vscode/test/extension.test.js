"use strict";
// The extension as it is packaged, in an editor of which only what matters is there.

const assert = require("node:assert/strict");
const { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { delimiter, join } = require("node:path");
const { afterEach, beforeEach, test } = require("node:test");
const vscode = require("vscode");
const extension = require("../dist/extension.js");

const { editor, fire } = vscode.stub;
const PATH = process.env.PATH;
let place;
let context;

beforeEach(() => {
  editor.reset();
  place = mkdtempSync(join(tmpdir(), "batten-vscode-"));
  context = { subscriptions: [] };
});

afterEach(async () => {
  await extension.deactivate();
  for (const each of context.subscriptions) each.dispose();
  process.env.PATH = PATH;
  rmSync(place, { recursive: true, force: true });
});

/** A program that notes its arguments, and does what a command of batten does as far as a test needs it. */
function program(folder, script = 'echo "$@" >> "$(dirname "$0")/ran"') {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "batten"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "batten"), 0o755);
  return join(folder, "batten");
}

const PAGE = 'for word in "$@"; do case "$word" in html=*) echo "<p>a page" > "${word#html=}";; esac; done; echo "$@" > "$(dirname "$0")/ran"';

function open(...names) {
  const folders = names.map((name) => join(place, name));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  vscode.workspace.workspaceFolders = folders.map((folder, index) => ({ uri: vscode.Uri.file(folder), name: names[index], index }));
  return folders;
}

async function status() {
  await new Promise((done) => setTimeout(done, 20));
  const [item] = editor.items;
  return item.shown ? [item.text, item.tooltip] : [];
}

test("without the command it says what to do, once", async () => {
  process.env.PATH = place;
  editor.choice = "Settings";
  await extension.activate(context);
  assert.deepEqual(await status(), ["$(error) batten", "batten: batten is not installed, or not on the PATH"]);
  await editor.commands.get("batten.restart")();
  assert.deepEqual(editor.said, ['batten: batten is not installed, or not on the PATH. To install it: pip install "batten[lsp]"']);
  assert.deepEqual(editor.ran, ["workbench.action.openSettings"]);
});

test("switched off it starts nothing and shows nothing", async () => {
  const command = program(join(place, "bin"));
  process.env.PATH = join(place, "bin");
  editor.settings["batten.enable"] = false;
  await extension.activate(context);
  assert.deepEqual([await status(), editor.said, existsSync(`${command}/../ran`)], [[], [], false]);
});

test("what a workspace says about the program does not count", async () => {
  const bad = program(join(place, "shop"));
  open("shop");
  process.env.PATH = "";
  editor.settings["batten.path"] = bad;
  await extension.activate(context);
  assert.equal((await status())[1], "batten: batten is not installed, or not on the PATH");
  assert.equal(existsSync(join(place, "shop", "ran")), false);
});

for (const [what, set] of [
  ["is relative", () => "bin/batten"],
  ["is not there", () => join(place, "absent")],
  ["is a folder", () => place],
]) {
  test(`a program of the settings that ${what} is said`, async () => {
    editor.machine["batten.path"] = set();
    await extension.activate(context);
    assert.match((await status())[1], /^batten: the setting batten\.path /);
  });
}

test("in a workspace that is not trusted none of its programs runs, and batten brings its own rules alone", async () => {
  const [shop] = open("shop");
  program(join(shop, ".venv", "bin"));
  program(join(place, "link-target"));
  symlinkSync(join(shop, ".venv", "bin"), join(place, "link"));
  const good = program(join(place, "good"), PAGE);
  process.env.PATH = ["", ".", join(shop, ".venv", "bin"), join(place, "link"), join(place, "good"), "/usr/bin", "/bin"].join(delimiter);
  vscode.workspace.isTrusted = false;
  editor.settings["batten.enable"] = false;
  await extension.activate(context);
  await editor.commands.get("batten.showAttackSurface")();
  assert.match(readFileSync(join(good, "..", "ran"), "utf8"), /^map --own-rules --no-progress --output-format html=\S+ -- \S+\/shop\n$/);
  assert.equal(existsSync(join(shop, ".venv", "bin", "ran")), false);

  editor.machine["batten.path"] = join(shop, ".venv", "bin", "batten");
  await editor.commands.get("batten.showAttackSurface")();
  assert.deepEqual(editor.said, ["batten: the setting batten.path names a program of this workspace, which is not trusted"]);
  assert.equal(existsSync(join(shop, ".venv", "bin", "ran")), false);
});

test("the attack surface opens beside the code, in a view that may do nothing but run the scripts of the page", async () => {
  open("shop");
  editor.machine["batten.path"] = program(join(place, "bin"), PAGE);
  editor.settings["batten.enable"] = false;
  await extension.activate(context);
  await editor.commands.get("batten.showAttackSurface")();
  await editor.commands.get("batten.showAttackSurface")();
  assert.equal(editor.panels.length, 1);
  assert.equal(editor.panels[0].webview.html, "<p>a page\n");
  assert.deepEqual(editor.panels[0].options, {
    enableScripts: true, enableCommandUris: false, enableForms: false, localResourceRoots: [], retainContextWhenHidden: true,
  });
  editor.panels[0].dispose();
  await editor.commands.get("batten.showAttackSurface")();
  assert.equal(editor.panels.length, 2);
});

test("the attack surface opens in the browser where the settings say so, and its file goes with the window", async () => {
  open("shop");
  editor.machine["batten.path"] = program(join(place, "bin"), PAGE);
  Object.assign(editor.settings, { "batten.enable": false, "batten.attackSurface": "browser" });
  await extension.activate(context);
  await editor.commands.get("batten.showAttackSurface")();
  const [page] = editor.opened.map((uri) => vscode.Uri.parse(uri).fsPath);
  assert.equal(readFileSync(page, "utf8"), "<p>a page\n");
  assert.deepEqual(editor.panels, []);
  for (const each of context.subscriptions.splice(0)) each.dispose();
  await new Promise((done) => setTimeout(done, 100));
  assert.equal(existsSync(page), false);
});

test("of several folders one is picked, and of none something is said", async () => {
  editor.machine["batten.path"] = program(join(place, "bin"), PAGE);
  editor.settings["batten.enable"] = false;
  await extension.activate(context);
  await editor.commands.get("batten.showAttackSurface")();
  assert.deepEqual(editor.said, ["batten: open the folder of an app first"]);
  const [, site] = open("shop", "site");
  await editor.commands.get("batten.showAttackSurface")();
  assert.equal(existsSync(join(place, "bin", "ran")), false);
  editor.picked = site;
  await editor.commands.get("batten.showAttackSurface")();
  assert.match(readFileSync(join(place, "bin", "ran"), "utf8"), /\/site\n$/);
});

test("a map that fails is said with the first line of what the command says", async () => {
  open("shop");
  editor.machine["batten.path"] = program(join(place, "bin"), 'echo "error: no such rule" >&2; echo "  help: x" >&2; exit 2');
  editor.settings["batten.enable"] = false;
  await extension.activate(context);
  await editor.commands.get("batten.showAttackSurface")();
  assert.deepEqual(editor.said, ["batten could not draw the attack surface: error: no such rule"]);
  assert.deepEqual(editor.panels, []);
});

test("a program that is not batten is said, and a change of the settings starts anew", async () => {
  const other = program(join(place, "bin"), "echo another 1.0");
  editor.machine["batten.path"] = other;
  await extension.activate(context);
  assert.deepEqual(await status(), ["$(error) batten", `batten: ${other} does not answer as batten does`]);
  const missing = program(join(place, "bin2"), "exit 3");
  editor.machine["batten.path"] = missing;
  fire("onDidChangeConfiguration", { affectsConfiguration: (name) => name === "batten.path" });
  await editor.commands.get("batten.restart")();
  assert.deepEqual(await status(), ["$(error) batten", `batten: ${missing} does not answer as batten does`]);
  editor.settings["batten.enable"] = false;
  fire("onDidChangeConfiguration", { affectsConfiguration: (name) => name === "batten.enable" });
  await editor.commands.get("batten.restart")();
  assert.deepEqual(await status(), []);
});
