"use strict";
// What the extension and its language client see of an editor. What a test looks at is real; of the rest every class and every call exists and
// does nothing, so that a new version of the client finds what it asks for.

class Disposable {
  constructor(work) { this.work = work; }
  static from(...all) { return new Disposable(() => all.forEach((each) => each.dispose())); }
  dispose() { this.work?.(); this.work = undefined; }
}

class EventEmitter {
  constructor() {
    this.heard = new Set();
    this.event = (call, self, disposables) => {
      const bound = self === undefined ? call : call.bind(self);
      this.heard.add(bound);
      const end = new Disposable(() => this.heard.delete(bound));
      disposables?.push(end);
      return end;
    };
  }
  fire(value) { for (const call of [...this.heard]) call(value); }
  dispose() { this.heard.clear(); }
}

class Uri {
  constructor(scheme, authority, path, query, fragment) { Object.assign(this, { scheme, authority, path, query, fragment }); }
  static parse(text) {
    const found = new URL(text);
    return new Uri(found.protocol.slice(0, -1), found.host, decodeURIComponent(found.pathname), found.search.slice(1), found.hash.slice(1));
  }
  static file(path) { return new Uri("file", "", path, "", ""); }
  get fsPath() { return this.path; }
  with(change) { return Object.assign(new Uri(this.scheme, this.authority, this.path, this.query, this.fragment), change); }
  toString() { return `${this.scheme}://${this.authority}${this.path.split("/").map(encodeURIComponent).join("/")}`; }
  toJSON() { return this.toString(); }
}

class Position {
  constructor(line, character) { Object.assign(this, { line, character }); }
}
class Range {
  constructor(start, end, line, character) {
    [this.start, this.end] = start instanceof Position ? [start, end] : [new Position(start, end), new Position(line, character)];
  }
  get isEmpty() { return this.start.line === this.end.line && this.start.character === this.end.character; }
}
class Diagnostic {
  constructor(range, message, severity) { Object.assign(this, { range, message, severity }); }
}
class Location {
  constructor(uri, range) { Object.assign(this, { uri, range }); }
}
class DiagnosticRelatedInformation {
  constructor(location, message) { Object.assign(this, { location, message }); }
}
class CodeAction {
  constructor(title, kind) { Object.assign(this, { title, kind }); }
}
class CodeActionKind {
  constructor(value) { this.value = value; }
  append(part) { return new CodeActionKind(this.value === "" ? part : `${this.value}.${part}`); }
  contains(other) { return other.value === this.value || other.value.startsWith(`${this.value}.`); }
}
for (const [name, value] of Object.entries({
  Empty: "", QuickFix: "quickfix", Refactor: "refactor", RefactorExtract: "refactor.extract", RefactorInline: "refactor.inline",
  RefactorRewrite: "refactor.rewrite", RefactorMove: "refactor.move", Source: "source", SourceOrganizeImports: "source.organizeImports",
  SourceFixAll: "source.fixAll", Notebook: "notebook",
})) CodeActionKind[name] = new CodeActionKind(value);

class WorkspaceEdit {
  constructor() { this.done = []; }
  createFile(uri, options, metadata) { this.done.push({ create: uri.toString(), metadata }); }
  set(uri, edits) {
    for (const each of edits) {
      const [edit, metadata] = Array.isArray(each) ? each : [each, undefined];
      this.done.push({ edit: uri.toString(), text: edit.newText, metadata });
    }
  }
  replace(uri, range, text, metadata) { this.done.push({ edit: uri.toString(), text, metadata }); }
  insert(uri, at, text, metadata) { this.done.push({ edit: uri.toString(), text, metadata }); }
}
class TextEdit {
  constructor(range, newText) { Object.assign(this, { range, newText }); }
}

class CancellationTokenSource {
  constructor() {
    const cancelled = new EventEmitter();
    this.token = { isCancellationRequested: false, onCancellationRequested: cancelled.event };
    this.cancel = () => { this.token.isCancellationRequested = true; cancelled.fire(); };
  }
  dispose() {}
}
class CancellationError extends Error {}
class ThemeColor {
  constructor(id) { this.id = id; }
}

/** What a test sets and what it finds. */
const editor = {
  settings: {}, machine: {}, choice: undefined, picked: undefined,
  said: [], opened: [], panels: [], items: [], ran: [], errors: [], watchers: [],
  commands: new Map(), diagnostics: new Map(), codeActions: [],
  reset() {
    for (const name of ["said", "opened", "panels", "items", "ran", "errors", "codeActions"]) this[name].length = 0;
    this.commands.clear(); this.diagnostics.clear();
    Object.assign(this, { settings: {}, machine: {}, choice: undefined, picked: undefined });
    workspace.isTrusted = true; workspace.workspaceFolders = undefined; workspace.textDocuments = [];
  },
};

const events = new Map();
/** Emitters by the names of events: `fire("onDidOpenTextDocument", document)`. */
function emitter(name) {
  if (!events.has(name)) events.set(name, new EventEmitter());
  return events.get(name);
}

/** An object whose missing events are there, and whose missing calls do nothing. */
function namespace(own) {
  return new Proxy(own, {
    get(target, name) {
      if (name in target || typeof name === "symbol" || name === "then") return target[name];
      if (/^on(Did|Will)/.test(name)) return emitter(name).event;
      return () => new Disposable();
    },
  });
}

const workspace = namespace({
  isTrusted: true,
  workspaceFolders: undefined,
  textDocuments: [],
  notebookDocuments: [],
  getConfiguration(section) {
    const full = (name) => (section ? `${section}.${name}` : name);
    return {
      get: (name, otherwise) => editor.settings[full(name)] ?? editor.machine[full(name)] ?? otherwise,
      inspect: (name) => ({ key: full(name), globalValue: editor.machine[full(name)], workspaceValue: editor.settings[full(name)] }),
      has: (name) => full(name) in editor.settings,
      update: async () => {},
    };
  },
  getWorkspaceFolder: (uri) => workspace.workspaceFolders?.find((folder) => uri.path.startsWith(`${folder.uri.path}/`)),
  createFileSystemWatcher: (pattern) => {
    const [made, changed, gone] = [new EventEmitter(), new EventEmitter(), new EventEmitter()];
    const watcher = { pattern, made, changed, gone, onDidCreate: made.event, onDidChange: changed.event, onDidDelete: gone.event, dispose() {} };
    editor.watchers.push(watcher);
    return watcher;
  },
  applyEdit: async () => true,
});

const window = namespace({
  visibleTextEditors: [],
  activeTextEditor: undefined,
  tabGroups: namespace({ all: [], activeTabGroup: undefined }),
  createOutputChannel: (name) => namespace({ name, logLevel: 0, error: (text) => editor.errors.push(text), show: () => editor.ran.push("show output") }),
  createStatusBarItem(id) {
    const item = { id, shown: false, show() { this.shown = true; }, hide() { this.shown = false; }, dispose() {} };
    editor.items.push(item);
    return item;
  },
  createWebviewPanel(type, title, column, options) {
    const gone = new EventEmitter();
    const panel = { type, title, options, webview: { html: "" }, onDidDispose: gone.event, reveal() {}, dispose: () => gone.fire() };
    editor.panels.push(panel);
    return panel;
  },
  showErrorMessage: async (text, ...choices) => { editor.said.push(text); return choices.find((each) => each === editor.choice); },
  showInformationMessage: async (text) => { editor.said.push(text); },
  showWarningMessage: async (text) => { editor.said.push(text); },
  showQuickPick: async (every) => every.find((each) => each === editor.picked),
  withProgress: (_, work) => work({ report() {} }, new CancellationTokenSource().token),
});

const languages = namespace({
  match: () => 10,
  getDiagnostics: () => [...editor.diagnostics].map(([uri, found]) => [Uri.parse(uri), found]),
  createDiagnosticCollection(name) {
    const tell = () => emitter("onDidChangeDiagnostics").fire({ uris: [] });
    return {
      name,
      set(uri, found) { editor.diagnostics.set(uri.toString(), found ?? []); tell(); },
      delete(uri) { editor.diagnostics.delete(uri.toString()); tell(); },
      clear() { editor.diagnostics.clear(); tell(); },
      has: (uri) => editor.diagnostics.has(uri.toString()),
      get: (uri) => editor.diagnostics.get(uri.toString()),
      forEach() {},
      dispose() { this.clear(); },
    };
  },
  registerCodeActionsProvider(selector, provider) { editor.codeActions.push(provider); return new Disposable(); },
});

const commands = namespace({
  registerCommand(name, work) { editor.commands.set(name, work); return new Disposable(() => editor.commands.delete(name)); },
  async executeCommand(name, ...words) { editor.ran.push(name); return editor.commands.get(name)?.(...words); },
});

const own = {
  Disposable, EventEmitter, Uri, Position, Range, Location, Diagnostic, DiagnosticRelatedInformation, CodeAction, CodeActionKind, WorkspaceEdit, TextEdit, CancellationTokenSource,
  CancellationError, ThemeColor, workspace, window, languages, commands,
  env: namespace({ openExternal: async (uri) => { editor.opened.push(uri.toString()); return true; }, language: "en", appName: "stub" }),
  extensions: namespace({ all: [] }),
  version: "1.91.0",
  DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
  DiagnosticTag: { Unnecessary: 1, Deprecated: 2 },
  CodeActionTriggerKind: { Invoke: 1, Automatic: 2 },
  ProgressLocation: { SourceControl: 1, Window: 10, Notification: 15 },
  StatusBarAlignment: { Left: 1, Right: 2 },
  ViewColumn: { Active: -1 },
  LogLevel: { Off: 0, Trace: 1, Debug: 2, Info: 3, Warning: 4, Error: 5 },
};

/** For tests alone: no editor has these. */
Object.defineProperty(own, "stub", { value: { editor, fire: (name, value) => emitter(name).fire(value) }, enumerable: false });

const empty = new Map();
module.exports = new Proxy(own, {
  get(target, name) {
    if (name in target || typeof name === "symbol") return target[name];
    // Compiled modules take it as it is, and do not copy what it seems to have.
    if (name === "__esModule") return true;
    // A class that nothing is asked of, with members for those that are enumerations.
    if (!empty.has(name)) empty.set(name, new Proxy(class {}, { get: (inner, member) => (member in inner ? inner[member] : 0) }));
    return empty.get(name);
  },
});
