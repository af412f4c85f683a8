/** What the status item's menu offers, by how things stand. */

import type { Word } from "./standing";

export interface Entry {
  label: string;
  detail?: string;
  command: string;
  args?: unknown[];
}

/** Return the entries, the likeliest first. */
export function entries(state: Word, trusted: boolean): Entry[] {
  const found: Entry[] = [];
  if (state === "not installed") {
    if (trusted) found.push({ label: "$(cloud-download) Install the server...", detail: "into an environment of this extension's own", command: "noctule.install" });
    found.push({ label: "$(settings-gear) Say where it is", detail: "set noctule.path", command: "workbench.action.openSettings", args: ["noctule.path"] });
    found.push({ label: "$(refresh) Look again", command: "noctule.restart" });
  } else if (state === "error") {
    found.push({ label: "$(refresh) Restart the server", command: "noctule.restart" });
  }
  if (runs(state)) {
    found.push({ label: "$(search) Context for a task...", detail: "what to read for it, within a token budget", command: "noctule.contextForTask" });
    if (trusted) {
      if (state === "paused") found.push({ label: "$(debug-start) Resume", detail: "think ahead again when nobody needs the machine", command: "noctule.resume" });
      else found.push({ label: "$(debug-pause) Pause...", detail: "think about nothing ahead of time for a while", command: "noctule.pause" });
      found.push({ label: "$(eye-closed) Sleep now", detail: "think ahead at once, until somebody works", command: "noctule.sleepNow" });
    }
    found.push(
      { label: "$(list-ordered) Show the queue", detail: "what is thought about next", command: "noctule.showQueue" },
      { label: "$(graph) Show the ledger", detail: "what sleep cost and what it gave back", command: "noctule.showLedger" },
      { label: "$(pulse) Show the doctor's findings", detail: "what it takes of this machine, and whether it finds what it needs", command: "noctule.showDoctor" },
    );
  }
  found.push({ label: "$(output) Show the log", command: "noctule.showLog" });
  return found;
}

function runs(state: Word): boolean {
  return state !== "no folder" && state !== "not installed" && state !== "starting";
}

/** For how long sleep may be paused, in words and seconds; undefined: until it is resumed. */
export const PAUSES: readonly { label: string; seconds: number | undefined }[] = [
  { label: "For half an hour", seconds: 1800 },
  { label: "For two hours", seconds: 7200 },
  { label: "For a day", seconds: 86_400 },
  { label: "Until it is resumed", seconds: undefined },
];
