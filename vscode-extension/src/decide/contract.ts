/** What the server answers, as far as it is shown here: docs/json.md and docs/lsp.md, version 1. */

export interface Freshness {
  state: "fresh" | "pending" | "unknown";
  pending_count: number;
  learned_at: number | null;
}

export interface Reason {
  kind: string;
  detail: string;
  weight: number;
}

export interface LikelyChange {
  path: string;
  symbol: string | null;
  probability: number;
  reasons: Reason[];
}

export interface Forecast {
  change_points: LikelyChange[];
  hit_rate: Record<string, number>;
  trials: number;
  withheld: string | null;
  freshness: Freshness;
}

/** The answer about a repository of which nothing is known yet. */
export interface NotKnown {
  known: false;
  root: string;
  state: string;
  doing: string;
  ask_again_s: number;
}

export interface StatusChange {
  uri: string;
  event: string;
  state: string;
  text: string;
  at: number;
}

/** Tell the answer that nothing is known yet from all others. */
export function isUnknown(answer: object): answer is NotKnown {
  return "known" in answer && answer.known === false;
}
