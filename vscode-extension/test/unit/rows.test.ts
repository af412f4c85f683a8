import assert from "node:assert/strict";
import { test } from "node:test";
import type { Forecast, Note, QueueReport } from "../../src/decide/contract";
import { changePoints, notes, queue, recipes, type Row } from "../../src/decide/rows";

const FRESH = { state: "fresh" as const, pending_count: 0, learned_at: 1000 };
const FORECAST: Forecast = {
  change_points: [
    { path: "shop/cart.py", symbol: null, probability: 0.914, reasons: [{ kind: "churn", detail: "changes often", weight: 1 }] },
    { path: "README.md", symbol: null, probability: 0.04, reasons: [] },
    { path: "LICENSE", symbol: null, probability: 0.004, reasons: [] },
    { path: "shop/cart.py", symbol: "Cart.add", probability: 0.5, reasons: [{ kind: "symbol", detail: "touched by 5 of the last 10", weight: 1 }] },
  ],
  hit_rate: { "recall@10": 0.81 },
  baseline: {},
  trials: 120,
  withheld: null,
  freshness: FRESH,
};
const NOTE: Note = {
  subject: "shop/cart.py:Cart.add",
  subject_kind: "symbol",
  claims: [
    { text: "Used by 3 files.", subject: "", kind: "users", evidence: [{ path: "shop/mail.py", start_line: 3, end_line: 4, commits: [] }] },
    { text: "Fixed twice.", subject: "", kind: "fixes", evidence: [{ path: null, start_line: null, end_line: null, commits: ["a".repeat(40), "b".repeat(40)] }], by: "ollama/qwen" },
  ],
  withheld: { tests: 2 },
  freshness: FRESH,
};

function all(rows: Row[]): Row[] {
  return rows.flatMap((row) => [row, ...all(row.children ?? [])]);
}

test("change points are ranked files, with their symbols below, a probability and a reason; below one in a hundred there is none", () => {
  const { rows, message } = changePoints(FORECAST);

  assert.deepEqual(rows.map(({ label, description }) => [label, description]), [["cart.py", "91% · changes often · shop"], ["README.md", "4%"]]);
  assert.deepEqual(rows[0]?.children?.map(({ label, target }) => [label, target]), [["Cart.add", { open: "spot", subject: "shop/cart.py:Cart.add" }]]);
  assert.equal(message, "Tested on 120 past commits that it had not seen: 81% of the changed files were in its top 10.");
});

test("a forecast that is withheld says why", () => {
  assert.deepEqual(changePoints({ ...FORECAST, withheld: "only 4 trials" }), { rows: [], message: "No forecast: only 4 trials." });
});

test("each claim has its evidence one click away, and a model's claim names the model", () => {
  const [row] = notes([NOTE], 1030).rows;
  const [users, fixes] = row?.children ?? [];

  assert.deepEqual(users?.target, { open: "lines", path: "shop/mail.py", start: 3, end: 4 });
  assert.deepEqual(fixes?.children?.map(({ label, target }) => [label, target?.open]), [["aaaaaaaaaa", "commit"], ["bbbbbbbbbb", "commit"]]);
  assert.equal(fixes.description, "fixes · by ollama/qwen");
  assert.match(row?.tooltip ?? "", /indexed just now/);
});

test("withheld claims are shown as such", () => {
  const row = notes([NOTE], 1030).rows[0]?.children?.at(-1);

  assert.deepEqual([row?.kind, row?.label, row?.description], ["withheld", "2 claims left out: their evidence has changed", "2 on tests"]);
});

test("a note without a claim says so", () => {
  assert.deepEqual(notes([{ ...NOTE, claims: [], withheld: {} }], 0).rows[0]?.children?.map(({ kind }) => kind), ["nothing"]);
});

test("recipes open the files that such changes touch", () => {
  const [row] = recipes([{ text: "Commits that add a plugin also touched plugins/__init__.py.", folder: "plugins", touched: ["plugins/__init__.py"], commits: ["c".repeat(40)] }]).rows;

  assert.deepEqual(row?.children?.map(({ target }) => target?.open), ["file", "commit"]);
});

test("the queue tells worth, cost and reason, and what is left out and why", () => {
  const amounts = { cpu_s: 12, wall_s: 12, tokens: 0, dollars: 0 };
  const report: QueueReport = {
    next: [{ kind: "history", subject: "commits", reason: "3 commits were never read", cost: amounts, measured: 0, probability: 0.5, worth: 4.2, urgent: false }],
    left_out: [{ kind: "fit", subject: "", why: "does not pay", worth: 0.2 }],
    today: amounts,
    left: { ...amounts, cpu_s: 7188 },
  };
  const { rows, message } = queue(report);

  assert.deepEqual(rows.map(({ label, description }) => [label, description]), [["history commits", "saves 4.2 times its cost · 12 s"], ["Not planned now", "1"]]);
  assert.match(rows[0]?.tooltip ?? "", /3 commits were never read\nCosts 12 s \(a guess\)/);
  assert.equal(rows[1]?.children?.[0]?.description, "does not pay");
  assert.equal(message, "Used today: 12 s of CPU time; 2.0 h left.");
});

test("no two rows have the same id, and each says something to a screen reader", () => {
  const every = [changePoints(FORECAST).rows, notes([NOTE, { ...NOTE, subject: "shop/cart.py", subject_kind: "file" }], 0).rows];

  for (const rows of every.map(all)) {
    assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
    assert.deepEqual(rows.filter(({ spoken }) => !spoken.trim()), []);
  }
});
