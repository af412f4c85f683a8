/** A pack in, the page that shows it out: headings and entries lead to their lines, quoted code stands as code. */

import { escaped } from "./chart";
import { type AnyPack, sizeOf } from "./pack";
import { type Frame, page } from "./pages";
import type { Target } from "./rows";

/** `src/a.py:3-9`, `src/a.py:3` or `src/a.py` at the head of what follows. */
const PLACE = /^(?<path>[^\s:][^:]*?)(?::(?<start>\d+)(?:-(?<end>\d+))?)?(?=[\s:,]|$)/;
const ENTRY = /^- \S/;

export interface Links {
  target: (target: Target) => string;
  copy: string;
  chat: string;
  text: string;
}

/** Return the page of a pack; what its text has stands in it, line by line. */
export function contextPage(task: string, pack: AnyPack, links: Links, frame: Frame): string {
  const about = `<p class="aside">${escaped(sizeOf(pack))}</p>`;
  const actions = [`<a href="${escaped(links.copy)}">Copy</a>`, `<a href="${escaped(links.chat)}">Send to chat</a>`, `<a href="${escaped(links.text)}">Open as text</a>`];
  return page(task.trim().split(/\r?\n/)[0]?.slice(0, 200) ?? "", [about, `<p>${actions.join(" · ")}</p>`, ...blocks(pack.text, links.target)], frame);
}

function blocks(text: string, link: (target: Target) => string): string[] {
  const lines = text.split("\n");
  let [fence, repository] = ["", ""];
  const within = (target: Target) => link("path" in target ? { ...target, path: `${repository}${target.path}` } : target);
  const found: string[] = [];
  let code: string[] = [];
  let entries: string[] = [];
  let isQuoted = false;
  const close = () => {
    if (code.some((line) => line.trim())) found.push(`<pre><code>${escaped(code.join("\n").replace(/\s+$/, ""))}</code></pre>`);
    if (entries.length) found.push(`<ul>${entries.map((entry) => `<li>${entry}</li>`).join("")}</ul>`);
    [code, entries] = [[], []];
  };
  lines.forEach((line, index) => {
    if (fence ? line === fence : /^(~{3,}|`{3,})$/.test(line)) {
      close();
      [fence, isQuoted] = [fence ? "" : line, false];
      return;
    }
    // Over several repositories, each is named before its own places.
    const named = fence ? undefined : /^Repository (.+\/):$/.exec(line)?.[1];
    if (named !== undefined) repository = named === "./" ? "" : named;
    const isListHead = /^\S.*:$/.test(line) && ENTRY.test(lines[index + 1] ?? "");
    if (line.startsWith("== ")) {
      close();
      isQuoted = true;
      found.push(`<h2>${placed(line.slice(3), within)}</h2>`);
    } else if (isListHead) {
      close();
      isQuoted = false;
      found.push(`<h2>${escaped(line.slice(0, -1))}</h2>`);
    } else if (isQuoted) code.push(line);
    else if (ENTRY.test(line)) entries.push(placed(line.slice(2), within));
    else if (line.trim()) {
      close();
      found.push(`<p>${inline(line)}</p>`);
    }
  });
  close();
  return found;
}

/** Return a line whose place, at its head, is a link. */
function placed(line: string, link: (target: Target) => string): string {
  const { path = "", start, end } = PLACE.exec(line)?.groups ?? {};
  // A heading that names no file, such as that of a commit, is no link.
  if (!/[./]/.test(path) || path.includes(" ")) return inline(line);
  const target: Target = start === undefined ? { open: "file", path } : { open: "lines", path, start: Number(start), end: Number(end ?? start) };
  const name = start === undefined ? path : `${path}:${start}${end === undefined ? "" : `-${end}`}`;
  return `<a href="${escaped(link(target))}"><code>${escaped(name)}</code></a>${inline(line.slice(name.length))}`;
}

function inline(text: string): string {
  return text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? `<code>${escaped(part)}</code>` : escaped(part))).join("");
}
