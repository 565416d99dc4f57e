// @ts-check
// The tools that policy lets this caller use under some arguments, and what is left of the caller's limits.

import { sentence } from "./app.js";
import { fill, h, s } from "./dom.js";
import { number } from "./words.js";

/**
 * @param {string} name
 * @param {{limit: number, window_seconds: number, remaining: number}} limit
 */
function meter(name, limit) {
  const part = limit.limit > 0 ? Math.max(0, Math.min(1, limit.remaining / limit.limit)) : 0;
  return h(
    "div",
    { class: "meter" },
    h(
      "div",
      { class: "meter-top" },
      h("span", {}, name),
      h("span", { class: "figure" }, `${number(limit.remaining)} of ${number(limit.limit)} left`),
    ),
    s(
      "svg",
      { viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
      s("rect", { class: "ground", width: 100, height: 4, rx: 1 }),
      s("rect", { class: part < 0.1 ? "short" : "level", width: part * 100, height: 4, rx: 1 }),
    ),
    h("p", { class: "note" }, `in a window of ${number(limit.window_seconds)} s`),
  );
}

/** @param {any} tool */
function hints(tool) {
  const hint = tool.annotations ?? {};
  return [
    tool.capability,
    hint.destructive && "destructive",
    hint.idempotent && tool.capability !== "read" && "idempotent",
    hint.open_world && "reaches the network",
  ].filter(Boolean);
}

/** @param {any} tool */
function parameters(tool) {
  const properties = Object.entries(tool.input_schema?.properties ?? {});
  const required = tool.input_schema?.required ?? [];
  if (properties.length === 0) return h("p", { class: "note" }, "It takes no arguments.");
  return h(
    "dl",
    { class: "facts" },
    properties.map(([name, schema]) =>
      h(
        "div",
        {},
        h("dt", {}, h("code", {}, name), !required.includes(name) && h("span", { class: "under" }, " optional")),
        h("dd", {}, /** @type {any} */ (schema).description ?? ""),
      ),
    ),
  );
}

/** @param {import("./app.js").App} app */
export function tools(app) {
  const limits = h("div", { class: "meters" });
  const list = h("div", { class: "tools" });
  const drawLimits = () => {
    const entries = Object.entries(app.me?.limits ?? {}).filter(([, limit]) => typeof limit?.limit === "number");
    fill(
      limits,
      entries.map(([name, limit]) =>
        meter(name === "requests" ? "Requests" : name === "writes" ? "Calls of write tools" : name, limit),
      ),
    );
  };
  const open = async () => {
    try {
      app.me = await app.api.get("me");
      drawLimits();
      app.tools = (await app.api.get("tools")).tools;
    } catch (error) {
      fill(list, h("p", { class: "notice" }, sentence(error)));
      return;
    }
    fill(
      list,
      app.tools?.length === 0
        ? h("p", { class: "empty" }, `The policy lets ${app.me.principal} use no tool.`)
        : app.tools?.map((tool) =>
            h(
              "details",
              {},
              h(
                "summary",
                { "data-keep": tool.name },
                h("code", {}, tool.name),
                h("span", { class: "tool-title" }, tool.title),
                h(
                  "span",
                  { class: "hints" },
                  hints(tool).map((hint) => h("span", { class: `pill ${hint}` }, hint)),
                ),
              ),
              h("div", { class: "tool-body" }, h("p", {}, tool.description), parameters(tool)),
            ),
          ),
    );
  };
  return {
    element: h(
      "div",
      { class: "sheet" },
      h("section", { class: "panel" }, h("h2", {}, "What is left of your limits"), limits),
      h(
        "section",
        {},
        h("h2", {}, "Tools you may use"),
        h("p", { class: "note" }, "What policy never lets you use is not listed; what it lets an agent use may differ."),
      ),
      list,
    ),
    title: "Tools and limits",
    open,
  };
}
