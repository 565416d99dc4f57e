// @ts-check
// Approvals: the list of what waits for a person, and the decision about the chosen one.

import { sentence } from "./app.js";
import { decision, effect, fate, warnings } from "./approval.js";
import { fill, h, put } from "./dom.js";
import { day, span } from "./words.js";

/** @param {import("./app.js").App} app */
export function approvals(app) {
  /** @type {string | null} */
  let chosen = null;
  let all = false;
  /** @type {any[]} */
  let listed = [];
  let drawn = "";
  /** What this page decided: the sentence stays while the approval is looked at. @type {Map<string, string>} */
  const said = new Map();
  const list = h("ul", { class: "cards" });
  const none = h("p", { class: "empty" }, "Nothing waits for a decision.");
  const detail = h("div", { class: "detail" });
  const result = h("p", { class: "notice", role: "status", hidden: true });
  const settled = h("input", {
    type: "checkbox",
    id: "approvals-all",
    onchange: () => {
      all = settled.checked;
      load();
    },
  });

  const load = async () => {
    if (all) {
      try {
        listed = (await app.api.get("approvals?all=true")).approvals;
      } catch (error) {
        put(none, sentence(error));
      }
    } else listed = app.approvals;
    drawList();
    if (chosen && !document.getElementById("view-approvals")?.hidden) await look(chosen);
  };

  const drawList = () => {
    const order = [...listed].sort(
      (a, b) => Number(b.state === "pending") - Number(a.state === "pending") || b.expires.localeCompare(a.expires),
    );
    none.hidden = order.length > 0;
    fill(
      list,
      order.map((one) =>
        h(
          "li",
          {},
          h(
            "a",
            {
              href: `#/approvals/${encodeURIComponent(one.id)}`,
              "data-keep": one.id,
              class: `card ${one.state}`,
              "aria-current": one.id === chosen ? "true" : undefined,
            },
            h(
              "span",
              { class: "card-top" },
              h("span", { class: `pill ${one.state}` }, one.state),
              h(
                "span",
                { class: "left", "data-expires": one.state === "pending" || one.state === "approved" ? one.expires : undefined },
                left(one),
              ),
            ),
            h("strong", {}, h("bdi", {}, one.target)),
            one.tool && h("span", { class: "under" }, h("bdi", {}, `${one.principal} · ${one.tool}`)),
          ),
        ),
      ),
    );
  };

  /** @param {any} one */
  const left = (one) => {
    if (one.state !== "pending" && one.state !== "approved") return day(one.expires);
    const seconds = (Date.parse(one.expires) - Date.now()) / 1000;
    return seconds > 0 ? `${span(seconds)} left` : "expired";
  };

  const tick = () => {
    for (const element of document.querySelectorAll("[data-expires]")) {
      const expires = element.getAttribute("data-expires") ?? "";
      put(element, left({ state: "pending", expires }));
      element.classList.toggle("soon", Date.parse(expires) - Date.now() < 60_000);
    }
  };

  /**
   * @param {any} approval
   * @param {"approve" | "deny"} say
   */
  const decide = async (approval, say) => {
    const note = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("approval-note"))?.value.trim();
    for (const one of detail.querySelectorAll("button")) one.disabled = true;
    try {
      const now = await app.api.post(`approvals/${encodeURIComponent(approval.id)}/${say}`, note ? { note } : undefined);
      const until = day(now.expires);
      said.set(
        approval.id,
        say === "approve"
          ? `Approved. ${approval.principal} may make this very call once, until ${until}.`
          : `Denied. The same call is refused until ${until}.`,
      );
    } catch (error) {
      said.set(approval.id, sentence(error));
    }
    drawn = "";
    await app.fetchApprovals();
    if (all) await load();
    await look(approval.id);
    result.focus();
  };

  /** @param {string} id */
  const look = async (id) => {
    let approval;
    try {
      approval = await app.api.get(`approvals/${encodeURIComponent(id)}`);
    } catch (error) {
      if (chosen === id) fill(detail, h("p", { class: "notice" }, sentence(error)));
      return;
    }
    const now = JSON.stringify(approval);
    if (chosen !== id || now === drawn) return;
    const note = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("approval-note"))?.value;
    const same = drawn !== "" && JSON.parse(drawn).id === id;
    if (same && approval.state !== "pending") app.say(`The approval is ${approval.state} now`);
    drawn = now;
    show(approval);
    const field = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("approval-note"));
    if (same && note && field) field.value = note;
  };

  /** @param {any} approval */
  const show = (approval) => {
    const words = said.get(approval.id) ?? "";
    result.hidden = words === "";
    result.tabIndex = -1;
    put(result, words);
    result.className = `notice ${approval.state === "approved" || approval.state === "denied" ? "good" : "warn"}`;
    const pending = approval.state === "pending";
    const head = h(
      "header",
      {},
      h("span", { class: `pill ${approval.state}` }, approval.state),
      " ",
      pending && h("span", { class: "left", "data-expires": approval.expires }, left(approval)),
      h("h2", { tabindex: "-1", id: "approval-title" }, h("bdi", {}, approval.target)),
    );
    const buttons = decision(app, approval, (say) => decide(approval, say));
    fill(detail, head, result, fate(approval), warnings(approval), effect(approval), buttons);
  };

  /** @param {string | null} id */
  const choose = async (id) => {
    if (id !== chosen) drawn = "";
    chosen = id;
    drawList();
    if (id) await look(id);
    else fill(detail, h("p", { class: "empty" }, "Choose an approval to see what it would do."));
  };

  app.on("approvals", () => {
    if (!all) listed = app.approvals;
    load();
  });
  app.every(1, tick);
  const element = h(
    "div",
    { class: "pair" },
    h(
      "div",
      { class: "list" },
      h("label", { class: "check", for: "approvals-all" }, settled, h("span", {}, "Show settled ones as well")),
      none,
      list,
    ),
    detail,
  );
  return {
    element,
    title: "Approvals",
    open: async (/** @type {string | undefined} */ rest) => {
      await choose(rest || (chosen ?? listed.find((one) => one.state === "pending")?.id ?? null));
      if (rest) document.getElementById("approval-title")?.focus({ preventScroll: true });
    },
  };
}
