/** The item in the status bar: whether batten looks, and how much it has found. */

import * as vscode from "vscode";
import type { Standing } from "./client";
import { SECTION } from "./settings";

export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("batten.status", vscode.StatusBarAlignment.Left, -10);
  private standing: Standing = { kind: "starting" };
  private readonly listening: vscode.Disposable;

  constructor() {
    this.item.name = "batten";
    this.item.command = "batten.showOutput";
    this.listening = vscode.languages.onDidChangeDiagnostics(() => this.draw());
    this.draw();
  }

  tell(standing: Standing): void {
    this.standing = standing;
    this.draw();
  }

  dispose(): void {
    this.listening.dispose();
    this.item.dispose();
  }

  private draw(): void {
    const standing = this.standing;
    this.item.backgroundColor = undefined;
    switch (standing.kind) {
      case "off":
        this.item.hide();
        return;
      case "starting":
        this.item.text = "$(sync~spin) batten";
        this.item.tooltip = "batten is starting";
        break;
      case "failed":
        this.item.text = "$(error) batten";
        this.item.tooltip = `batten: ${standing.problem}`;
        this.item.backgroundColor = new vscode.ThemeColor("statusBarItem.errorBackground");
        break;
      case "running": {
        const found = count();
        this.item.text = found === 0 ? "$(shield) batten" : `$(shield) batten ${found}`;
        this.item.tooltip = found === 0 ? "batten: no findings" : `batten: ${found} ${found === 1 ? "finding" : "findings"}`;
      }
    }
    this.item.show();
  }
}

function count(): number {
  return vscode.languages.getDiagnostics().reduce((sum, [, found]) => sum + found.filter((each) => each.source === SECTION).length, 0);
}
