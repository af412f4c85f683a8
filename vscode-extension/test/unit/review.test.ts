import assert from "node:assert/strict";
import { test } from "node:test";
import { contextPage } from "../../src/decide/context-page";
import type { AffectedTest, Pack, Review } from "../../src/decide/contract";
import { commandFor, forgotten, hintText, words } from "../../src/decide/review";

const MISSING = { kind: "forgotten", path: "b.sql", message: "changed in 9 of the last 10 commits to a.sql, and not in this change", subject: "a.sql" } as const;
const REVIEW: Review = { findings: [MISSING, { ...MISSING, path: "c.sql" }, { ...MISSING, kind: "caller" }, { ...MISSING, subject: "z.sql" }], tests: [], withheld: null };
const affected = (path: string, names: string[] = []): AffectedTest => ({ path, names, reasons: [] });

test("a hint names the file that is missing beside this one, and how often it went along", () => {
  const found = forgotten(REVIEW, "a.sql", []);

  assert.deepEqual(found.map(({ path }) => path), ["b.sql", "c.sql"]);
  assert.equal(hintText(found), "b.sql changed in 9 of the last 10 commits to this file; 1 more");
  assert.deepEqual(forgotten(REVIEW, "a.sql", ["b.sql", "c.sql"]), []);
  assert.equal(hintText([]), "");
});

test("a test is run by what its file and package.json name, and by the user's own command before all", () => {
  const run = (test: AffectedTest, own: string[] = [], manifest?: string) => commandFor(test, own, manifest, "py")?.join(" ");

  assert.equal(run(affected("tests/test_a.py", ["TestA.test_b", "test_c"])), "py -m pytest tests/test_a.py::TestA::test_b tests/test_a.py::test_c");
  assert.equal(run(affected("tests/test_a.py", ["helper", "test_c"])), "py -m pytest tests/test_a.py");
  assert.equal(run(affected("net/http_test.go")), "go test ./net");
  assert.equal(run(affected("main_test.go")), "go test ./");
  assert.equal(run(affected("tests/io.rs")), "cargo test --test io");
  assert.equal(run(affected("src/a.test.ts"), [], '{"devDependencies": {"vitest": "1"}}'), "npx vitest run src/a.test.ts");
  assert.equal(run(affected("src/a.test.js"), [], '{"devDependencies": {"jest": "1"}}'), "npx jest src/a.test.js");
  assert.equal(run(affected("src/a.test.js"), [], "{}"), undefined);
  assert.equal(run(affected("FooTest.java")), undefined);
  assert.equal(run(affected("FooTest.java"), words("mvn test '-Dtest=a b'")), "mvn test -Dtest=a b FooTest.java");
});

test("the page of a context leads to each place, and all that the pack says stands in it", () => {
  const text = ["Likely `a/b.py` (0.9).", "~~~", "== a/b.py:3-4 B.f (named)", "    x = [<1>]", "", "Also possible:", "- a/c.py:7 g: uses it", "- a/d.py changed with it", "~~~", "no more"].join("\n");
  const pack: Pack = { task_tokens: 1, budget_tokens: 500, tokens: 40, tokenizer: "t", abstained: false, files: [], text, freshness: { state: "fresh", pending_count: 0, learned_at: 1 } };
  const html = contextPage("Fix <b>", pack, { target: (target) => JSON.stringify(target), copy: "c", chat: "d", text: "e" }, { nonce: "n", language: "en" });

  assert.match(html, /<h1>Fix &lt;b&gt;<\/h1>/);
  assert.match(html, /<h2><a href="[^"]*lines[^"]*"><code>a\/b\.py:3-4<\/code><\/a> B\.f \(named\)<\/h2>/);
  assert.match(html, /<pre><code> {4}x = \[&lt;1&gt;\]<\/code><\/pre>/);
  assert.match(html, /<h2>Also possible<\/h2>\s*<ul><li><a [^>]*><code>a\/c\.py:7<\/code><\/a> g: uses it<\/li><li><a [^>]*file[^>]*><code>a\/d\.py<\/code><\/a> changed with it<\/li><\/ul>/);
  assert.match(html, /<p>no more<\/p>/);
  assert.ok(!html.includes("~~~"));
});

test("over several repositories each place leads into its own", () => {
  const text = ["Repository one/:", "Likely.", "~~~", "== a.py:1-2 f", "x", "~~~", "Repository two/:", "~~~~", "== b.py:3-4 g", "y", "~~~", "~~~~"].join("\n");
  const pack = { folder: "/w", budget_tokens: 500, tokens: 40, tokenizer: "t", abstained: false, files: [], repositories: [], failed: { three: "not indexed yet" }, text };
  const html = contextPage("Fix", pack, { target: (target) => ("path" in target ? target.path : ""), copy: "c", chat: "d", text: "e" }, { nonce: "n", language: "en" });

  assert.match(html, /href="one\/a\.py"[\s\S]*href="two\/b\.py"[\s\S]*<code>y\n~~~<\/code>/);
  assert.match(html, /40 tokens of 500 \(t\), 0 files; three: not indexed yet/);
});
