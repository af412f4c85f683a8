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
  baseline: Record<string, Record<string, number>>;
  trials: number;
  withheld: string | null;
  freshness: Freshness;
}

export interface Evidence {
  path: string | null;
  start_line: number | null;
  end_line: number | null;
  commits: string[];
}

export interface Claim {
  text: string;
  subject: string;
  kind: string;
  evidence: Evidence[];
  /** The model that wrote it; absent or empty where none did. */
  by?: string;
}

export interface Note {
  subject: string;
  subject_kind: string;
  claims: Claim[];
  withheld: Record<string, number>;
  freshness: Freshness;
}

export interface RankedFile {
  path: string;
  rank: number;
  spans: { start_line: number; end_line: number; symbol: string | null }[];
  reasons: Reason[];
}

export interface Pack {
  task_tokens: number;
  budget_tokens: number;
  tokens: number;
  tokenizer: string;
  abstained: boolean;
  files: RankedFile[];
  text: string;
  freshness: Freshness;
}

/** A pack over all repositories of the workspace: paths begin with the folder of their repository, below `folder`. */
export interface WorkspacePack {
  folder: string;
  budget_tokens: number;
  tokens: number;
  tokenizer: string;
  abstained: boolean;
  files: { repository: string; path: string }[];
  repositories: { repository: string; freshness: Freshness }[];
  failed: Record<string, string>;
  text: string;
}

export interface FoundRecipe {
  text: string;
  folder: string;
  touched: string[];
  commits: string[];
}

export interface RecipeBook {
  recipes: FoundRecipe[];
}

export interface ReferenceQuestion {
  subject: string;
  path: string;
  line: number;
  name: string;
}

export interface Spot {
  path: string;
  symbol: string | null;
  start_line: number | null;
  end_line: number | null;
}

export interface SleepState {
  root: string;
  known: boolean;
  state: string;
  signal: string;
  text: string;
  job: string;
  paused: boolean;
  until: number | null;
  spent: string[];
  failing: Record<string, string>;
}

export interface Amounts {
  cpu_s: number;
  wall_s: number;
  tokens: number;
  dollars: number;
}

export interface QueuedJob {
  kind: string;
  subject: string;
  reason: string;
  cost: Amounts;
  measured: number;
  probability: number;
  worth: number;
  urgent: boolean;
}

export interface QueueReport {
  next: QueuedJob[];
  left_out: { kind: string; subject: string; why: string; worth: number }[];
  today: Amounts;
  left: Amounts;
}

export interface LedgerDay {
  day: string;
  jobs: number;
  cpu_s: number;
  wall_s: number;
  tokens: number;
  dollars: number;
  requests: number;
  served_tokens: number;
  spared_tokens: number;
  packs: number;
  used_packs: number;
  edits: number;
  expected_edits: number;
  asks: number;
  expected_asks: number;
}

export interface LedgerReport {
  cost: Record<string, { jobs: number; failed: number; cpu_s: number; wall_s: number; tokens: number; dollars: number }>;
  today: Amounts;
  served: Record<string, { requests: number; tokens: number; p50_ms: number | null; p95_ms: number | null }>;
  estimated_saving: { tokens: number; requests: number; method: string };
  days: LedgerDay[];
}

export interface Checkup {
  root: string | null;
  footprint: { name: string; used: number | null; limit: number | null; unit: string; state: string; detail: string; fix: string }[];
  checks: { name: string; state: string; detail: string; fix: string }[];
  faults: number;
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
  done: number | null;
  total: number | null;
}

/** Tell the answer that nothing is known yet from all others. */
export function isUnknown(answer: object): answer is NotKnown {
  return "known" in answer && answer.known === false;
}

export interface Finding {
  kind: "forgotten" | "caller" | "removed";
  path: string;
  message: string;
  /** The file or symbol of the change that it is about. */
  subject: string;
}

export interface AffectedTest {
  path: string;
  reasons: string[];
  names: string[];
}

export interface Review {
  findings: Finding[];
  tests: AffectedTest[];
  withheld: string | null;
}
