/** How long to wait before a server that ended is started again. Knows no clock. */

/** A server that lived for so long was well: what ended it has nothing to do with what ended the one before. */
export const WELL_MS = 60_000;
const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
/** After so many ends in a row somebody has to look. */
export const MOST = 8;

export interface Next {
  /** How many servers in a row have ended before they were well. */
  failures: number;
  /** When to start the next one; undefined: not without being asked to. */
  waitMs: number | undefined;
}

/** Say what follows when a server has ended after `livedMs`; `failures` counts those before it. */
export function afterEnd(failures: number, livedMs: number): Next {
  const inARow = livedMs >= WELL_MS ? 1 : failures + 1;
  return { failures: inARow, waitMs: inARow >= MOST ? undefined : Math.min(FIRST_MS * 2 ** (inARow - 1), LONGEST_MS) };
}
