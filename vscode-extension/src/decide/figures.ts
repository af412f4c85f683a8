/** Numbers as people read them. */

/** Return a share from 0 to 1 in per cent, with a digit behind the point where it is small. */
export function percent(share: number): string {
  const value = 100 * share;
  if (value > 0 && value < 0.1) return "<0.1%";
  return value > 0 && value < 1 ? `${value.toFixed(1)}%` : `${Math.round(value)}%`;
}

/** Return "1 file", "2 files". */
export function count(number: number, what: string): string {
  return `${number.toLocaleString("en")} ${number === 1 ? what : `${what.replace(/([^aeiou])y$/, "$1ie")}s`}`;
}

/** Return a length of time in its largest fitting unit. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(1000 * seconds)} ms`;
  if (seconds < 120) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = seconds / 60;
  return minutes < 100 ? `${Math.round(minutes)} min` : `${(minutes / 60).toFixed(1)} h`;
}

/** Return how long ago something was. */
export function ago(seconds: number): string {
  if (seconds < 90) return "just now";
  const [number, unit] = seconds < 5400 ? [seconds / 60, "minute"] : seconds < 129_600 ? [seconds / 3600, "hour"] : [seconds / 86_400, "day"];
  return `${count(Math.round(number), unit)} ago`;
}

/** Return an amount with its unit, as the server names it. */
export function amount(value: number | null, unit: string): string {
  if (value === null) return "-";
  switch (unit) {
    case "bytes":
      return value < 1e6 ? `${Math.round(value / 1e3)} kB` : value < 1e9 ? `${(value / 1e6).toFixed(value < 1e7 ? 1 : 0)} MB` : `${(value / 1e9).toFixed(1)} GB`;
    case "s":
      return duration(value);
    case "dollars":
      return `$${value.toFixed(2)}`;
    default:
      return Math.round(value).toLocaleString("en");
  }
}

/** Return the time of day of a moment in seconds since 1970, with its date where that is another day than `now`'s. */
export function clock(at: number, now: number): string {
  const [moment, today] = [new Date(1000 * at), new Date(1000 * now)];
  const two = (number: number) => String(number).padStart(2, "0");
  const time = `${two(moment.getHours())}:${two(moment.getMinutes())}`;
  if (moment.toDateString() === today.toDateString()) return time;
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())} ${time}`;
}
