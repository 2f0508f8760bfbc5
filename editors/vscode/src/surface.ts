/** "Show the attack surface": has `batten map` draw its page, and opens it. */

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { executable, folders, opensInBrowser, trustArguments } from "./settings";

const MILLISECONDS = 300_000;

export class AttackSurface implements vscode.Disposable {
  private readonly drafts: string[] = [];
  private panel: vscode.WebviewPanel | undefined;

  constructor(private readonly output: vscode.LogOutputChannel) {}

  async show(): Promise<void> {
    const folder = await pick();
    if (folder === undefined) return;
    const found = executable();
    if ("problem" in found) {
      void vscode.window.showErrorMessage(`batten: ${found.problem}`);
      return;
    }
    const place = await mkdtemp(join(tmpdir(), "batten-map-"));
    this.drafts.push(place);
    const page = join(place, "attack-surface.html");
    try {
      await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: "batten draws the attack surface", cancellable: true },
        (_, token) => run(found.command, ["map", ...trustArguments(), "--no-progress", "--output-format", `html=${page}`, "--", folder], token),
      );
      if (opensInBrowser()) await vscode.env.openExternal(vscode.Uri.file(page));
      else this.display(await readFile(page, "utf8"));
    } catch (error) {
      if (error instanceof vscode.CancellationError) return;
      const said = error instanceof Error ? error.message : String(error);
      this.output.error(said);
      void vscode.window.showErrorMessage(`batten could not draw the attack surface: ${said.split("\n", 1)[0] ?? ""}`);
    }
  }

  dispose(): void {
    this.panel?.dispose();
    for (const place of this.drafts) void rm(place, { recursive: true, force: true });
  }

  /** The page allows its own scripts alone, by their hashes; it asks nothing of the editor and loads nothing. */
  private display(page: string): void {
    if (this.panel === undefined) {
      this.panel = vscode.window.createWebviewPanel("batten.attackSurface", "Attack surface", vscode.ViewColumn.Active, {
        enableScripts: true,
        enableCommandUris: false,
        enableForms: false,
        localResourceRoots: [],
        retainContextWhenHidden: true,
      });
      this.panel.onDidDispose(() => (this.panel = undefined));
    }
    this.panel.webview.html = page;
    this.panel.reveal();
  }
}

async function pick(): Promise<string | undefined> {
  const every = folders();
  if (every.length === 0) {
    void vscode.window.showInformationMessage("batten: open the folder of an app first");
    return undefined;
  }
  return every.length === 1 ? every[0] : vscode.window.showQuickPick([...every], { placeHolder: "Of which folder?" });
}

function run(command: string, words: readonly string[], token: vscode.CancellationToken): Promise<void> {
  return new Promise((done, failed) => {
    const process = execFile(command, [...words], { cwd: homedir(), timeout: MILLISECONDS, windowsHide: true }, (error, _, told) => {
      if (token.isCancellationRequested) failed(new vscode.CancellationError());
      else if (error !== null) failed(new Error(told.trim() || error.message));
      else done();
    });
    token.onCancellationRequested(() => process.kill());
  });
}
