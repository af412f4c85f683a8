/** Answers in, rows of the side bar's views out. */

import type { Claim, Evidence, FoundRecipe, Forecast, LikelyChange, Note, QueuedJob, QueueReport, Reason } from "./contract";
import { ago, amount, count, duration, percent } from "./figures";
import { tested, withheld as noForecast } from "./forecast";

/** What a click opens, below the top of the repository; lines from one. */
export type Target =
  | { open: "spot"; subject: string }
  | { open: "lines"; path: string; start: number; end: number }
  | { open: "file"; path: string }
  | { open: "commit"; commit: string }
  | { open: "note"; subject: string };

export interface Row {
  /** The same for the same thing in the next answer, so that what is unfolded stays so. */
  id: string;
  label: string;
  description?: string;
  tooltip?: string;
  /** What a screen reader says of it. */
  spoken: string;
  icon?: string;
  /** The file that it is about, for the icon of its kind. */
  path?: string;
  /** How likely that file changes next, 0 to 1. */
  chance?: number;
  target?: Target;
  children?: Row[];
  folded?: boolean;
  /** What menus know it as. */
  kind: string;
}

export interface Rows {
  rows: Row[];
  /** A line above the rows. */
  message?: string;
}

/** A file that is less likely to change next is not shown, though the forecast may list it. */
const LEAST_CHANCE = 0.01;
/** What goes along more often than not is said to go along usually. */
const USUAL = 0.5;
/** A note with more claims than this shows them by kind. */
const MANY_CLAIMS = 3;

/** What a commit says of itself. */
export interface CommitFacts {
  subject: string;
  author: string;
  /** As YYYY-MM-DD. */
  date: string;
}

/** What is known of the change that somebody makes now. */
export interface OwnChange {
  /** The files that it touches so far. */
  files: readonly string[];
  /** What else it is likely to touch; undefined where nothing is changed yet. */
  forecast: Forecast | undefined;
}

export const NOTHING_CHANGED: OwnChange = { files: [], forecast: undefined };

/** Return the likely change points: what goes with the change at hand first, and what is likely anyway. */
export function changePoints(anyway: Forecast, own: OwnChange = NOTHING_CHANGED, hidden: readonly string[] = []): Rows {
  if (anyway.withheld !== null) return { rows: [], message: noForecast(anyway.withheld) };
  const without = new Set([...own.files, ...hidden]);
  const message = tested({ ...anyway, baseline: {} });
  const others = points(anyway, without, "anyway");
  const said = message ? { message } : {};
  if (own.forecast === undefined) return { rows: others, ...said };
  const label = `With your changes (${count(own.files.length, "file")})`;
  const beside = own.forecast.withheld === null ? points(own.forecast, without, "own") : [];
  const why = own.forecast.withheld === null ? "No other file is likely to go with them" : noForecast(own.forecast.withheld);
  const none: Row = { id: "own/none", label: why, tooltip: why, spoken: why, icon: "circle-outline", kind: "nothing" };
  const rows: Row[] = [
    { id: "own", label, tooltip: own.files.join("\n"), spoken: label, icon: "git-compare", kind: "section", children: beside.length ? beside : [none] },
    { id: "anyway", label: "Likely anyway", tooltip: "What changes next in this repository, whatever you work on", spoken: "likely anyway", icon: "history", kind: "section", folded: true, children: others },
  ];
  return { rows, ...said };
}

/** Return the files that most changes like the one at hand touched too. */
export function companions(own: OwnChange, hidden: readonly string[]): Rows {
  if (!own.files.length) return { rows: [], message: "Change a file, and the files that usually go with it are listed here." };
  const withheld = own.forecast?.withheld;
  if (withheld) return { rows: [], message: noForecast(withheld) };
  const rows = own.forecast === undefined ? [] : points(own.forecast, new Set([...own.files, ...hidden]), "commit", USUAL);
  return rows.length ? { rows } : { rows, message: `Nothing is missing that usually goes with ${count(own.files.length, "changed file")}.` };
}

function points(forecast: Forecast, without: ReadonlySet<string>, id: string, least = LEAST_CHANCE): Row[] {
  const likely = forecast.change_points.filter((point) => point.probability >= least);
  const symbols = new Map<string, LikelyChange[]>();
  for (const point of likely) {
    if (point.symbol !== null) symbols.set(point.path, [...(symbols.get(point.path) ?? []), point]);
  }
  return likely.filter((point) => point.symbol === null && !without.has(point.path)).map((point, index) => changePoint(point, index, symbols.get(point.path) ?? [], id));
}

function changePoint(point: LikelyChange, index: number, symbols: LikelyChange[], id: string): Row {
  const { folder, name } = parted(point.path);
  const chance = percent(point.probability);
  return {
    id: `${id}/${point.path}`,
    label: name,
    ...(folder ? { description: folder } : {}),
    chance: point.probability,
    tooltip: [`${point.path}: ${chance} likely to change next`, ...reasons(point.reasons)].join("\n"),
    spoken: `${point.path}, number ${index + 1}, ${chance} likely to change next${said(point.reasons)}`,
    path: point.path,
    target: { open: "spot", subject: point.path },
    kind: "changePoint",
    folded: true,
    children: symbols.map((symbol) => ({
      id: `${id}/${symbol.path}:${symbol.symbol ?? ""}`,
      label: symbol.symbol ?? "",
      description: percent(symbol.probability),
      tooltip: [`${symbol.path}:${symbol.symbol ?? ""}: ${percent(symbol.probability)}`, ...reasons(symbol.reasons)].join("\n"),
      spoken: `${symbol.symbol ?? ""}, ${percent(symbol.probability)} likely to change next${said(symbol.reasons)}`,
      icon: "symbol-method",
      target: { open: "spot", subject: `${symbol.path}:${symbol.symbol ?? ""}` },
      kind: "changeSymbol",
    })),
  };
}

function reasons(all: Reason[]): string[] {
  return all.map((reason) => `- ${reason.detail}`);
}

function said(all: Reason[]): string {
  return all.length ? `, because: ${all.map((reason) => reason.detail).join("; ")}` : "";
}

/** Return notes, each claim with its evidence below it, and what is withheld as such. */
export function notes(all: Note[], now: number): Rows {
  const rows = all.map((note) => ({
    id: note.subject,
    label: note.subject_kind === "symbol" ? note.subject.slice(note.subject.indexOf(":") + 1) : note.subject || "The repository",
    description: note.subject_kind === "symbol" ? parted(note.subject.slice(0, note.subject.indexOf(":"))).name : note.subject_kind,
    tooltip: `${note.subject || "the repository"}${note.freshness.learned_at === null ? "" : `\nindexed ${ago(now - note.freshness.learned_at)}, lines checked just now`}`,
    spoken: `${note.subject_kind} ${note.subject}, ${count(note.claims.length, "claim")}`,
    icon: note.subject_kind === "symbol" ? "symbol-method" : "file",
    kind: "note",
    children: [...byKind(note, note.claims.map((claim, index) => claimRow(note, claim, index))), ...withheld(note), ...nothing(note)],
  }));
  return { rows };
}

const KINDS: Record<string, string> = {
  users: "Used by",
  callers: "Called by",
  dependents: "Imported by",
  tests: "Tests",
  "changes with": "Changes with",
  fixes: "Fixes",
  hot: "Often changed",
  recipe: "How changes are made",
  relatives: "Related",
  subtypes: "Subtypes",
  writers: "Written by",
  members: "Members",
  "entry point": "Entry points",
};

/** Put claims below their kinds where there are many; the kinds in the order of their first claims. */
function byKind(note: Note, rows: Row[]): Row[] {
  const kinds = [...new Set(note.claims.map(({ kind }) => kind))];
  if (rows.length <= MANY_CLAIMS || kinds.length < 2) return rows;
  return kinds.flatMap((kind): Row[] => {
    const own = rows.filter((_, index) => note.claims[index]?.kind === kind);
    if (own.length === 1) return own;
    const label = KINDS[kind] ?? kind;
    return [{ id: `${note.subject}/kind/${kind}`, label, description: String(own.length), spoken: `${label}, ${count(own.length, "claim")}`, icon: "list-unordered", kind: "claims", children: own }];
  });
}

function claimRow(note: Note, claim: Claim, index: number): Row {
  const evidence = claim.evidence.flatMap((one, at) => evidenceRows(`${note.subject}/${index}/${at}`, one));
  const only = evidence.length === 1 ? evidence[0]?.target : undefined;
  const by = claim.by ? `by ${claim.by}` : "";
  return {
    id: `${note.subject}/${index}/${claim.kind}`,
    label: claim.text,
    description: [claim.kind, by].filter(Boolean).join(" · "),
    tooltip: [claim.text, by ? `Written ${by}, checked against its evidence.` : "", ...evidence.map((row) => `- ${row.label}`)].filter(Boolean).join("\n"),
    spoken: `${claim.kind}: ${claim.text}${by ? `, written ${by}` : ""}, ${count(evidence.length, "piece")} of evidence`,
    icon: by ? "sparkle" : "note",
    kind: "claim",
    folded: true,
    ...(only === undefined ? {} : { target: only }),
    children: evidence,
  };
}

function evidenceRows(id: string, evidence: Evidence): Row[] {
  if (evidence.path !== null) {
    const { path, start_line: start, end_line: end } = evidence;
    const place = start === null || end === null ? path : `${path}:${start === end ? start : `${start}-${end}`}`;
    const target: Target = start === null || end === null ? { open: "file", path } : { open: "lines", path, start, end };
    return [{ id: `${id}/${place}`, label: place, spoken: `evidence: ${start === null ? path : start === end ? `${path}, line ${start}` : `${path}, from line ${start} to ${end ?? start}`}`, path, target, kind: "evidence" }];
  }
  return evidence.commits.map((commit) => commitRow(id, commit));
}

function commitRow(id: string, commit: string): Row {
  return { id: `${id}/${commit}`, label: commit.slice(0, 10), tooltip: commit, spoken: `commit ${commit.slice(0, 10)}`, icon: "git-commit", target: { open: "commit", commit }, kind: "commit" };
}

/** Return the row of a commit with what it says of itself. */
export function commitSaid(row: Row, { subject, author, date }: CommitFacts): Row {
  const about = [date, author].filter(Boolean).join(" · ");
  return { ...row, label: subject || row.label, description: about, tooltip: [subject, about, row.tooltip].filter(Boolean).join("\n"), spoken: `commit ${subject}, ${about}` };
}

function withheld(note: Note): Row[] {
  const total = Object.values(note.withheld).reduce((sum, number) => sum + number, 0);
  if (!total) return [];
  const kinds = Object.entries(note.withheld).map(([kind, number]) => `${number} on ${kind}`).join(", ");
  const label = `${count(total, "claim")} left out: ${total === 1 ? "its" : "their"} evidence has changed`;
  return [{ id: `${note.subject}/withheld`, label, description: kinds, tooltip: `${label} (${kinds}). The next indexing updates ${total === 1 ? "it" : "them"}.`, spoken: `${label}, ${kinds}`, icon: "eye-closed", kind: "withheld" }];
}

function nothing(note: Note): Row[] {
  if (note.claims.length || Object.keys(note.withheld).length) return [];
  const label = "No notes: history and references add nothing";
  return [{ id: `${note.subject}/nothing`, label, spoken: label, icon: "circle-outline", kind: "nothing" }];
}

/** Return how changes are made here. */
export function recipes(all: FoundRecipe[]): Rows {
  return {
    rows: all.map((recipe, index) => ({
      id: `${index}/${recipe.text}`,
      ...recipeSaid(recipe),
      tooltip: recipe.text,
      spoken: recipe.text,
      icon: "checklist",
      kind: "recipe",
      folded: true,
      children: [
        ...recipe.touched.map((path): Row => ({ id: `${index}/${path}`, label: path, spoken: path, path, target: { open: "file", path }, kind: "evidence" })),
        ...recipe.commits.map((commit) => commitRow(String(index), commit)),
      ],
    })),
  };
}

/** Return a recipe's label ("Add a .py file in plugins/") and how often it held; its whole sentence where it reads otherwise. */
function recipeSaid({ text, folder }: FoundRecipe): { label: string; description: string } {
  const [, what, when] = /^Commits that add (.+?) also change .+ \(([^()]+)\)\.$/.exec(text) ?? [];
  return what === undefined || when === undefined ? { label: text, description: folder || "the top folder" } : { label: `Add ${what}`, description: when };
}

/** Return the jobs that run next, and those that do not and why. */
export function queue(report: QueueReport): Rows {
  const rows = report.next.map(queued);
  if (report.left_out.length) {
    rows.push({
      id: "left out",
      label: "Not planned now",
      description: String(report.left_out.length),
      spoken: `${count(report.left_out.length, "job")} not planned now`,
      icon: "circle-slash",
      kind: "leftOut",
      folded: true,
      children: report.left_out.map((job, index) => ({
        id: `left out/${index}/${job.kind} ${job.subject}`,
        label: `${job.kind} ${job.subject}`.trim(),
        description: job.why,
        tooltip: `${job.kind} ${job.subject}\n${job.why}`,
        spoken: `${job.kind} ${job.subject}: ${job.why}`,
        icon: "circle-slash",
        kind: "job",
      })),
    });
  }
  const money = report.today.dollars > 0 ? `, ${amount(report.today.dollars, "dollars")}` : "";
  return { rows, message: `Used today: ${duration(report.today.cpu_s)} of CPU time${money}; ${duration(report.left.cpu_s)} left.` };
}

function queued(job: QueuedJob, index: number): Row {
  const cost = [duration(job.cost.cpu_s), job.cost.tokens ? `${amount(job.cost.tokens, "tokens")} tokens` : "", job.cost.dollars ? amount(job.cost.dollars, "dollars") : ""].filter(Boolean).join(", ");
  const worth = job.urgent ? "urgent" : `saves ${job.worth.toFixed(1)} times its cost`;
  const guessed = job.measured ? `estimated from ${count(job.measured, "earlier job")}` : "a guess";
  return {
    id: `${index}/${job.kind} ${job.subject}`,
    label: `${job.kind} ${job.subject}`.trim(),
    description: `${worth} · ${cost}`,
    tooltip: [`${job.kind} ${job.subject}`.trim(), job.reason, `Costs ${cost} (${guessed}).`, `${percent(job.probability)} likely to be needed within a day.`].join("\n"),
    spoken: `number ${index + 1}: ${job.kind} ${job.subject}, ${worth}, costs ${cost}, ${job.reason}`,
    icon: job.urgent ? "zap" : "clock",
    kind: "job",
  };
}

function parted(path: string): { folder: string; name: string } {
  const at = path.lastIndexOf("/");
  return { folder: at < 0 ? "" : path.slice(0, at), name: path.slice(at + 1) };
}
