// @ts-check
// Entries that are no calls, as sentences.

import { number, short } from "./words.js";

/**
 * What an entry tells; the entry's own kind stands beside it.
 * @param {any} entry
 * @returns {string}
 */
export function told(entry) {
  const by = entry.principal ? `by ${entry.principal}` : "";
  switch (entry.kind) {
    case "start":
      return words(entry.program, entry.uncovered && `${number(entry.uncovered)} entries no checkpoint covered`);
    case "policy.load":
      return words(
        entry.origin,
        entry.policy_generation !== undefined && `generation ${entry.policy_generation}`,
        short(entry.policy_digest),
        entry.detail,
        by,
      );
    case "policy.reject":
      return words(entry.code, entry.detail, "the one before it stays", by);
    case "approval":
      return words(entry.state, entry.tool, by, entry.approval_id);
    case "switch":
      return words(entry.switch, entry.state, entry.scope, entry.origin, by, entry.detail);
    case "auth.aggregate":
      return words(`${number(entry.count)} refusals of strangers`, entry.code, entry.origin);
    case "limit.aggregate":
      return words(`${number(entry.count)} beyond their limits`, entry.principal, entry.scope, entry.origin);
    case "recover":
      return words(`${number(entry.torn_bytes)} bytes of a torn tail taken away`, entry.quarantine);
    case "prune":
      return words(`the front was removed through #${number(entry.through_seq)}`, by);
    case "key.rotate":
      return words(`epoch ${entry.epoch ?? 0}`, by);
    default:
      return words(entry.detail, entry.code, by);
  }
}

/** @param {...unknown} parts */
function words(...parts) {
  return parts.filter((part) => typeof part === "string" && part !== "" && part !== "–").join(" · ");
}
