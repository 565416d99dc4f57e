// @ts-check
// The verdict of a call: a sign, a word and a colour, each enough by itself.

import { h } from "./dom.js";

const GLYPHS = { allow: "✓", ask: "?", deny: "✕", event: "•" };

/**
 * @param {import("./calls.js").Row} row
 */
export function verdict(row) {
  return chip(row.effect, row.shadow ? `${row.effect}, not enforced` : row.effect, row.shadow);
}

/**
 * @param {"allow" | "ask" | "deny" | "event"} effect
 * @param {string} word
 * @param {boolean} [shadow]
 */
export function chip(effect, word, shadow = false) {
  return h(
    "span",
    { class: `verdict ${effect}${shadow ? " shadow" : ""}` },
    h("span", { class: "glyph", "aria-hidden": "true" }, GLYPHS[effect] ?? "•"),
    word,
  );
}
