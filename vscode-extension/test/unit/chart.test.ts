import assert from "node:assert/strict";
import { test } from "node:test";
import { type Chart, escaped, figure, FRAME, height, middle, pieces, svg, table, ticks } from "../../src/decide/chart";

const CHART: Chart = { id: "c", title: "Hits & misses", summary: "Up.", kind: "lines", labels: ["11-22", "11-23"], series: [{ name: "<b>", values: [0.5, 1], colour: 1 }], format: (value) => `${100 * value}%`, top: 1 };

test("a scale has at most six marks, in round steps from zero", () => {
  assert.deepEqual(ticks(1), [0, 0.25, 0.5, 0.75, 1]);
  assert.deepEqual(ticks(7), [0, 2, 4, 6]);
  assert.deepEqual(ticks(0), [0]);
  for (const top of [0.3, 3, 37, 912, 48_000, 1e9]) assert.ok(ticks(top).length <= 6);
});

test("zero lies at the foot, the top at the head, and nothing beyond", () => {
  assert.deepEqual([height(0, 10, FRAME), height(10, 10, FRAME), height(99, 10, FRAME), height(5, 0, FRAME)], [FRAME.height - FRAME.below, FRAME.above, FRAME.above, FRAME.height - FRAME.below]);
});

test("columns are of one width", () => {
  assert.deepEqual([0, 1].map((index) => middle(index, 2, { ...FRAME, width: 220, left: 10, right: 10 })), [60, 160]);
});

test("a line is broken where a value is missing", () => {
  assert.deepEqual(pieces([1, 2, null, 3], 3, FRAME).map((piece) => piece.length), [2, 1]);
  assert.deepEqual(pieces([null, null], 1, FRAME), []);
});

test("nothing that comes from a repository is taken for HTML", () => {
  const html = figure(CHART);

  assert.equal(escaped(`<a href='x'>"&`), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
  assert.doesNotMatch(html, /<b>/);
  assert.match(html, /Hits &amp; misses/);
});

test("a chart is named for a screen reader, and its numbers stand beside it as a table", () => {
  assert.match(svg(CHART), /role="img" aria-labelledby="c-title c-summary"/);
  assert.match(table(CHART), /<th scope="row">11-22<\/th><td>50%<\/td>/);
  assert.match(figure(CHART), /id="c-title"[\s\S]*id="c-summary"/);
});

test("without values there is no chart, and a word about it", () => {
  assert.match(figure({ ...CHART, labels: [], series: [{ ...CHART.series[0]!, values: [] }] }), /No data yet/);
});

test("bars of one day stand side by side and each says its value", () => {
  const drawn = svg({ ...CHART, kind: "bars", series: [{ name: "a", values: [1, 2], colour: 1 }, { name: "b", values: [2, null], colour: 2 }], format: String });

  assert.equal(drawn.match(/<rect/g)?.length, 3);
  assert.match(drawn, /<title>11-23, a: 2<\/title>/);
});
