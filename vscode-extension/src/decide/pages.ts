/** Usage, the check of the set-up and notes as pages of HTML without a script. */

import { type Chart, escaped, figure } from "./chart";
import type { Checkup, Forecast, LedgerDay, LedgerReport, Note } from "./contract";
import { ago, amount, count, duration, percent } from "./figures";
import { tested } from "./forecast";
import { notes, type Target } from "./rows";

/** So many days are shown one by one. */
const MOST_DAYS = 30;
/** A hit rate is that of so many days up to each: single days hold too few edits to say anything. */
const WINDOW = 7;
/** A rate of fewer cases than these is not drawn. */
const FEWEST = 3;

/** Return the share of `part` in `of` over the days up to each, or null where there were too few. */
export function rates(days: readonly LedgerDay[], part: keyof LedgerDay, of: keyof LedgerDay): (number | null)[] {
  return days.map((_, index) => {
    const recent = days.slice(Math.max(index - WINDOW + 1, 0), index + 1);
    const [hits, all] = [part, of].map((name) => recent.reduce((sum, day) => sum + Number(day[name]), 0)) as [number, number];
    return all >= FEWEST ? hits / all : null;
  });
}

/** Return the charts of a ledger. */
export function charts(ledger: LedgerReport): Chart[] {
  const days = ledger.days.slice(-MOST_DAYS);
  const labels = days.map((day) => day.day.slice(day.day.length > 7 ? 5 : 0));
  const of = (name: keyof LedgerDay) => days.map((day) => Number(day[name]));
  const sum = (name: keyof LedgerDay) => of(name).reduce((total, value) => total + value, 0);
  const expected = rates(days, "expected_edits", "edits");
  const latest = expected.filter((value) => value !== null).at(-1);
  const tokens = (value: number) => amount(value, "tokens");
  const found: Chart[] = [
    {
      id: "learning",
      title: "How often the forecast was right",
      summary: latest === undefined ? "Not enough edits, questions and contexts yet." : `Recently, ${percent(latest)} of the edited files were among the 20 expected ones. Each point covers the ${WINDOW} days up to it.`,
      kind: "lines",
      labels,
      series: [
        { name: "edited files that were expected", values: expected, colour: 1 },
        { name: "files asked about that were expected", values: rates(days, "expected_asks", "asks"), colour: 2 },
        { name: "contexts with a file that was used", values: rates(days, "used_packs", "packs"), colour: 3 },
      ],
      format: percent,
      top: 1,
    },
    {
      id: "cost",
      title: "Cost of background work",
      summary: `${duration(sum("cpu_s"))} of CPU time on ${count(days.length, "day")}.`,
      kind: "bars",
      labels,
      series: [{ name: "CPU time", values: of("cpu_s"), colour: 4 }],
      format: duration,
    },
    {
      id: "served",
      title: "Answers",
      summary: `${count(sum("requests"), "answer")}, ${tokens(sum("served_tokens"))} tokens; estimated saving ${tokens(sum("spared_tokens"))} tokens.`,
      kind: "bars",
      labels,
      series: [
        { name: "tokens served", values: of("served_tokens"), colour: 1 },
        { name: "tokens saved (estimate)", values: of("spared_tokens"), colour: 3 },
      ],
      format: tokens,
    },
  ];
  if (sum("tokens")) {
    found.push({
      id: "model",
      title: "Use of models",
      summary: `${tokens(sum("tokens"))} tokens for ${amount(sum("dollars"), "dollars")}.`,
      kind: "bars",
      labels,
      series: [{ name: "tokens of models", values: of("tokens"), colour: 2 }],
      format: tokens,
    });
  }
  return found;
}

/** Return the page on usage. */
export function ledgerPage(ledger: LedgerReport, forecast: Forecast | undefined, name: string, frame: Frame): string {
  const cost = Object.entries(ledger.cost).map(([kind, job]) => [kind, String(job.jobs), String(job.failed), duration(job.cpu_s), duration(job.wall_s), amount(job.tokens, "tokens"), amount(job.dollars, "dollars")]);
  const served = Object.entries(ledger.served).map(([kind, given]) => [kind, String(given.requests), amount(given.tokens, "tokens"), milliseconds(given.p50_ms), milliseconds(given.p95_ms)]);
  const saving = ledger.estimated_saving;
  return page(
    `Usage: ${name}`,
    [
      `<p>${escaped(tested(forecast))}</p>`,
      ...charts(ledger).map((chart) => figure(chart)),
      grid("Background work, by kind of job", ["job", "finished", "failed", "CPU time", "time", "tokens", "dollars"], cost),
      grid("Answers, by kind", ["answer", "count", "tokens", "half within", "95% within"], served),
      `<p>Estimated saving: ${escaped(`${amount(saving.tokens, "tokens")} tokens over ${count(saving.requests, "request")}`)}. <span class="aside">Method: ${escaped(saving.method)}.</span></p>`,
    ],
    frame,
  );
}

/** Return the page of the set-up check. */
export function doctorPage(found: Checkup, name: string, frame: Frame): string {
  const measures = found.footprint.map((one) => [one.name, one.state, amount(one.used, one.unit), one.limit === null ? "" : amount(one.limit, one.unit), advised(one)]);
  const checks = found.checks.map((one) => [one.name, one.state, advised(one)]);
  return page(
    `Set-up: ${name}`,
    [
      `<p>${found.faults ? `${count(found.faults, "fault")} found.` : "No faults found."}</p>`,
      grid("Resource use", ["resource", "state", "used", "limit", "remarks"], measures),
      grid("Requirements", ["requirement", "state", "found"], checks),
    ],
    frame,
  );
}

/** Return what was found, with what to do about it. */
function advised({ detail, fix }: { detail: string; fix: string }): string {
  return fix ? `${detail ? `${detail}. ` : ""}Fix: ${fix}` : detail;
}

/** Return the page of a note: what the view shows of it, all at once, with links to the evidence. */
export function notePage(note: Note, forecast: Forecast | undefined, now: number, link: (target: Target) => string, frame: Frame): string {
  const kinds = [...new Set(note.claims.map((claim) => claim.kind))];
  const rows = notes([note], now).rows[0]?.children ?? [];
  const claims = rows.filter((row) => row.kind === "claim");
  const of = (kind: string) => claims.filter((_, index) => note.claims[index]?.kind === kind);
  const item = (text: string, target: Target | undefined) => (target === undefined || target.open === "commit" ? `<code>${escaped(text)}</code>` : `<a href="${escaped(link(target))}"><code>${escaped(text)}</code></a>`);
  const sections = kinds.map((kind) => {
    const said = of(kind).map((row) => {
      const by = row.description?.split(" · ")[1];
      return `<li>${escaped(row.label)}${by ? ` <span class="aside">(${escaped(by)})</span>` : ""}<ul>${(row.children ?? []).map((one) => `<li>${item(one.label, one.target)}</li>`).join("")}</ul></li>`;
    });
    return `<h2>${escaped(kind)}</h2>\n<ul>${said.join("\n")}</ul>`;
  });
  const others = rows.filter((row) => row.kind !== "claim").map((row) => `<p class="aside">${escaped(row.label)}${row.description ? ` (${escaped(row.description)})` : ""}.</p>`);
  const learned = note.freshness.learned_at === null ? "" : `<p class="aside">Indexed ${escaped(ago(now - note.freshness.learned_at))}, lines checked just now.</p>`;
  return page(note.subject || "The repository", [chance(note, forecast), ...sections, ...others, learned], frame);
}

/** Say how likely the next change touches the file of a note, and how good such words were. */
function chance(note: Note, forecast: Forecast | undefined): string {
  if (forecast === undefined || forecast.withheld !== null) return "";
  const point = forecast.change_points.find(({ path, symbol }) => symbol === null && (note.subject === path || note.subject.startsWith(`${path}:`)));
  if (point === undefined) return "";
  const subject = note.subject === point.path ? "" : `The file ${point.path} is `;
  return `<p>${escaped(`${subject}${percent(point.probability)} likely to change next. ${tested(forecast)}`)}</p>`;
}

function milliseconds(value: number | null): string {
  return value === null ? "–" : duration(value / 1000);
}

function grid(title: string, head: string[], rows: string[][]): string {
  if (!rows.length) return "";
  const cells = rows.map(([first = "", ...rest]) => `<tr><th scope="row">${escaped(first)}</th>${rest.map((cell) => `<td${/^(fault|remark)$/.test(cell) ? ` class="${cell}"` : ""}>${escaped(cell)}</td>`).join("")}</tr>`);
  return `<table><caption>${escaped(title)}</caption><thead><tr>${head.map((one) => `<th scope="col">${escaped(one)}</th>`).join("")}</tr></thead><tbody>${cells.join("")}</tbody></table>`;
}

/** What a page needs of the editor: a word that only its own style knows, and the editor's word for local sources. */
export interface Frame {
  nonce: string;
  language: string;
}

/** Return a page that runs no script, loads nothing, and takes its colours from the theme. */
export function page(title: string, parts: string[], { nonce, language }: Frame): string {
  return `<!DOCTYPE html>
<html lang="${escaped(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}';">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${parts.join("\n")}
</main>
</body>
</html>`;
}

const STYLE = `
body { font: var(--vscode-font-size) var(--vscode-font-family); color: var(--vscode-foreground); padding: 0 1.5em 2em; }
main { max-width: 56em; }
h1 { font-size: 1.5em; font-weight: 600; overflow-wrap: anywhere; }
h2 { font-size: 1.15em; font-weight: 600; }
a { color: var(--vscode-textLink-foreground); }
code { font-family: var(--vscode-editor-font-family); color: inherit; background: none; }
pre { background: var(--vscode-textCodeBlock-background); padding: 0.6em 0.9em; overflow-x: auto; }
figure { margin: 1.5em 0; }
figcaption, caption { font-weight: 600; text-align: left; padding: 0.3em 0; }
figure p, .aside { color: var(--vscode-descriptionForeground); margin: 0 0 0.4em; }
svg[role] { width: 100%; height: auto; }
.grid { stroke: var(--vscode-editorWidget-border, var(--vscode-contrastBorder, #8884)); stroke-width: 1; }
.scale { fill: var(--vscode-descriptionForeground); font-size: 11px; }
.c1 { fill: var(--vscode-charts-blue, #3794ff); } .l1 { stroke: var(--vscode-charts-blue, #3794ff); }
.c2 { fill: var(--vscode-charts-yellow, #cca700); } .l2 { stroke: var(--vscode-charts-yellow, #cca700); stroke-dasharray: 6 3; }
.c3 { fill: var(--vscode-charts-green, #388a34); } .l3 { stroke: var(--vscode-charts-green, #388a34); stroke-dasharray: 2 3; }
.c4 { fill: var(--vscode-charts-purple, #b180d7); } .l4 { stroke: var(--vscode-charts-purple, #b180d7); }
.s1, .s2, .s3, .s4 { stroke: var(--vscode-contrastBorder, transparent); }
polyline { fill: none; stroke-width: 2; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.3em 1.2em; padding: 0; margin: 0.2em 0; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { text-align: left; padding: 0.25em 1em 0.25em 0; border-bottom: 1px solid var(--vscode-editorWidget-border, var(--vscode-contrastBorder, #8884)); vertical-align: top; font-variant-numeric: tabular-nums; }
th[scope=row] { font-weight: 500; white-space: nowrap; }
td:not(:last-child) { white-space: nowrap; }
td:last-child { overflow-wrap: anywhere; }
.fault { color: var(--vscode-errorForeground); font-weight: 600; }
.remark { color: var(--vscode-editorWarning-foreground); }
summary { cursor: pointer; color: var(--vscode-textLink-foreground); }
summary:focus-visible { outline: 1px solid var(--vscode-focusBorder); }
.empty { font-style: italic; }
`;
