import assert from "node:assert/strict";
import { test } from "node:test";
import { type Inspected, preferences, user } from "../../src/decide/settings";

const inspect = (values: Record<string, Inspected>) => (name: string) => values[name];

test("the server is told what an editor may choose, and the nearest word counts", () => {
  const chosen = preferences(inspect({ hover: { globalValue: false, workspaceValue: true }, codeLens: { globalValue: true } }), true);

  assert.deepEqual(chosen, { hover: true, codeLens: true, diagnostics: false, sleep: true, links: "command" });
});

test("in a folder that is not trusted its own settings do not count, and nothing is learned of it", () => {
  const chosen = preferences(inspect({ codeLens: { workspaceValue: true }, hover: { globalValue: false }, sleep: { globalValue: true } }), false);

  assert.deepEqual(chosen, { hover: false, codeLens: false, diagnostics: false, sleep: false, links: "command" });
});

test("what is no yes or no is passed over", () => {
  assert.equal(preferences(inspect({ hover: { globalValue: "no" } }), true).hover, true);
});

test("of models only what the user has set at user level is told", () => {
  const values = {
    "model.think": { globalValue: "ollama/qwen", workspaceValue: "evil/model" },
    "model.address": { workspaceValue: "http://evil.example", workspaceFolderValue: "http://evil.example" },
    "model.dollarsPerDay": { globalValue: 0 },
    "model.thoughts": { defaultValue: 1 },
    "model.effort": { globalValue: "" },
    "model.send": { globalValue: ["src"] },
  };

  assert.deepEqual(user(inspect(values), "sk-1", true), { model: { think: "ollama/qwen", dollars_per_day: 0, send: ["src"] }, key: "sk-1" });
});

test("a key goes with the model of the user's own file too", () => {
  assert.deepEqual(user(inspect({}), "sk-1", true), { model: {}, key: "sk-1" });
});

test("in a folder that is not trusted there is no model and no key", () => {
  assert.deepEqual(user(inspect({ "model.think": { globalValue: "ollama/qwen" } }), "sk-1", false), { model: {} });
});
