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
    if (trusted) found.push({ label: "$(cloud-download) Install Server...", detail: "into a separate Python environment", command: "noctule.install" });
    found.push({ label: "$(settings-gear) Set Path...", detail: "the setting noctule.path", command: "workbench.action.openSettings", args: ["noctule.path"] });
    found.push({ label: "$(refresh) Retry", command: "noctule.restart" });
  } else if (state === "error") {
    found.push({ label: "$(refresh) Restart Server", command: "noctule.restart" });
  }
  if (runs(state)) {
    found.push({ label: "$(search) Context for a Task...", detail: "what to read for it, within a token budget", command: "noctule.contextForTask" });
    if (trusted) {
      if (state === "paused") found.push({ label: "$(debug-start) Resume Background Work", detail: "while the machine is idle", command: "noctule.resume" });
      else found.push({ label: "$(debug-pause) Pause Background Work...", detail: "answers stay available", command: "noctule.pause" });
      found.push({ label: "$(eye-closed) Run Background Work Now", detail: "until the next edit or request", command: "noctule.sleepNow" });
    }
    found.push(
      { label: "$(list-ordered) Show Job Queue", detail: "the background jobs that run next", command: "noctule.showQueue" },
      { label: "$(graph) Show Usage", detail: "cost of background work, use of answers", command: "noctule.showLedger" },
      { label: "$(pulse) Check Set-Up", detail: "resource use against limits, missing requirements", command: "noctule.showDoctor" },
    );
  }
  found.push({ label: "$(output) Show Log", command: "noctule.showLog" });
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
  { label: "Until I resume it", seconds: undefined },
];
