/** Which settings go to the server. What costs, or names where something is sent, is the user's own word alone. */

/** What VS Code tells of one setting: a value for each place that it may stand in. */
export interface Inspected {
  defaultValue?: unknown;
  globalValue?: unknown;
  workspaceValue?: unknown;
  workspaceFolderValue?: unknown;
}

export type Inspect = (name: string) => Inspected | undefined;

/** What docs/lsp.md lets an editor choose, with the defaults there; `links` is this extension's own to choose. */
export const PREFERENCES = { hover: true, codeLens: false, diagnostics: false, sleep: true };

export interface Preferences {
  hover: boolean;
  codeLens: boolean;
  diagnostics: boolean;
  sleep: boolean;
  links: "command";
}

/** Return what is chosen. In a folder that is not trusted its settings do not count, and nothing is learned of it. */
export function preferences(inspect: Inspect, trusted: boolean): Preferences {
  const of = (name: keyof typeof PREFERENCES): boolean => {
    const { globalValue, workspaceValue, workspaceFolderValue } = inspect(name) ?? {};
    const chosen = trusted ? (workspaceFolderValue ?? workspaceValue ?? globalValue) : globalValue;
    return typeof chosen === "boolean" ? chosen : PREFERENCES[name];
  };
  return { hover: of("hover"), codeLens: of("codeLens"), diagnostics: of("diagnostics"), sleep: trusted && of("sleep"), links: "command" };
}

export interface User {
  model: Record<string, unknown>;
  key?: string;
}

/** The settings on models, and what the server calls them. */
export const MODEL = {
  "model.think": "think",
  "model.check": "check",
  "model.address": "address",
  "model.effort": "effort",
  "model.dollarsPerDay": "dollars_per_day",
  "model.tokensPerDay": "tokens_per_day",
  "model.thoughts": "thoughts",
  "model.send": "send",
} as const;

/** Return what the user has set on models, at user level and nowhere else; nothing where the folder is not trusted. */
export function user(inspect: Inspect, key: string | undefined, trusted: boolean): User {
  if (!trusted) return { model: {} };
  const model: Record<string, unknown> = {};
  for (const [name, called] of Object.entries(MODEL)) {
    const value = inspect(name)?.globalValue;
    if (value !== undefined && value !== null && value !== "") model[called] = value;
  }
  return key ? { model, key } : { model };
}
