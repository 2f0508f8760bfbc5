/** Where the batten command is; never one that the scanned folders bring along. */

import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join, relative, sep } from "node:path";

export interface Surroundings {
  /** What the settings of the machine say, "" where they say nothing. */
  readonly configured: string;
  readonly path: string;
  readonly windows: boolean;
  /** Folders whose files may not be run, as nobody has said yet that they are trusted. */
  readonly forbidden: readonly string[];
}

/** The absolute path of the command, or why there is none. */
export function findExecutable(around: Surroundings): { command: string } | { problem: string } {
  if (around.configured !== "") {
    if (!isAbsolute(around.configured)) return { problem: `the setting batten.path is not an absolute path: ${around.configured}` };
    if (!isRunnable(around.configured)) return { problem: `the setting batten.path names no program: ${around.configured}` };
    return isInside(around.configured, around.forbidden)
      ? { problem: "the setting batten.path names a program of this workspace, which is not trusted" }
      : { command: around.configured };
  }
  const names = around.windows ? ["batten.exe", "batten.cmd"] : ["batten"];
  for (const folder of around.path.split(delimiter)) {
    // An empty or relative entry means the folder that happens to be the current one.
    if (!isAbsolute(folder)) continue;
    for (const name of names) {
      const command = join(folder, name);
      if (isRunnable(command) && !isInside(command, around.forbidden)) return { command };
    }
  }
  return { problem: "batten is not installed, or not on the PATH" };
}

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isInside(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => [path, real(path)].some((each) => [folder, real(folder)].some((top) => contains(top, each))));
}

function contains(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
