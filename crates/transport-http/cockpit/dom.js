// @ts-check
// Builds elements. The only way text gets onto the page: as text nodes, each through `visible.js`. No markup is ever parsed.

import { parts, plain } from "./visible.js";

/** @typedef {Node | string | number | null | undefined | false | any[]} Child */

const SVG = "http://www.w3.org/2000/svg";

/**
 * A text as nodes, with what is not seen made visible.
 * @param {unknown} value
 * @param {{lines?: boolean}} [options]
 */
export function shown(value, options) {
  const fragment = document.createDocumentFragment();
  for (const part of parts(value, options)) {
    if (part.unseen === undefined) {
      fragment.append(part.text);
      continue;
    }
    const mark = document.createElement("span");
    mark.className = "unseen";
    mark.title = part.unseen;
    mark.textContent = part.text;
    fragment.append(mark);
  }
  return fragment;
}

/**
 * @param {Element} element
 * @param {Child} child
 */
function add(element, child) {
  if (Array.isArray(child)) child.forEach((one) => add(element, one));
  else if (child instanceof Node) element.append(child);
  else if (child !== null && child !== undefined && child !== false) element.append(shown(child));
}

/**
 * @param {Element} element
 * @param {Record<string, unknown>} attributes
 */
function describe(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on") && typeof value === "function") {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else element.setAttribute(name, value === true ? "" : plain(value));
  }
}

/**
 * An element: `h("p", { class: "note", onclick: go }, "text", other)`.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  describe(element, attributes);
  add(element, children);
  return element;
}

/**
 * An element of a drawing.
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...Child} children
 */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  describe(element, attributes);
  add(element, children);
  return element;
}

/**
 * Replaces what an element holds, and keeps the focus where the new content has an element of the same `data-keep`.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  const active = document.activeElement;
  const kept = active && element.contains(active) ? active.getAttribute("data-keep") : null;
  const scrolled = element.scrollTop;
  element.replaceChildren();
  add(element, children);
  element.scrollTop = scrolled;
  if (kept) {
    const again = [...element.querySelectorAll("[data-keep]")].find((one) => one.getAttribute("data-keep") === kept);
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }
}

/**
 * Writes a text only where it differs, so that screen readers and selections are left alone.
 * @param {Element} element
 * @param {string} text
 */
export function put(element, text) {
  const wanted = plain(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

/**
 * A list of terms and what they are; terms without a value are left out.
 * @param {[string, Child][]} pairs
 */
export function facts(pairs) {
  const there = pairs.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return h(
    "dl",
    { class: "facts" },
    there.map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value))),
  );
}

/**
 * A table whose rows begin with their own heading. It scrolls by itself where it does not fit.
 * @param {string} caption
 * @param {string[]} heads
 * @param {Child[][]} rows
 * @param {{said?: boolean}} [options] `said`: the caption is for screen readers alone
 */
export function table(caption, heads, rows, options = {}) {
  const cells = (/** @type {Child[]} */ row) =>
    row.map((cell, index) => (index === 0 ? h("th", { scope: "row" }, cell) : h("td", {}, cell)));
  const head = h(
    "tr",
    {},
    heads.map((name) => h("th", { scope: "col" }, name)),
  );
  const body = rows.map((row) => h("tr", {}, cells(row)));
  const inner = [h("caption", { class: options.said ? "said" : undefined }, caption), h("thead", {}, head), h("tbody", {}, body)];
  return h(
    "div",
    { class: "scroll-x", tabindex: "0", role: "region", "aria-label": caption },
    h("table", { class: "rules" }, inner),
  );
}

/**
 * A button.
 * @param {string} label
 * @param {(event: Event) => void} act
 * @param {Record<string, unknown>} [attributes]
 */
export function button(label, act, attributes = {}) {
  return h("button", { type: "button", "data-keep": label, onclick: act, ...attributes }, label);
}
