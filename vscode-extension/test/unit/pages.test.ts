import assert from "node:assert/strict";
import { test } from "node:test";
import type { Checkup, LedgerDay, LedgerReport, Note } from "../../src/decide/contract";
import { tested } from "../../src/decide/forecast";
import { charts, doctorPage, ledgerPage, notePage, rates } from "../../src/decide/pages";

const NONE: LedgerDay = { day: "", jobs: 0, cpu_s: 0, wall_s: 0, tokens: 0, dollars: 0, requests: 0, served_tokens: 0, spared_tokens: 0, packs: 0, used_packs: 0, edits: 0, expected_edits: 0, asks: 0, expected_asks: 0 };
const days = (...each: Partial<LedgerDay>[]): LedgerDay[] => each.map((day, index) => ({ ...NONE, day: `2026-11-${String(index + 1).padStart(2, "0")}`, ...day }));
const LEDGER: LedgerReport = {
  cost: { history: { jobs: 2, failed: 0, cpu_s: 3, wall_s: 4, tokens: 0, dollars: 0 } },
  today: { cpu_s: 3, wall_s: 4, tokens: 0, dollars: 0 },
  served: { context: { requests: 5, tokens: 2000, p50_ms: 12, p95_ms: 40 } },
  estimated_saving: { tokens: 9000, requests: 4, method: "whole <files>" },
  days: days({ edits: 2, expected_edits: 1, cpu_s: 3 }, { edits: 2, expected_edits: 2, requests: 5, served_tokens: 2000, spared_tokens: 9000 }),
};
const FRAME = { nonce: "n0nce", language: "en" };

test("a hit rate is that of a week, and not drawn where there was too little", () => {
  assert.deepEqual(rates(LEDGER.days, "expected_edits", "edits"), [null, 0.75]);
  assert.deepEqual(rates(days(...Array.from({ length: 9 }, (_, at) => ({ edits: 1, expected_edits: at < 2 ? 1 : 0 }))), "expected_edits", "edits").at(-1), 0);
});

test("the charts are the learning curve, what sleep cost and what it served, and a model's part where there is one", () => {
  assert.deepEqual(charts(LEDGER).map(({ id }) => id), ["learning", "cost", "served"]);
  assert.deepEqual(charts({ ...LEDGER, days: days({ tokens: 900, dollars: 0.1 }) }).map(({ id }) => id).at(-1), "model");
  assert.match(charts(LEDGER)[0]?.summary ?? "", /75% of the edited files were among the 20/);
});

test("a page runs no script, loads nothing, and its style needs its own nonce", () => {
  const html = ledgerPage(LEDGER, undefined, "shop", FRAME);

  assert.match(html, /content="default-src 'none'; style-src 'nonce-n0nce';"/);
  assert.match(html, /<style nonce="n0nce">/);
  assert.doesNotMatch(html, /<script|<link|<img|url\(|\sstyle=|\son\w+=/i);
  assert.match(html, /whole &lt;files&gt;/);
});

test("colours come from the theme, with borders where contrast is high", () => {
  const html = ledgerPage(LEDGER, undefined, "shop", FRAME);

  assert.match(html, /var\(--vscode-charts-blue/);
  assert.match(html, /var\(--vscode-contrastBorder/);
});

test("the forecast on past commits is told beside simple rules", () => {
  const forecast = { change_points: [], hit_rate: { "recall@10": 0.81 }, baseline: { recency: { "recall@10": 0.6 } }, trials: 120, withheld: null, freshness: { state: "fresh" as const, pending_count: 0, learned_at: null } };

  assert.equal(tested(forecast), "Tested on 120 past commits that it had not seen: 81% of the changed files were in its top 10 (most recently changed files: 60%).");
  assert.equal(tested({ ...forecast, withheld: "too few trials" }), "No forecast: too few trials.");
});

test("a note's page leads to its evidence and tells what is withheld, by which model, and how likely a change is", () => {
  const freshness = { state: "fresh" as const, pending_count: 0, learned_at: 10 };
  const note: Note = {
    subject: "a.py:run",
    subject_kind: "symbol",
    claims: [{ text: "Used by <b>.", subject: "", kind: "users", evidence: [{ path: "b.py", start_line: 3, end_line: 3, commits: [] }, { path: null, start_line: null, end_line: null, commits: ["c".repeat(40)] }], by: "ollama/qwen" }],
    withheld: { tests: 1 },
    freshness,
  };
  const forecast = { change_points: [{ path: "a.py", symbol: null, probability: 0.42, reasons: [] }], hit_rate: {}, baseline: {}, trials: 9, withheld: null, freshness };
  const html = notePage(note, forecast, 20, (target) => `command:x?${JSON.stringify(target)}`, FRAME);

  assert.match(html, /<h1>a\.py:run<\/h1>\n<p>The file a\.py is 42% likely to change next/);
  assert.match(html, /<h2>users<\/h2>\n<ul><li>Used by &lt;b&gt;\. <span class="aside">\(by ollama\/qwen\)<\/span>/);
  assert.match(html, /<a href="command:x\?{&quot;open&quot;:&quot;lines&quot;,&quot;path&quot;:&quot;b\.py&quot;,&quot;start&quot;:3,&quot;end&quot;:3}"><code>b\.py:3<\/code><\/a>/);
  assert.match(html, /<code>cccccccccc<\/code>/);
  assert.match(html, /1 claim left out: its evidence has changed[^<]*\(1 on tests\)/);
  assert.match(html, /Indexed just now/);
});

test("the doctor's page marks faults and says what to do", () => {
  const found: Checkup = { root: "/shop", faults: 1, footprint: [{ name: "memory", used: 250e6, limit: 200e6, unit: "bytes", state: "fault", detail: "process 7", fix: "restart it" }], checks: [{ name: "git", state: "ok", detail: "2.39", fix: "" }] };
  const html = doctorPage(found, "shop", FRAME);

  assert.match(html, /1 fault found/);
  assert.match(html, /<td class="fault">fault<\/td><td>250 MB<\/td><td>200 MB<\/td>/);
  assert.match(html, /<td>process 7\. Fix: restart it<\/td>/);
});
