// @ts-check
// A unified diff as rows of a table: numbered, each line marked by a sign as well as by its colour.

import { h, shown } from "./dom.js";

/** The most lines that are drawn; the rest is counted. */
const MOST = 4000;

/**
 * @typedef {object} Line
 * @property {"add" | "del" | "same" | "hunk" | "file"} kind
 * @property {number} [old]
 * @property {number} [now]
 * @property {string} text
 */

/**
 * Reads a unified diff. What is no hunk is of the kind `file`.
 * @param {string} diff
 * @returns {Line[]}
 */
export function read(diff) {
  /** @type {Line[]} */
  const lines = [];
  let old = 0;
  let now = 0;
  let left = 0;
  let right = 0;
  const all = diff.split("\n");
  if (all.at(-1) === "") all.pop();
  for (const text of all) {
    const sign = text[0];
    if (left > 0 && sign === "-") {
      lines.push({ kind: "del", old: old++, text: text.slice(1) });
      left -= 1;
    } else if (right > 0 && sign === "+") {
      lines.push({ kind: "add", now: now++, text: text.slice(1) });
      right -= 1;
    } else if (left > 0 && right > 0 && (sign === " " || text === "")) {
      lines.push({ kind: "same", old: old++, now: now++, text: text.slice(1) });
      left -= 1;
      right -= 1;
    } else {
      const hunk = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(text);
      if (hunk) {
        old = Number(hunk[1]);
        left = Number(hunk[2] ?? 1);
        now = Number(hunk[3]);
        right = Number(hunk[4] ?? 1);
      }
      lines.push({ kind: hunk ? "hunk" : "file", text });
    }
  }
  return lines;
}

const SIGNS = { add: "+", del: "−", same: "", hunk: "", file: "" };
const SAID = { add: "added: ", del: "removed: ", same: "", hunk: "", file: "" };

/**
 * @param {string} diff
 */
export function draw(diff) {
  const lines = read(diff);
  const rows = lines
    .slice(0, MOST)
    .map((line) =>
      h(
        "tr",
        { class: `line-${line.kind}` },
        h("td", { class: "place", "aria-hidden": "true" }, line.old ?? ""),
        h("td", { class: "place", "aria-hidden": "true" }, line.now ?? ""),
        h("td", { class: "sign", "aria-hidden": "true" }, SIGNS[line.kind]),
        h(
          "td",
          { class: "code" },
          SAID[line.kind] && h("span", { class: "said" }, SAID[line.kind]),
          h("bdi", {}, shown(line.text)),
        ),
      ),
    );
  return h(
    "div",
    { class: "diff", tabindex: "0", role: "region", "aria-label": "diff", "data-keep": "diff" },
    h("table", {}, h("caption", { class: "said" }, "the change, line by line"), h("tbody", {}, rows)),
    lines.length > MOST && h("p", { class: "note" }, `${lines.length - MOST} more lines are not drawn here.`),
  );
}
