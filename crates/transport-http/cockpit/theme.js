// @ts-check
// Light or dark: what the system says, unless the person says otherwise. Only this choice is ever kept beyond the tab.

import { button, put } from "./dom.js";

const KEY = "gitoma.theme";
const NAMES = { auto: "Auto", light: "Light", dark: "Dark" };
/** @type {(keyof typeof NAMES)[]} */
const ORDER = ["auto", "light", "dark"];

/** @returns {keyof typeof NAMES} */
function chosen() {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "auto";
}

/** @param {keyof typeof NAMES} name */
function apply(name) {
  if (name === "auto") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", name);
}

/** The button that goes through the three. */
export function theme() {
  const element = button(
    NAMES[chosen()],
    () => {
      const next = ORDER[(ORDER.indexOf(chosen()) + 1) % ORDER.length];
      localStorage.setItem(KEY, next);
      apply(next);
      label();
    },
    { class: "quiet", "data-keep": "theme" },
  );
  const label = () => {
    put(element, NAMES[chosen()]);
    element.setAttribute("aria-label", `Colours: ${NAMES[chosen()]}`);
    element.title = "light, dark, or as the system says";
  };
  apply(chosen());
  label();
  return element;
}
