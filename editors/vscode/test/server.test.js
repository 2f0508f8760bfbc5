"use strict";
// The packaged extension and the real `batten server`, which BATTEN names: findings, a fix over files, trust, and the end.

const assert = require("node:assert/strict");
const { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { test } = require("node:test");
const vscode = require("vscode");
const extension = require("../dist/extension.js");

const { editor, fire } = vscode.stub;
const MIGRATION = "supabase/migrations/20250101000000_notes.sql";
const SECONDS = 60;

async function until(what, found) {
  for (let left = SECONDS * 20; left > 0; left -= 1) {
    const value = found();
    if (value) return value;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`${what}: not within ${SECONDS} s. ${JSON.stringify([editor.said, editor.errors, editor.items.map((item) => item.tooltip)])}`);
}

/** An open document of an editor. */
function document(path, languageId) {
  const text = readFileSync(path, "utf8");
  const uri = vscode.Uri.file(path);
  return {
    uri, languageId, version: 1, fileName: path, isUntitled: false, isDirty: false, isClosed: false, eol: 1,
    lineCount: text.split("\n").length, getText: () => text,
  };
}

test("findings are shown and mended with the real server", { skip: !process.env.BATTEN && "BATTEN names no command", timeout: 240_000 }, async () => {
  const place = realpathSync(mkdtempSync(join(tmpdir(), "batten-vscode-")));
  const folder = join(place, "shop");
  mkdirSync(join(folder, "supabase", "migrations"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"name": "shop", "dependencies": {"@supabase/supabase-js": "2"}}\n');
  writeFileSync(join(folder, MIGRATION), "create table public.notes (id uuid primary key, email text);\n");
  editor.reset();
  editor.machine["batten.path"] = process.env.BATTEN;
  vscode.workspace.workspaceFolders = [{ uri: vscode.Uri.file(folder), name: "shop", index: 0 }];
  const context = { subscriptions: [] };
  try {
    await extension.activate(context);
    const opened = document(join(folder, MIGRATION), "sql");
    vscode.workspace.textDocuments.push(opened);
    vscode.window.visibleTextEditors.push({ document: opened });
    vscode.window.activeTextEditor = { document: opened };
    fire("onDidOpenTextDocument", opened);
    fire("onDidChangeActiveTextEditor", vscode.window.activeTextEditor);

    const uri = opened.uri.toString();
    const [found] = await until("a finding", () => editor.diagnostics.get(uri)?.length && editor.diagnostics.get(uri));
    assert.equal(found.source, "batten");
    assert.equal(typeof found.code === "object" ? found.code.value : found.code, "table-without-rls");
    assert.equal(found.severity, vscode.DiagnosticSeverity.Error);
    assert.match(found.message, /^Table 'public\.notes' /);
    assert.deepEqual([found.range.start.line, found.range.start.character], [0, 0]);
    await until("the count", () => editor.items[0].text === "$(shield) batten 1");

    const [provider] = await until("code actions", () => editor.codeActions.length && editor.codeActions);
    const source = new vscode.CancellationTokenSource();
    const offered = await provider.provideCodeActions(opened, found.range, { diagnostics: [found], only: undefined, triggerKind: 1 }, source.token);
    const fix = offered.find((action) => action.title.startsWith("Fix: "));
    const mended = await provider.resolveCodeAction(fix, source.token);
    const [made, edited] = mended.edit.done;
    assert.match(made.create, /\/supabase\/migrations\/\d{14}_enable_row_level_security\.sql$/);
    assert.equal(edited.edit, made.create);
    assert.match(edited.text, /^alter table "public"\."notes" enable row level security;/);

    // Written by the editor, it is told of by the watcher, and the finding goes.
    writeFileSync(vscode.Uri.parse(made.create).fsPath, edited.text);
    const watcher = await until("a watcher", () => editor.watchers.at(-1));
    watcher.made.fire(vscode.Uri.parse(made.create));
    await until("no finding", () => (editor.diagnostics.get(uri) ?? []).length === 0);
    await until("no count", () => editor.items[0].text === "$(shield) batten");

    // A pack of the workspace is read where the workspace is trusted, and is not where it is not.
    const pack = join(folder, "rules", "acme");
    mkdirSync(pack, { recursive: true });
    writeFileSync(join(pack, "pack.yml"), "name: nonsense\n");
    writeFileSync(join(folder, "batten.toml"), 'rulepacks = ["rules/acme"]\n');
    await editor.commands.get("batten.restart")();
    await until("the broken pack is said", () => editor.said.some((text) => text.includes("pack")));
    const said = editor.said.length;
    vscode.workspace.isTrusted = false;
    await editor.commands.get("batten.restart")();
    await until("the count without packs", () => editor.items[0].text === "$(shield) batten");
    writeFileSync(vscode.Uri.parse(made.create).fsPath, "select 1;\n");
    editor.watchers.at(-1).changed.fire(vscode.Uri.parse(made.create));
    await until("the finding again", () => (editor.diagnostics.get(uri) ?? []).length === 1);
    assert.equal(editor.said.length, said);

    await extension.deactivate();
    await until("nothing is left", () => editor.diagnostics.size === 0 || (editor.diagnostics.get(uri) ?? []).length === 0);
  } finally {
    await extension.deactivate();
    for (const each of context.subscriptions) each.dispose();
    rmSync(place, { recursive: true, force: true });
  }
});
