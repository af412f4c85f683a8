import assert from "node:assert/strict";
import { test } from "node:test";
import type { Forecast, Note, QueueReport } from "../../src/decide/contract";
import { nextPlace, placeSaid } from "../../src/decide/next-edit";
import { changePoints, commitSaid, companions, notes, NOTHING_CHANGED, queue, recipes, type Row } from "../../src/decide/rows";

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

  assert.deepEqual(rows.map(({ label, description }) => [label, description]), [["cart.py", "shop"], ["README.md", undefined]]);
  assert.deepEqual(rows[0]?.children?.map(({ label, target }) => [label, target]), [["Cart.add", { open: "spot", subject: "shop/cart.py:Cart.add" }]]);
  assert.match(rows[0].tooltip ?? "", /shop\/cart\.py: 91% likely to change next\n- changes often/);
  assert.equal(rows[0].chance, 0.914);
  assert.equal(message, "Tested on 120 past commits that it had not seen: 81% of the changed files were in its top 10.");
});

test("what goes with one's own changes comes first, and what is likely anyway is folded below; hidden files are in neither", () => {
  const own = { files: ["README.md"], forecast: { ...FORECAST, change_points: [...FORECAST.change_points, { path: "shop/mail.py", symbol: null, probability: 0.6, reasons: [] }] } };
  const { rows } = changePoints(FORECAST, own, ["shop/mail.py"]);

  assert.deepEqual(rows.map(({ label, folded }) => [label, folded ?? false]), [["With your changes (1 file)", false], ["Likely anyway", true]]);
  assert.deepEqual(rows.map(({ children }) => children?.map(({ label }) => label)), [["cart.py"], ["cart.py"]]);
  assert.deepEqual(changePoints(FORECAST, { files: ["shop/cart.py", "README.md"], forecast: FORECAST }).rows[0]?.children?.map(({ kind }) => kind), ["nothing"]);
});

test("a history that is too short for what goes with a change says so, and keeps what is likely anyway", () => {
  const { rows } = changePoints(FORECAST, { files: ["README.md"], forecast: { ...FORECAST, withheld: "needs 50 commits" } });

  assert.deepEqual(rows.map(({ children }) => children?.[0]?.label), ["No forecast: needs 50 commits.", "cart.py"]);
});

test("beside a commit stands only what goes along more often than not", () => {
  assert.deepEqual(companions({ files: ["README.md"], forecast: FORECAST }, []).rows.map(({ label }) => label), ["cart.py"]);
  assert.match(companions({ files: ["README.md"], forecast: FORECAST }, ["shop/cart.py"]).message ?? "", /^Nothing is missing .* 1 changed file\.$/);
  assert.match(companions(NOTHING_CHANGED, []).message ?? "", /^Change a file/);
});

test("the next edit is the likeliest file that was not seen, at its likeliest definition", () => {
  const place = nextPlace(FORECAST, new Set());

  assert.deepEqual(place, { path: "shop/cart.py", subject: "shop/cart.py:Cart.add", probability: 0.914, reason: "changes often" });
  assert.ok(place);
  assert.equal(placeSaid(place, ["README.md"]), "shop/cart.py, 91% likely to change after README.md (changes often)");
  assert.equal(nextPlace(FORECAST, new Set(["shop/cart.py"]))?.path, "README.md");
  assert.equal(nextPlace(FORECAST, new Set(["shop/cart.py", "README.md"])), undefined);
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

test("many claims stand below their kinds, and a commit is known by its subject", () => {
  const kinds = ["users", "fixes", "users", "tests"];
  const claims = kinds.map((kind, n) => ({ text: `${kind} ${n}`, subject: "", kind, evidence: [] }));
  const [row] = notes([{ ...NOTE, claims, withheld: {} }], 0).rows;
  const commit: Row = { id: "c", label: "cccccccccc", tooltip: "c".repeat(40), spoken: "commit", kind: "commit" };
  const said = commitSaid(commit, { subject: "Fix it", author: "A. Person", date: "2026-01-02" });

  assert.deepEqual(row?.children?.map(({ label, children }) => [label, children?.length]), [["Used by", 2], ["fixes 1", 0], ["tests 3", 0]]);
  assert.deepEqual([said.label, said.description, said.tooltip], ["Fix it", "2026-01-02 · A. Person", `Fix it\n2026-01-02 · A. Person\n${"c".repeat(40)}`]);
});

test("recipes open the files that such changes touch", () => {
  const [row] = recipes([{ text: "Commits that add a plugin also touched plugins/__init__.py.", folder: "plugins", touched: ["plugins/__init__.py"], commits: ["c".repeat(40)] }]).rows;

  const [added] = recipes([{ text: "Commits that add a .py file in plugins/ also change plugins/__init__.py (9 of the last 10, latest in 2026).", folder: "plugins", touched: [], commits: [] }]).rows;

  assert.deepEqual(row?.children?.map(({ target }) => target?.open), ["file", "commit"]);
  assert.deepEqual([added?.label, added?.description], ["Add a .py file in plugins/", "9 of the last 10, latest in 2026"]);
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
