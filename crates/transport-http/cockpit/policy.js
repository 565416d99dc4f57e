// @ts-check
// The policy: which one is in force, whether its file still loads, and for admins another one.

import { sentence } from "./app.js";
import { ask } from "./dialog.js";
import { button, facts, fill, h, put, shown } from "./dom.js";
import { day, number, short } from "./words.js";

/** @param {import("./app.js").App} app */
export function policy(app) {
  const place = h("div", { class: "sheet" });
  const result = h("p", { class: "notice", role: "status", hidden: true });

  /**
   * @param {string} path
   * @param {import("./dialog.js").Question} question
   */
  const change = async (path, question) => {
    if ((await ask(question)) === null) return;
    try {
      await app.api.post(path);
      await app.fetch("policy", "policy");
      result.className = "notice good";
      put(result, `In force: generation ${app.policy.generation}, ${short(app.policy.digest)}.`);
    } catch (error) {
      result.className = "notice bad";
      put(result, sentence(error));
    }
    result.hidden = false;
    await app.fetch("policy", "policy");
  };

  const draw = () => {
    const held = app.policy;
    if (!held) {
      fill(place, h("p", { class: "empty" }, "The policy's state is not served at this address."));
      return;
    }
    fill(
      place,
      h(
        "div",
        { class: `verdict-card ${held.stale ? "bad" : held.enforcement === "shadow" ? "warn" : "good"}` },
        h(
          "div",
          {},
          h("h2", {}, held.stale ? "Stale" : held.enforcement === "shadow" ? "Shadow mode" : "Enforced"),
          h(
            "p",
            {},
            held.stale
              ? "The file does not load as it is now. What stands below is the policy before it, which stays in force."
              : held.enforcement === "shadow"
                ? "Reads that the rules refuse run all the same and are only recorded; writes and gates are enforced."
                : "What is in force is what the file says.",
          ),
        ),
        app.has("admin") &&
          h(
            "div",
            { class: "actions" },
            button("Roll back", () =>
              change("policy/rollback", {
                title: "Roll back the policy?",
                text: `The policy before this one takes effect at once${held.previous ? `: generation ${held.previous.generation}, ${short(held.previous.digest)}` : ""}. The file is not changed.`,
                yes: "Roll back",
                grave: true,
              }),
            ),
            button(
              "Reload",
              () =>
                change("policy/reload", {
                  title: "Reload the policy?",
                  text: "The file is read again. If it loads, it takes effect at once; otherwise nothing changes.",
                  yes: "Reload",
                }),
              { class: "primary" },
            ),
          ),
      ),
      result,
      held.fault &&
        h(
          "section",
          { class: "notice bad" },
          h("h3", {}, "Why the file does not load"),
          h("pre", { tabindex: "0" }, shown(held.fault.message, { lines: true })),
          h("p", { class: "note" }, `found at ${day(held.fault.at)}`),
        ),
      h(
        "section",
        { class: "panel" },
        h("h2", {}, "In force"),
        facts([
          ["Name", h("bdi", { class: "mono" }, held.name)],
          ["Digest", h("span", { class: "mono wrap" }, held.digest)],
          ["Generation", number(held.generation)],
          ["Loaded", day(held.loaded_at)],
          ["Enforcement", held.enforcement],
          ["Write mode", held.write_mode],
          ["Rules", number(held.rules)],
          [
            "Before it",
            held.previous &&
              h("span", { class: "mono" }, `generation ${held.previous.generation} · ${short(held.previous.digest)}`),
          ],
          [
            "Repositories",
            h(
              "ul",
              { class: "inline" },
              (held.repositories ?? []).map((/** @type {string} */ alias) => h("li", {}, h("bdi", { class: "mono" }, alias))),
            ),
          ],
        ]),
      ),
    );
  };
  app.on("policy", draw);
  draw();
  return { element: place, title: "Policy", roles: ["auditor", "admin"], open: () => app.fetch("policy", "policy") };
}
