/** A review in, the hint beside an edit and the tests to run out. */

import type { AffectedTest, Finding, Review } from "./contract";

/** Return the files that a change to `path` usually also touches, and does not. */
export function forgotten(review: Review, path: string, hidden: readonly string[]): Finding[] {
  return review.findings.filter((one) => one.kind === "forgotten" && one.subject === path && !hidden.includes(one.path));
}

/** Return the hint at the end of a line: what is missing, and how often it went along. */
export function hintText(found: readonly Finding[]): string {
  const [first, ...others] = found;
  if (first === undefined) return "";
  const often = first.message.replace(`to ${first.subject}`, "to this file").replace(/, and not in this change$/, "");
  return `${first.path} ${often}${others.length ? `; ${others.length} more` : ""}`;
}

/** Return the words of the command that runs a test; undefined where nobody knows how. `own` are those that the user set. */
export function commandFor(test: AffectedTest, own: readonly string[], manifest: string | undefined, python: string): string[] | undefined {
  const { path } = test;
  if (own.length) return [...own, path];
  if (/\.py$/.test(path)) return [python, "-m", "pytest", ...pytestIds(test)];
  if (/_test\.go$/.test(path)) return ["go", "test", `./${path.slice(0, Math.max(path.lastIndexOf("/"), 0))}`];
  const [, crate] = /^tests\/([^/]+)\.rs$/.exec(path) ?? [];
  if (crate !== undefined) return ["cargo", "test", "--test", crate];
  if (/\.rs$/.test(path)) return ["cargo", "test"];
  if (/\.[cm]?[jt]sx?$/.test(path)) {
    if (manifest?.includes('"vitest"')) return ["npx", "vitest", "run", path];
    if (manifest?.includes('"jest"')) return ["npx", "jest", path];
  }
  return undefined;
}

/** Return single tests as pytest names them; the file where a helper in it is concerned. */
function pytestIds({ path, names }: AffectedTest): string[] {
  const isTest = (name: string) => /^(Test\w*\.)*test\w*$/.test(name);
  return names.length && names.every(isTest) ? names.map((name) => `${path}::${name.replaceAll(".", "::")}`) : [path];
}

/** Split a command into words: quotes hold a word together. */
export function words(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => double ?? single ?? plain ?? "");
}
