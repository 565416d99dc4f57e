// @ts-check
// The kill switch: everybody sees its state; admins turn it.

import { sentence } from "./app.js";
import { ask } from "./dialog.js";
import { button, facts, fill, h, put } from "./dom.js";
import { day } from "./words.js";

const SOURCES = new Map([
  ["file", "the file in the state directory"],
  ["signal", "a signal"],
  ["admin", "an admin, over HTTP"],
]);

/** @param {import("./app.js").App} app */
export function stop(app) {
  const place = h("div", { class: "sheet" });
  const result = h("p", { class: "notice bad", role: "status", hidden: true });

  /** @param {string} path @param {unknown} body */
  const turn = async (path, body) => {
    try {
      app.halt = await app.api.post(path, body);
      result.hidden = true;
      app.say(app.halt.halted ? "Every call is refused now" : "Calls run again");
    } catch (error) {
      result.hidden = false;
      put(result, sentence(error));
    }
    app.tell("halt");
  };
  const halt = async () => {
    const reason = await ask({
      title: "Halt every call?",
      text: "From the next call on every agent is refused, on every repository, until somebody resumes. What runs already is not undone.",
      yes: "Halt every call",
      grave: true,
      reason: "Why (kept in the record and shown to agents)",
    });
    if (reason !== null) await turn("halt", reason ? { reason } : {});
  };
  const resume = async () => {
    if (
      (await ask({
        title: "Let calls run again?",
        text: "Your part of the kill switch is lifted. A file or a signal that halts goes on halting until it is taken back where it was set.",
        yes: "Resume",
      })) !== null
    )
      await turn("resume", undefined);
  };

  const draw = () => {
    const state = app.halt;
    if (!state) {
      fill(place, h("p", { class: "empty" }, "The kill switch is not served at this address."));
      return;
    }
    fill(
      place,
      h(
        "div",
        { class: `verdict-card ${state.halted ? "bad" : "good"}` },
        h(
          "div",
          {},
          h("h2", {}, state.halted ? "Every call is refused" : "Calls run"),
          h("p", {}, state.halted ? "The kill switch is on. Reading this page goes on." : "The kill switch is off."),
        ),
        app.has("admin")
          ? h(
              "div",
              { class: "actions" },
              state.halted && button("Resume", resume, { class: "primary" }),
              !(state.by ?? []).includes("admin") && button("Halt every call", halt, { class: "grave" }),
            )
          : h("p", { class: "note" }, "Turning it needs the role admin."),
      ),
      result,
      state.halted &&
        h(
          "section",
          { class: "panel" },
          facts([
            ["By", (state.by ?? []).map((/** @type {string} */ one) => SOURCES.get(one) ?? one).join(", ")],
            ["Since", state.at && day(state.at)],
            ["Reason", state.reason && h("bdi", {}, state.reason)],
          ]),
        ),
    );
  };
  app.on("halt", draw);
  draw();
  return { element: place, title: "Kill switch", whole: true, open: () => app.fetch("halt", "halt") };
}
