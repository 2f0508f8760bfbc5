/** What the user has set, and what follows from it; knows nothing of the server. */

import * as vscode from "vscode";
import { findExecutable } from "./executable";

export const SECTION = "batten";

export function isEnabled(): boolean {
  return vscode.workspace.getConfiguration(SECTION).get("enable", true);
}

export function opensInBrowser(): boolean {
  return vscode.workspace.getConfiguration(SECTION).get<string>("attackSurface") === "browser";
}

/** The folders of this window that are on this machine. */
export function folders(): readonly string[] {
  return (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file").map((folder) => folder.uri.fsPath);
}

/** The command, or why there is none. */
export function executable(): { command: string } | { problem: string } {
  // Of the machine alone, also where an editor does not know of scopes: what a workspace says never counts.
  const said = vscode.workspace.getConfiguration(SECTION).inspect<string>("path");
  return findExecutable({
    configured: (said?.globalValue ?? said?.defaultValue ?? "").trim(),
    path: process.env["PATH"] ?? "",
    windows: process.platform === "win32",
    forbidden: vscode.workspace.isTrusted ? [] : folders(),
  });
}

/** What commands are told where nobody has said yet that the workspace is trusted. */
export function trustArguments(): readonly string[] {
  return vscode.workspace.isTrusted ? [] : ["--own-rules"];
}
