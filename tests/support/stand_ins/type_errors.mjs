// What TypeScript says of each folder (argv: the folder that has TypeScript, then apps), as `tsc --noEmit` with their own settings: JSON, a list of messages for each.
import { createRequire } from "node:module";
import { join, relative } from "node:path";

const [modules, packages, ...folders] = process.argv.slice(2);
const ts = createRequire(`${modules}/package.json`)("typescript");
const known = new Map(); // TypeScript's own declarations are the same for all

function said(folder) {
  const settings = ts.readConfigFile(join(folder, "tsconfig.json"), ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(settings.config, ts.sys, folder);
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile;
  host.getSourceFile = (name, ...rest) => {
    if (!name.startsWith(modules)) return read(name, ...rest);
    if (!known.has(name)) known.set(name, read(name, ...rest));
    return known.get(name);
  };
  const program = ts.createProgram([...fileNames, packages], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => `${file ? relative(folder, file.fileName) : ""}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`);
}
process.stdout.write(JSON.stringify(folders.map(said)));
