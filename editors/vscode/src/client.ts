/** The connection to `batten server`: starts it, starts it again, ends it, one thing after the other. */

import { execFile } from "node:child_process";
import { homedir } from "node:os";
import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, RevealOutputChannelOn, type ServerOptions, State } from "vscode-languageclient/node";
import { executable, isEnabled, SECTION, trustArguments } from "./settings";

export type Standing = { kind: "off" } | { kind: "starting" } | { kind: "running" } | { kind: "failed"; problem: string };

/** The library ends a client that did not start, by itself, and leaves what that throws to nobody. */
class Client extends LanguageClient {
  override async stop(timeout?: number): Promise<void> {
    try {
      await super.stop(timeout);
    } catch (error) {
      this.outputChannel.appendLine(`the server did not end as it should: ${String(error)}`);
    }
  }
}

export class Connection implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private queue: Promise<void> = Promise.resolve();
  private readonly changed = new vscode.EventEmitter<Standing>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly output: vscode.LogOutputChannel) {}

  /** Start with the settings as they are now; what ran before is ended first. */
  restart(): Promise<void> {
    return this.next(async () => {
      await this.end();
      if (isEnabled()) await this.begin();
      else this.changed.fire({ kind: "off" });
    });
  }

  stop(): Promise<void> {
    return this.next(() => this.end());
  }

  dispose(): void {
    void this.stop();
    this.changed.dispose();
  }

  private next(work: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(work, work);
    return this.queue;
  }

  private async begin(): Promise<void> {
    const found = executable();
    if ("problem" in found) {
      this.fail(found.problem);
      return;
    }
    this.changed.fire({ kind: "starting" });
    if (!(await isBatten(found.command))) {
      this.fail(`${found.command} does not answer as batten does`);
      return;
    }
    const run = { command: found.command, args: ["server", ...trustArguments()], options: { cwd: homedir() } };
    const server: ServerOptions = { run, debug: run };
    const options: LanguageClientOptions = {
      // Keys may stand in any text, so no language is left out.
      documentSelector: [{ scheme: "file" }],
      outputChannel: this.output,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      diagnosticCollectionName: SECTION,
      // What went wrong is told once, with what to do about it.
      initializationFailedHandler: () => false,
    };
    const client = new Client(SECTION, "batten", server, options);
    this.client = client;
    client.onDidChangeState((change) => {
      if (client !== this.client) return;
      if (change.newState === State.Running) this.changed.fire({ kind: "running" });
      else if (change.newState === State.Stopped) this.changed.fire({ kind: "failed", problem: "the server has stopped" });
    });
    try {
      await client.start();
    } catch (error) {
      this.fail(`the server does not start: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private async end(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    try {
      await client?.dispose();
    } catch (error) {
      this.output.warn(`the server did not end as it should: ${String(error)}`);
    }
  }

  private fail(problem: string): void {
    this.output.error(problem);
    this.changed.fire({ kind: "failed", problem });
  }
}

function isBatten(command: string): Promise<boolean> {
  return new Promise((done) => {
    execFile(command, ["--version"], { cwd: homedir(), timeout: 10_000, windowsHide: true }, (error, said) => {
      done(error === null && /^batten \d/.test(said));
    });
  });
}
