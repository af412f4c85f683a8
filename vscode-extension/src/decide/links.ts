/** The addresses with which pages and hovers run a command of this extension. */

import type { Row } from "./rows";

/** Return the address that runs `noctule.<name>` on a row of a repository; only its path and target are told. */
export function commandLink(name: string, row: Pick<Row, "path" | "target">, root: string): string {
  return `command:noctule.${name}?${encodeURIComponent(JSON.stringify([{ row, repository: { root } }]))}`;
}
