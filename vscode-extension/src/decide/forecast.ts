/** A forecast in, a sentence on how good it was on past commits out. */

import type { Forecast } from "./contract";
import { count, percent } from "./figures";

/** What the plain rules that a forecast is compared with would list first. */
const RULES: Record<string, string> = {
  recency: "most recently changed files",
  frequency: "most often changed files",
  "co-change": "files that changed together most often",
};

/** Say why there is no forecast. */
export function withheld(why: string): string {
  return `No forecast: ${why}.`;
}

/** Say how good forecasts were on past commits that they had not seen; nothing where that is not known. */
export function tested(forecast: Forecast | undefined): string {
  if (forecast === undefined) return "";
  if (forecast.withheld !== null) return withheld(forecast.withheld);
  const own = forecast.hit_rate["recall@10"];
  if (own === undefined) return "";
  const others = Object.entries(forecast.baseline).map(([rule, rates]) => `${RULES[rule] ?? rule}: ${percent(rates["recall@10"] ?? 0)}`);
  return `Tested on ${count(forecast.trials, "past commit")} that it had not seen: ${percent(own)} of the changed files were in its top 10${others.length ? ` (${others.join(", ")})` : ""}.`;
}
