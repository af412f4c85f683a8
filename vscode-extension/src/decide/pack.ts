/** A pack in, the document that shows it and what goes to a chat out. */

import type { NotKnown, Pack } from "./contract";
import { count, duration } from "./figures";

/** Return the document: what was asked, how large the answer is, and the answer as an agent reads it. */
export function document(task: string, pack: Pack): string {
  return [`# ${oneLine(task)}`, "", `${sizeOf(pack)}. *Noctule: Copy Context* copies the text below.`, "", pack.text].join("\n");
}

/** Say how large a pack is, and how many files are newer than what it rests on. */
export function sizeOf(pack: Pack): string {
  const size = `${count(pack.tokens, "token")} of ${pack.budget_tokens.toLocaleString("en")} (${pack.tokenizer})`;
  const stale = pack.freshness.pending_count ? `, ${count(pack.freshness.pending_count, "file")} changed since the last indexing` : "";
  return `${size}${pack.abstained ? "" : `, ${count(pack.files.length, "file")}`}${stale}`;
}

/** Return what is said where nothing is known yet. */
export function notYet(answer: NotKnown): string {
  const doing = answer.state === "" ? "background indexing is off" : answer.doing || answer.state;
  return `${answer.root} is not indexed yet: ${doing}. Ask again in ${duration(answer.ask_again_s)}.`;
}

/** Return the question for a chat, with the pack behind it. */
export function forChat(task: string, pack: Pack): string {
  return `${task.trim()}\n\n${pack.text}`;
}

/** Return a name for the document, as a tab shows it. */
export function title(task: string): string {
  const words = oneLine(task).replaceAll(/[^\p{L}\p{N} ._-]+/gu, " ").replaceAll(/\s+/g, " ").trim();
  return words.length > 40 ? `${words.slice(0, 40).trimEnd()}…` : words || "context";
}

function oneLine(text: string): string {
  return text.trim().split(/\r?\n/)[0]?.slice(0, 200) ?? "";
}
