/** What `activate` returns: how the extension stands, for tests and for other extensions. */

import type { Offered } from "./agents";
import type { Row } from "./decide/rows";
import type { EditHint } from "./edit-hints";
import type { Kind } from "./pages";
import type { State } from "./server";

export interface StatusItem {
  text: string;
  tooltip: string;
  /** The word for it, whatever the language of the text. */
  state: string;
}

export interface Api {
  /** How the server stands at this moment. */
  readonly server: State;
  /** The command that is run, once it is found. */
  readonly command: string | undefined;
  /** The server's process, while it runs. */
  readonly pid: number | undefined;
  /** What the status item shows. */
  status(): StatusItem;
  /** The rows that a view holds, asked for anew. */
  rows(view: "changePoints" | "companions" | "notes" | "recipes" | "queue"): Promise<Row[]>;
  /** The page of the ledger, of the doctor, of a note or of a context, as it is shown; undefined where it is not. */
  page(kind: Kind): string | undefined;
  /** The hints that stand behind the latest edits. */
  editHints(): readonly EditHint[];
  /** The tests that are listed for the change at hand, by repository and path. */
  tests(): string[];
  /** What agents inside of the editor are offered, as far as the running version has it. */
  readonly agents: Offered;
  /** Milliseconds that activation took until it returned. */
  readonly activationMs: number;
  /** Ask the server. */
  request(method: string, params?: object): Promise<unknown>;
}
