/** How the server and its sleep stand in, what the status item shows out. */

import type { SleepState } from "./contract";
import { clock } from "./figures";

export type Word =
  | "no folder"
  | "starting"
  | "not installed"
  | "error"
  | "indexing"
  | "paused"
  | "sleeping"
  | "budget spent"
  | "on battery"
  | "resting"
  | "awake"
  | "off";

export interface Shown {
  state: Word;
  text: string;
  tooltip: string;
  /** What a screen reader says. */
  label: string;
  /** Whether somebody should look. */
  warns: boolean;
}

export interface Standing {
  /** How the server's process stands. */
  server: { is: string; why?: string; seconds?: number };
  trusted: boolean;
  /** Whether this window is to sleep on what it shows. */
  sleeps: boolean;
  /** How sleep stands on the repository that is shown; undefined where it was not told yet. */
  sleep: SleepState | undefined;
  /** How far a longer piece of reading is. */
  progress: { done: number; total: number } | undefined;
  /** The name of the repository, where there are several. */
  name: string | undefined;
  now: number;
}

const ICON: Record<Word, string> = {
  "no folder": "circle-outline",
  starting: "loading~spin",
  "not installed": "cloud-download",
  error: "warning",
  indexing: "sync~spin",
  paused: "debug-pause",
  sleeping: "eye-closed",
  "budget spent": "circle-slash",
  "on battery": "plug",
  resting: "eye-closed",
  awake: "eye",
  off: "eye",
};

const SAID: Record<string, string> = {
  cpu_s: "CPU time",
  wall_s: "time",
  tokens: "tokens",
  dollars: "dollars",
};

/** Say what the status item shows. */
export function shown(standing: Standing): Shown {
  const [state, detail, short] = told(standing);
  const name = standing.name === undefined ? "" : ` (${standing.name})`;
  const words = SHOWN[state] ?? state;
  const failing = Object.entries(standing.sleep?.failing ?? {}).map(([job, why]) => `${job}: ${why}`);
  return {
    state,
    text: `$(${ICON[state]}) Noctule${short ? ` ${short}` : ""}`,
    tooltip: [`Noctule${name}: ${words}${detail && ` – ${detail}`}`, ...failing.map((line) => `Failed: ${line}`), "Click to open the menu."].join("\n"),
    label: `Noctule${name}, ${words}${detail && `: ${detail}`}`,
    warns: state === "error" || state === "not installed",
  };
}

/** The words that are shown; for the others the state is the word. */
const SHOWN: Partial<Record<Word, string>> = {
  sleeping: "working in the background",
  paused: "background work paused",
  "budget spent": "budget used up",
  resting: "idle",
  awake: "ready",
  off: "ready, background work off",
};

function told({ server, sleep, progress, trusted, sleeps, now }: Standing): [Word, string, string] {
  switch (server.is) {
    case "idle":
      return ["no folder", "open a folder to start", ""];
    case "looking":
    case "starting":
      return ["starting", "", ""];
    case "missing":
      return ["not installed", server.why ?? "", "not installed"];
    case "waiting":
      return ["error", `${server.why ?? ""}; restarting in ${server.seconds ?? 0} s`, ""];
    case "failed":
      return ["error", `${server.why ?? ""}; it is not restarted automatically`, ""];
  }
  if (sleep === undefined) return ["starting", "waiting for the first answer", ""];
  if (sleep.state === "reading") return indexing(progress);
  if (sleep.paused) return ["paused", sleep.until === null ? "until you resume it" : `until ${clock(sleep.until, now)}`, "paused"];
  if (sleep.state === "sleeping") return ["sleeping", sleep.job, ""];
  if (!trusted) return ["off", "the folder is not trusted, so nothing new is indexed", ""];
  if (sleep.spent.length) return ["budget spent", `today's ${sleep.spent.map((one) => SAID[one] ?? one).join(" and ")}`, "budget used up"];
  if (Object.keys(sleep.failing).length) return ["error", "a job failed; it is tried again later", ""];
  if (sleep.signal === "battery") return ["on battery", sleep.text, "on battery"];
  if (sleep.state === "resting") return ["resting", "no background jobs to run", ""];
  if (sleep.state === "" && sleeps) return sleep.known ? ["awake", "", ""] : ["starting", "indexing starts soon", ""];
  if (sleep.state === "") return ["off", sleep.known ? sleep.text : "nothing is indexed", ""];
  return sleep.known ? ["awake", sleep.text, ""] : indexing(progress);
}

function indexing(progress: Standing["progress"]): [Word, string, string] {
  if (progress === undefined || progress.total <= 0) return ["indexing", "reading changed files", "indexing"];
  const part = Math.min(Math.floor((100 * progress.done) / progress.total), 100);
  return ["indexing", `${progress.done.toLocaleString("en")} of ${progress.total.toLocaleString("en")} files, ${part}%`, `${part}%`];
}
