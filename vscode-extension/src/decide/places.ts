/** Where the server's command may lie, best first. Looks at no file. */

export type From = "setting" | "python" | "venv" | "path" | "own";

export interface Candidate {
  from: From;
  command: string;
}

export interface Surroundings {
  /** What the user has set as `noctule.path`; empty where they have not. */
  setting: string;
  trusted: boolean;
  platform: string;
  /** Folders of the workspace, as paths. */
  folders: readonly string[];
  /** The active Python environment, as its interpreter or its folder. */
  python: string | undefined;
  virtualEnv: string | undefined;
  path: string | undefined;
  /** The environment that this extension made for itself. */
  own: string;
}

/** Return where to look. A path that was set is the only one: what was chosen is not passed over in silence. */
export function places(at: Surroundings): Candidate[] {
  if (at.setting.trim()) return [{ from: "setting", command: at.setting.trim() }];
  const found: Candidate[] = [];
  if (at.trusted) {
    if (at.python) found.push(...inPython(at.python, at.platform).map((command) => ({ from: "python" as const, command })));
    const environments = [at.virtualEnv, ...at.folders.flatMap((folder) => [join(at, folder, ".venv"), join(at, folder, "venv")])];
    found.push(...environments.filter((one) => one !== undefined && one !== "").map((one) => ({ from: "venv" as const, command: inEnvironment(one ?? "", at.platform) })));
  }
  const named = (at.path ?? "").split(at.platform === "win32" ? ";" : ":");
  // A relative folder leads wherever the process stands, and one in a folder that is not trusted is that folder's word.
  const safe = named.filter((folder) => isAbsolute(folder, at.platform) && (at.trusted || !at.folders.some((of) => isWithin(folder, of, at.platform))));
  found.push(...safe.map((folder) => ({ from: "path" as const, command: join(at, folder, executable(at.platform)) })));
  found.push({ from: "own", command: inEnvironment(at.own, at.platform) });
  return found.filter((one, index) => found.findIndex((other) => other.command === one.command) === index);
}

/** Return the command of a virtual environment. */
export function inEnvironment(folder: string, platform: string): string {
  return join({ platform }, folder, platform === "win32" ? "Scripts" : "bin", executable(platform));
}

/** Return where the command lies beside an interpreter, or in an environment that is named by its folder. */
function inPython(python: string, platform: string): string[] {
  const [, folder = "", name = ""] = /^(.*)[/\\]([^/\\]+)$/.exec(python) ?? [];
  return /^python[\d.]*(\.exe)?$/.test(name) ? [join({ platform }, folder, executable(platform))] : [inEnvironment(python, platform)];
}

function executable(platform: string): string {
  return platform === "win32" ? "noctule.exe" : "noctule";
}

function join(at: { platform: string }, ...parts: string[]): string {
  return parts.map((part, index) => (index < parts.length - 1 ? part.replace(/[/\\]+$/, "") : part)).join(at.platform === "win32" ? "\\" : "/");
}

/** Tell whether a path is absolute on a platform. */
export function isAbsolute(path: string, platform: string): boolean {
  return platform === "win32" ? /^([a-z]:[/\\]|\\\\)/i.test(path) : path.startsWith("/");
}

/** Tell whether a path is a folder or lies in it. */
export function isWithin(path: string, folder: string, platform: string): boolean {
  const [inner, outer] = [path, folder].map((one) => {
    const plain = `${one.replaceAll(/[/\\]+/g, "/").replace(/\/$/, "")}/`;
    return platform === "win32" ? plain.toLowerCase() : plain;
  }) as [string, string];
  return inner.startsWith(outer);
}
