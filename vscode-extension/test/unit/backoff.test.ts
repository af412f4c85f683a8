import assert from "node:assert/strict";
import { test } from "node:test";
import { afterEnd, MOST, WELL_MS } from "../../src/decide/backoff";

test("each start that fails in a row waits twice as long, up to a minute, and then somebody has to look", () => {
  const waits: (number | undefined)[] = [];
  for (let failures = 0; failures < MOST; ) {
    const next = afterEnd(failures, 50);
    waits.push(next.waitMs);
    failures = next.failures;
  }

  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, undefined]);
});

test("a server that was well is started again at once, however many ended before it", () => {
  assert.deepEqual(afterEnd(7, WELL_MS), { failures: 1, waitMs: 1000 });
});
