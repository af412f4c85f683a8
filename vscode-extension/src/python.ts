/** The active Python environment, as the Python extension knows it. */

import * as vscode from "vscode";

const ID = "ms-python.python";
/** What takes longer is not waited for: the server is then found without it. */
const LONGEST_MS = 4000;

interface PythonApi {
  environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    onDidChangeActiveEnvironmentPath?: vscode.Event<unknown>;
  };
}

/** Return the interpreter, or the folder, of the active environment; nothing where there is none or nobody knows. */
export async function activePython(): Promise<string | undefined> {
  const environments = (await api())?.environments;
  const path = environments?.getActiveEnvironmentPath(vscode.workspace.workspaceFolders?.[0]?.uri).path;
  return path === undefined || !/[/\\]/.test(path) ? undefined : path;
}

/** Hear of another environment, once the Python extension runs. */
export async function onDidChangePython(changed: () => void): Promise<vscode.Disposable | undefined> {
  return (await api())?.environments?.onDidChangeActiveEnvironmentPath?.(changed);
}

async function api(): Promise<PythonApi | undefined> {
  const extension = vscode.extensions.getExtension<PythonApi>(ID);
  if (extension === undefined || !vscode.workspace.isTrusted) return undefined;
  if (extension.isActive) return extension.exports;
  try {
    return await Promise.race([extension.activate(), new Promise<undefined>((resolve) => setTimeout(resolve, LONGEST_MS, undefined))]);
  } catch {
    return undefined; // it is broken, and says so itself
  }
}
