/** A forecast in, the place to go to out. */

import type { Forecast, LikelyChange } from "./contract";
import { count, percent } from "./figures";

/** A file that is less likely is not worth a jump. */
const LEAST_CHANCE = 0.02;

export interface Place {
  path: string;
  /** The file, or the likeliest definition in it. */
  subject: string;
  probability: number;
  reason: string;
}

/** Return the likeliest file that is not left out, with its likeliest definition; undefined where none is likely enough. */
export function nextPlace({ change_points: points }: Forecast, without: ReadonlySet<string>): Place | undefined {
  const file = best(points.filter(({ path, symbol }) => symbol === null && !without.has(path)));
  if (file === undefined || file.probability < LEAST_CHANCE) return undefined;
  const symbol = best(points.filter(({ path, symbol }) => symbol !== null && path === file.path));
  return {
    path: file.path,
    subject: symbol === undefined ? file.path : `${symbol.path}:${symbol.symbol ?? ""}`,
    probability: file.probability,
    reason: file.reasons[0]?.detail ?? "",
  };
}

/** Say why a place is shown. */
export function placeSaid(place: Place, given: readonly string[]): string {
  const after = given.length === 0 ? "" : given.length === 1 ? ` after ${given[0] ?? ""}` : ` after ${count(given.length, "file")}`;
  return `${place.path}, ${percent(place.probability)} likely to change${after}${place.reason ? ` (${place.reason})` : ""}`;
}

function best(points: LikelyChange[]): LikelyChange | undefined {
  return points.reduce<LikelyChange | undefined>((first, point) => (first === undefined || point.probability > first.probability ? point : first), undefined);
}
