import assert from "node:assert/strict";
import { test } from "node:test";
import { column, IDLE_MS, PAUSE_MS, settle, waitMs } from "../../src/decide/references";

const at = (uri: string, line: number) => ({ uri, line });

test("an answer is believed where it comes twice, in whatever order", () => {
  assert.deepEqual(settle([at("b", 1), at("a", 2), at("a", 3)], [at("a", 3), at("a", 2), at("b", 1)]), ["a", "b"]);
});

test("an answer that changes, is empty or does not come is not believed", () => {
  assert.equal(settle([at("a", 1)], [at("a", 1), at("b", 1)]), undefined);
  assert.equal(settle([at("a", 1)], [at("a", 2)]), undefined);
  assert.equal(settle([], []), undefined);
  assert.equal(settle(undefined, [at("a", 1)]), undefined);
});

test("nothing is asked before the editor is idle, and each failure doubles the wait, up to an hour", () => {
  assert.equal(waitMs(0, 0), IDLE_MS);
  assert.equal(waitMs(0, 10 * IDLE_MS), PAUSE_MS);
  assert.deepEqual([1, 2, 3].map((failures) => waitMs(failures, IDLE_MS)), [2 * PAUSE_MS, 4 * PAUSE_MS, 8 * PAUSE_MS]);
  assert.equal(waitMs(100, IDLE_MS), 3_600_000);
});

test("a name is found as a word", () => {
  assert.equal(column("def get_total(get):", "get"), 14);
  assert.equal(column("  $on(a)", "$on"), 2);
  assert.equal(column("x = 1", "total"), -1);
});
