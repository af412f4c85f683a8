/** A pack in, the document that shows it and what goes to a chat out. */

import type { NotKnown, Pack, WorkspacePack } from "./contract";

/** What is shown for a task: of one repository, or of all. */
export type AnyPack = Pack | WorkspacePack;
import { count, duration } from "./figures";

/** Return the document: what was asked, how large the answer is, and the answer as an agent reads it. */
export function document(task: string, pack: AnyPack): string {
  return [`# ${oneLine(task)}`, "", `${sizeOf(pack)}. *Noctule: Copy Context* copies the text below.`, "", pack.text].join("\n");
}

/** Say how large a pack is, and how many files are newer than what it rests on. */
export function sizeOf(pack: AnyPack): string {
  const size = `${count(pack.tokens, "token")} of ${pack.budget_tokens.toLocaleString("en")} (${pack.tokenizer})`;
  const pending = "freshness" in pack ? pack.freshness.pending_count : pack.repositories.reduce((sum, one) => sum + one.freshness.pending_count, 0);
  const failed = "failed" in pack ? Object.entries(pack.failed).map(([name, why]) => `; ${name}: ${why}`).join("") : "";
  const stale = pending ? `, ${count(pending, "file")} changed since the last indexing` : "";
  return `${size}${pack.abstained ? "" : `, ${count(pack.files.length, "file")}`}${stale}${failed}`;
}

/** Return what is said where nothing is known yet. */
export function notYet(answer: NotKnown): string {
  const doing = answer.state === "" ? "background indexing is off" : answer.doing || answer.state;
  return `${answer.root} is not indexed yet: ${doing}. Ask again in ${duration(answer.ask_again_s)}.`;
}

/** Return the question for a chat, with the pack behind it. */
export function forChat(task: string, pack: AnyPack): string {
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
