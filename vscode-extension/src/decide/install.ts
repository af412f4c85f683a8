/** How the server is installed into an environment of this extension's own: which Python, and which commands. */

/** Noctule needs this Python, as pyproject.toml says. */
export const OLDEST: readonly [number, number] = [3, 11];

/** Return the names under which a Python may be found, the likeliest to fit first. */
export function pythons(platform: string, active: string | undefined): string[] {
  const named = platform === "win32" ? ["py", "python"] : ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"];
  return active === undefined ? named : [active, ...named];
}

/** What is asked of a Python: its version, and whether it can make an environment that has pip. */
export const ASKED = ["-I", "-c", "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"];

/** Tell whether an answer to that is of a Python that will do. */
export function fits(printed: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)\s*$/.exec(printed) ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) > OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1]);
}

export interface Step {
  says: string;
  command: string;
  args: string[];
}

/** Return what is run; `wheel` is the package of the server that came with the extension, `extra` what is
 * wanted beside it. */
export function steps(python: string, folder: string, wheel: string, platform: string, extra = ""): Step[] {
  const inside = platform === "win32" ? `${folder}\\Scripts\\python.exe` : `${folder}/bin/python`;
  return [
    { says: "creating a Python environment", command: python, args: ["-I", "-m", "venv", "--clear", folder] },
    {
      says: "installing the server and its dependencies",
      command: inside,
      // `-I` and `--only-binary`: nothing of the folder that is open, and no script of a package, is run meanwhile.
      args: ["-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--only-binary", ":all:", extra ? `${wheel}[${extra}]` : wheel],
    },
  ];
}

/** Say what will be done, before it is. */
export function consent(folder: string, version: string): { message: string; detail: string } {
  return {
    message: "Install the Noctule server?",
    detail: `This creates a Python environment in ${folder} and installs noctule ${version}, which is part of this extension. pip downloads its dependencies from your package index. Nothing else on this machine changes; delete the folder to undo it.`,
  };
}

/** Return the line of an output that tells why a step failed. */
export function reason(output: string): string {
  const lines = output.split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
  return lines.findLast((line) => /^(error|fatal)\b/i.test(line)) ?? lines.at(-1) ?? "no output";
}
