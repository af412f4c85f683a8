/** When a language server is asked for references, and when its answer is believed. Knows no clock and no editor. */

/** Nobody has typed or moved the cursor for so long. */
export const IDLE_MS = 60_000;
/** Between two questions, while answers come. */
export const PAUSE_MS = 5_000;
/** Between the two times that one thing is asked. */
export const AGAIN_MS = 2_000;
/** A language server that takes longer is not asked again soon. */
export const DEADLINE_MS = 10_000;
const LONGEST_MS = 3_600_000;

export interface Found {
  uri: string;
  line: number;
}

/** Return the files of two equal answers; undefined where they differ, or say nothing: a server may still be reading. */
export function settle(first: Found[] | undefined, second: Found[] | undefined): string[] | undefined {
  if (!first?.length || !second?.length) return undefined;
  const [one, other] = [first, second].map((found) => JSON.stringify(found.map(({ uri, line }) => `${uri}:${line}`).sort()));
  return one === other ? [...new Set(first.map(({ uri }) => uri))].sort() : undefined;
}

/** Say how long to wait before the next question; `failures` counts those in a row that no server answered. */
export function waitMs(failures: number, idleMs: number): number {
  const next = Math.min(PAUSE_MS * 2 ** Math.min(failures, 20), LONGEST_MS);
  return Math.max(next, IDLE_MS - idleMs);
}

/** Return where a name stands in a line, as a word; -1 where it does not. */
export function column(text: string, name: string): number {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.search(new RegExp(`(?<![\\w$])${escaped}(?![\\w$])`, "u"));
}
