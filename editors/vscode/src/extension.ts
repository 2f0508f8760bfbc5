/** What the editor calls: puts the parts together, and tells the user what to do where batten is not there. */

import * as vscode from "vscode";
import { Connection } from "./client";
import { SECTION } from "./settings";
import { Status } from "./status";
import { AttackSurface } from "./surface";

let connection: Connection | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("batten", { log: true });
  const status = new Status();
  const surface = new AttackSurface(output);
  const running = new Connection(output);
  connection = running;
  let told = "";
  running.onDidChange((standing) => {
    status.tell(standing);
    if (standing.kind === "failed" && standing.problem !== told) {
      told = standing.problem;
      void offerHelp(standing.problem);
    } else if (standing.kind === "running") told = "";
  });
  context.subscriptions.push(
    output,
    status,
    surface,
    running,
    vscode.commands.registerCommand("batten.restart", () => running.restart()),
    vscode.commands.registerCommand("batten.showAttackSurface", () => surface.show()),
    vscode.commands.registerCommand("batten.showOutput", () => output.show()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(`${SECTION}.path`) || change.affectsConfiguration(`${SECTION}.enable`)) void running.restart();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void running.restart()),
  );
  await running.restart();
}

export async function deactivate(): Promise<void> {
  await connection?.stop();
}

async function offerHelp(problem: string): Promise<void> {
  const choice = await vscode.window.showErrorMessage(`batten: ${problem}. To install it: pip install "batten[lsp]"`, "Settings", "Output");
  if (choice === "Settings") await vscode.commands.executeCommand("workbench.action.openSettings", "batten.path");
  else if (choice === "Output") await vscode.commands.executeCommand("batten.showOutput");
}
