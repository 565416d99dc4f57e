// @ts-check
// Asks before something is done that is not taken back with a click.

import { button, h } from "./dom.js";

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {string} text
 * @property {string} yes
 * @property {boolean} [grave]
 * @property {string} [reason] the label of a field for a reason; without it none is asked for
 */

/**
 * Resolves to the reason (empty without a field) when the person says yes, and to nothing otherwise.
 * @param {Question} question
 * @returns {Promise<string | null>}
 */
export function ask(question) {
  return new Promise((resolve) => {
    const field =
      question.reason === undefined
        ? null
        : h("textarea", { id: "dialog-reason", rows: "2", maxlength: "480", autocomplete: "off" });
    /** @type {string | null} */
    let answer = null;
    const yes = button(
      question.yes,
      () => {
        answer = field?.value.trim() ?? "";
        dialog.close();
      },
      { class: question.grave ? "grave" : "primary" },
    );
    const no = button("Cancel", () => dialog.close());
    const dialog = h(
      "dialog",
      { "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text" },
      h("h2", { id: "dialog-title" }, question.title),
      h("p", { id: "dialog-text" }, question.text),
      field && h("label", { for: "dialog-reason" }, question.reason),
      field,
      h("div", { class: "actions" }, no, yes),
    );
    const before = document.activeElement;
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    (field ?? no).focus();
  });
}
