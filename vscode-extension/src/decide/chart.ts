/** Numbers in, charts as SVG out, and the same numbers as a table. Every text is escaped here. */

export interface Series {
  name: string;
  /** One value for each label; null where there is none. */
  values: readonly (number | null)[];
  /** Which of the page's colours. */
  colour: 1 | 2 | 3 | 4;
}

export interface Chart {
  id: string;
  title: string;
  /** A sentence on what is to be seen, for those who do not see it. */
  summary: string;
  kind: "bars" | "lines";
  labels: readonly string[];
  series: readonly Series[];
  /** How a value is written. */
  format: (value: number) => string;
  /** The largest value of the scale; the largest there is, where it is left out. */
  top?: number;
}

export interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  above: number;
  below: number;
}

export const FRAME: Frame = { width: 640, height: 220, left: 56, right: 12, above: 12, below: 28 };

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Return text that HTML shows as it is. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Return values that a scale up to `top` is marked at: at most five, in round steps from zero. */
export function ticks(top: number): number[] {
  if (!(top > 0)) return [0];
  const rough = top / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10);
  const found: number[] = [];
  for (let at = 0; at * step <= top * (1 + 1e-9); at++) found.push(Number((at * step).toPrecision(12)));
  return found;
}

/** Return where a value lies on a scale from zero to `top`, in pixels from above. */
export function height(value: number, top: number, frame: Frame): number {
  const room = frame.height - frame.above - frame.below;
  return frame.above + room * (1 - (top > 0 ? Math.min(Math.max(value / top, 0), 1) : 0));
}

/** Return where the middle of a label's column lies, in pixels from the left. */
export function middle(index: number, columns: number, frame: Frame): number {
  return frame.left + ((frame.width - frame.left - frame.right) * (index + 0.5)) / Math.max(columns, 1);
}

/** Return the pieces of a line: points beside each other; where a value is missing, the line is broken. */
export function pieces(values: readonly (number | null)[], top: number, frame: Frame): [number, number][][] {
  const found: [number, number][][] = [];
  let piece: [number, number][] = [];
  values.forEach((value, index) => {
    if (value === null) {
      if (piece.length) found.push(piece);
      piece = [];
    } else piece.push([middle(index, values.length, frame), height(value, top, frame)]);
  });
  return piece.length ? [...found, piece] : found;
}

/** Return the chart with its legend, and the table of its numbers to unfold. */
export function figure(chart: Chart, frame: Frame = FRAME): string {
  const legend = chart.series.map((one) => `<li><svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" class="c${one.colour} s${one.colour}"/></svg> ${escaped(one.name)}</li>`);
  const isEmpty = chart.series.every((one) => one.values.every((value) => value === null));
  return `<figure><figcaption id="${chart.id}-title">${escaped(chart.title)}</figcaption>
<p id="${chart.id}-summary">${escaped(chart.summary)}</p>
${!isEmpty ? `${svg(chart, frame)}\n<ul class="legend">${legend.join("")}</ul>\n${table(chart)}` : '<p class="empty">No data yet.</p>'}</figure>`;
}

/** Return the chart alone. */
export function svg(chart: Chart, frame: Frame = FRAME): string {
  const values = chart.series.flatMap((one) => one.values).filter((value) => value !== null);
  const top = chart.top ?? Math.max(...values, 0);
  const marks = ticks(top);
  const scale = Math.max(top, marks.at(-1) ?? 0);
  const grid = marks.map((mark) => {
    const y = round(height(mark, scale, frame));
    return `<line class="grid" x1="${frame.left}" x2="${frame.width - frame.right}" y1="${y}" y2="${y}"/><text class="scale" x="${frame.left - 6}" y="${y + 4}" text-anchor="end">${escaped(chart.format(mark))}</text>`;
  });
  const every = Math.ceil(chart.labels.length / 8);
  const labels = chart.labels.map((label, index) =>
    index % every === 0 ? `<text class="scale" x="${round(middle(index, chart.labels.length, frame))}" y="${frame.height - 8}" text-anchor="middle">${escaped(label)}</text>` : "",
  );
  const drawn = chart.kind === "bars" ? bars(chart, scale, frame) : lines(chart, scale, frame);
  return `<svg viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-labelledby="${chart.id}-title ${chart.id}-summary">${grid.join("")}${labels.join("")}${drawn}</svg>`;
}

function bars(chart: Chart, top: number, frame: Frame): string {
  const column = (frame.width - frame.left - frame.right) / chart.labels.length;
  const width = Math.min((0.8 * column) / chart.series.length, 36);
  const base = height(0, top, frame);
  return chart.series
    .flatMap((one, at) =>
      one.values.map((value, index) => {
        if (value === null || value <= 0) return "";
        const x = middle(index, chart.labels.length, frame) + (at - chart.series.length / 2) * width;
        const y = height(value, top, frame);
        const said = `${chart.labels[index] ?? ""}, ${one.name}: ${chart.format(value)}`;
        return `<rect class="c${one.colour} s${one.colour}" x="${round(x)}" y="${round(y)}" width="${round(Math.max(width - 1, 1))}" height="${round(base - y)}"><title>${escaped(said)}</title></rect>`;
      }),
    )
    .join("");
}

function lines(chart: Chart, top: number, frame: Frame): string {
  return chart.series
    .map((one) => {
      const runs = pieces(one.values, top, frame).map((piece) => `<polyline class="l${one.colour}" points="${piece.map(([x, y]) => `${round(x)},${round(y)}`).join(" ")}"/>`);
      const dots = one.values.map((value, index) => {
        if (value === null) return "";
        const said = `${chart.labels[index] ?? ""}, ${one.name}: ${chart.format(value)}`;
        return `<circle class="c${one.colour}" cx="${round(middle(index, one.values.length, frame))}" cy="${round(height(value, top, frame))}" r="3"><title>${escaped(said)}</title></circle>`;
      });
      return runs.join("") + dots.join("");
    })
    .join("");
}

/** Return the numbers of a chart as a table. */
export function table(chart: Chart): string {
  const head = `<tr><th scope="col"></th>${chart.series.map((one) => `<th scope="col">${escaped(one.name)}</th>`).join("")}</tr>`;
  const rows = chart.labels.map((label, index) => {
    const cells = chart.series.map((one) => {
      const value = one.values[index];
      return `<td>${value === null || value === undefined ? "–" : escaped(chart.format(value))}</td>`;
    });
    return `<tr><th scope="row">${escaped(label)}</th>${cells.join("")}</tr>`;
  });
  return `<details><summary>Numbers as a table</summary><table><caption>${escaped(chart.title)}</caption><thead>${head}</thead><tbody>${rows.join("")}</tbody></table></details>`;
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}
