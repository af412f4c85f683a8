import assert from "node:assert/strict";
import { test } from "node:test";
import type { SleepState } from "../../src/decide/contract";
import { entries } from "../../src/decide/menu";
import { shown, type Standing } from "../../src/decide/standing";

const NOW = new Date(2026, 10, 23, 12, 0).getTime() / 1000;
const SLEEP: SleepState = { root: "/shop", known: true, state: "awake", signal: "activity", text: "the last edit was 3 s ago", job: "", paused: false, until: null, spent: [], failing: {} };
const AT: Standing = { server: { is: "running" }, trusted: true, sleeps: true, sleep: SLEEP, progress: undefined, name: undefined, now: NOW };
const of = (sleep: Partial<SleepState>, more: Partial<Standing> = {}) => {
  const { state, text } = shown({ ...AT, sleep: { ...SLEEP, ...sleep }, ...more });
  return [state, text];
};

test("each state has its word, its icon and few words", () => {
  assert.deepEqual(of({}), ["awake", "$(eye) Noctule"]);
  assert.deepEqual(of({ state: "sleeping", signal: "" }), ["sleeping", "$(eye-closed) Noctule"]);
  assert.deepEqual(of({ state: "resting", signal: "" }), ["resting", "$(eye-closed) Noctule"]);
  assert.deepEqual(of({ paused: true }), ["paused", "$(debug-pause) Noctule paused"]);
  assert.deepEqual(of({ signal: "battery" }), ["on battery", "$(plug) Noctule on battery"]);
  assert.deepEqual(of({ spent: ["cpu_s"] }), ["budget spent", "$(circle-slash) Noctule budget used up"]);
  assert.deepEqual(of({ failing: { "learn all files": "no room" } }), ["error", "$(warning) Noctule"]);
  assert.deepEqual(of({ state: "reading" }), ["indexing", "$(sync~spin) Noctule indexing"]);
  assert.deepEqual(of({ state: "reading" }, { progress: { done: 421, total: 1000 } }), ["indexing", "$(sync~spin) Noctule 42%"]);
  assert.deepEqual(of({ known: false }), ["indexing", "$(sync~spin) Noctule indexing"]);
  assert.deepEqual(of({ state: "", signal: "" }, { sleeps: false }), ["off", "$(eye) Noctule"]);
  assert.deepEqual(of({ state: "", signal: "", known: false }), ["starting", "$(loading~spin) Noctule"]);
});

test("a server that does not run is told before all else", () => {
  const words = (is: string) => shown({ ...AT, server: { is, why: "it ended", seconds: 4 } });

  assert.deepEqual(["idle", "looking", "starting", "missing", "waiting", "failed"].map((is) => words(is).state), ["no folder", "starting", "starting", "not installed", "error", "error"]);
  assert.match(words("waiting").tooltip, /it ended; restarting in 4 s/);
  assert.deepEqual([words("missing").warns, words("failed").warns, words("starting").warns], [true, true, false]);
});

test("what is being read is told though sleep is paused, for answers wait for it", () => {
  assert.deepEqual(of({ state: "reading", paused: true })[0], "indexing");
});

test("a folder that is not trusted is told as such, unless another process sleeps on it", () => {
  assert.equal(of({ state: "", signal: "" }, { trusted: false })[0], "off");
  assert.equal(of({ state: "sleeping", signal: "" }, { trusted: false })[0], "sleeping");
});

test("the end of a pause is told on the user's clock, with its day where that is another", () => {
  const tooltip = (until: number | null) => shown({ ...AT, sleep: { ...SLEEP, paused: true, until } }).tooltip;

  assert.match(tooltip(NOW + 5400), /paused – until 13:30/);
  assert.match(tooltip(NOW + 86_400), /until 2026-11-24 12:00/);
  assert.match(tooltip(null), /until you resume it/);
});

test("a screen reader hears the state and the repository, and no icon", () => {
  const { label } = shown({ ...AT, name: "shop", sleep: { ...SLEEP, state: "sleeping", job: "history commits" } });

  assert.equal(label, "Noctule (shop), working in the background: history commits");
});

test("what fails is told below", () => {
  assert.match(shown({ ...AT, sleep: { ...SLEEP, failing: { refresh: "the disk is full" } } }).tooltip, /Failed: refresh: the disk is full/);
});

test("the menu offers what can be done and nothing else", () => {
  const commands = (...of: Parameters<typeof entries>) => entries(...of).map(({ command }) => command.replace("noctule.", ""));

  assert.deepEqual(commands("awake", true), ["contextForTask", "pause", "sleepNow", "showQueue", "showLedger", "showDoctor", "showLog"]);
  assert.deepEqual(commands("paused", true).slice(0, 3), ["contextForTask", "resume", "sleepNow"]);
  assert.deepEqual(commands("off", false), ["contextForTask", "showQueue", "showLedger", "showDoctor", "showLog"]);
  assert.deepEqual(commands("not installed", true), ["install", "workbench.action.openSettings", "restart", "showLog"]);
  assert.equal(commands("not installed", false).includes("install"), false);
  assert.deepEqual(commands("no folder", true), ["showLog"]);
});
