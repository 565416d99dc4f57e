// @ts-check
// The live decisions: one row a call, newest on top, and beside it the explanation of the one that is chosen.

import { Calls, cause, member, passes, repositories, target } from "./calls.js";
import { button, h, put } from "./dom.js";
import { explain } from "./explain.js";
import { verdict } from "./verdict.js";
import { clock, day, number, took } from "./words.js";

/**
 * @param {import("./app.js").App} app
 * @param {import("./calls.js").Minutes} minutes
 */
export function live(app, minutes) {
  const calls = new Calls();
  /** @type {Map<string, HTMLTableRowElement>} */
  const drawn = new Map();
  /** What came while the table was paused, or since it was drawn last. @type {Set<string>} */
  const changed = new Set();
  let paused = false;
  let planned = false;
  let began = false;
  /** @type {string | null} */
  let chosen = null;
  /** @type {import("./calls.js").Filter} */
  const filter = { text: "", effect: "", tool: "", principal: "", repository: "" };

  const body = h("tbody", { role: "rowgroup" });
  const empty = h("p", { class: "empty" }, "Nothing has been decided yet. The first call shows up here by itself.");
  const count = h("p", { class: "count", role: "status" });
  const aside = h("aside", { class: "inspector", "aria-label": "explanation", hidden: true });
  const hint = h("div", { class: "hint" }, h("p", {}, "Choose a call to see why it was decided as it was."));

  /** @param {boolean} wanted */
  const pause = (wanted) => {
    paused = wanted;
    pauser.setAttribute("aria-pressed", String(paused));
    flush();
  };
  const pauser = button("Pause", () => pause(!paused), { "aria-pressed": "false", class: "pause" });

  /**
   * @param {string} label
   * @param {keyof import("./calls.js").Filter} name
   */
  const choice = (label, name) => {
    const select = h(
      "select",
      {
        id: `filter-${name}`,
        onchange: () => {
          filter[name] = select.value;
          sift();
        },
      },
      h("option", { value: "" }, "all"),
    );
    return { select, field: h("label", { class: "field", for: `filter-${name}` }, h("span", {}, label), select), known: new Set() };
  };
  const effects = choice("Effect", "effect");
  for (const [value, label] of [
    ["deny", "denied"],
    ["ask", "asked about"],
    ["allow", "allowed"],
    ["event", "events"],
  ]) {
    effects.select.append(h("option", { value }, label));
  }
  const tools = choice("Tool", "tool");
  const principals = choice("Principal", "principal");
  const repos = choice("Repository", "repository");
  const search = h("input", {
    id: "filter-text",
    type: "search",
    placeholder: "path, rule, code, id …",
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => {
      filter.text = search.value;
      sift();
    },
  });

  /**
   * @param {{select: HTMLSelectElement, known: Set<string>}} where
   * @param {string | undefined} value
   */
  const offer = (where, value) => {
    if (!value || where.known.has(value) || where.known.size > 200) return;
    where.known.add(value);
    const after = [...where.select.options].slice(1).find((option) => option.value > value);
    where.select.insertBefore(h("option", { value }, value), after ?? null);
  };

  const sift = () => {
    let visible = 0;
    for (const [key, element] of drawn) {
      const row = calls.get(key);
      element.hidden = !row || !passes(row, filter);
      if (!element.hidden) visible += 1;
    }
    tell(visible);
  };

  /** @param {number} visible */
  const tell = (visible) => {
    const all = drawn.size;
    put(count, visible === all ? `${number(all)} rows` : `${number(visible)} of ${number(all)} rows`);
    empty.hidden = visible > 0;
    put(empty, all === 0 ? "Nothing has been decided yet. The first call shows up here by itself." : "No row passes the filter.");
  };

  /** @param {import("./calls.js").Row} row */
  const draw = (row) => {
    const name = h(
      "button",
      { type: "button", class: "open", "aria-haspopup": "true", onclick: () => open(row.key, name) },
      h("bdi", {}, row.title),
    );
    const duration = member(row, "duration_us");
    const element = h(
      "tr",
      { role: "row", class: `row ${row.effect} ${row.state}`, "data-key": row.key },
      h(
        "td",
        { role: "cell", class: "time" },
        h("time", { datetime: row.ts, title: `${day(row.ts)} · entry ${row.seq}` }, clock(row.ts)),
      ),
      h("td", { role: "cell", class: "effect" }, verdict(row)),
      h("td", { role: "cell", class: "tool" }, name),
      h("td", { role: "cell", class: "target" }, h("bdi", { title: target(row) }, target(row))),
      h("td", { role: "cell", class: "cause" }, h("bdi", {}, cause(row))),
      h("td", { role: "cell", class: "principal" }, h("bdi", {}, member(row, "principal") ?? "")),
      h("td", { role: "cell", class: "outcome" }, outcome(row)),
      h("td", { role: "cell", class: "took" }, took(duration)),
    );
    if (row.key === chosen) element.classList.add("chosen");
    return element;
  };

  const flush = () => {
    planned = false;
    put(pauser, paused ? (changed.size > 0 ? `Resume · ${number(changed.size)} waiting` : "Resume") : "Pause");
    if (paused) return;
    const fresh = [];
    for (const key of changed) {
      const row = calls.get(key);
      if (!row) continue;
      const now = draw(row);
      const old = drawn.get(key);
      if (old) {
        const focused = old.contains(document.activeElement);
        old.replaceWith(now);
        if (focused) now.querySelector("button")?.focus({ preventScroll: true });
        if (key === chosen) show(row);
      } else fresh.push(now);
      drawn.set(key, now);
    }
    changed.clear();
    if (began) for (const element of fresh) element.classList.add("fresh");
    body.prepend(...fresh.reverse());
    for (const [key, element] of drawn) {
      if (calls.get(key)) continue;
      if (key === chosen) close();
      element.remove();
      drawn.delete(key);
    }
    sift();
    began = true;
  };

  /** @param {any} entry */
  const take = (entry) => {
    const taken = calls.take(entry);
    if (!taken) return;
    const { row, fresh, gone } = taken;
    for (const old of gone) changed.delete(old.key);
    if (fresh) {
      minutes.add(row);
      offer(tools, row.sort === "event" ? undefined : row.title);
      offer(principals, member(row, "principal"));
      repositories(row).forEach((name) => offer(repos, name));
      if (began && !paused && (row.effect === "deny" || row.effect === "ask"))
        app.say(`${row.effect}: ${row.title}, ${target(row)}`);
    }
    changed.add(row.key);
    if (planned) return;
    planned = true;
    setTimeout(flush, 120);
  };

  /** @param {import("./calls.js").Row} row */
  const show = (row) => {
    const held = document.activeElement?.id;
    aside.replaceChildren(explain(app, row, close));
    if (held && aside.contains(document.getElementById(held))) document.getElementById(held)?.focus();
  };

  /**
   * @param {string} key
   * @param {HTMLElement} [from]
   */
  const open = (key, from) => {
    const row = calls.get(key);
    if (!row) return;
    drawn.get(chosen ?? "")?.classList.remove("chosen");
    chosen = key;
    drawn.get(key)?.classList.add("chosen");
    aside.hidden = false;
    hint.hidden = true;
    show(row);
    aside.scrollTop = 0;
    if (from) aside.querySelector("h2")?.focus();
  };

  const close = () => {
    const row = drawn.get(chosen ?? "");
    row?.classList.remove("chosen");
    const inside = aside.contains(document.activeElement);
    chosen = null;
    aside.hidden = true;
    hint.hidden = false;
    aside.replaceChildren();
    if (inside) row?.querySelector("button")?.focus();
  };
  aside.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  body.addEventListener("click", (event) => {
    const row = event.target instanceof Element ? event.target.closest("tr") : null;
    if (row instanceof HTMLElement && row.dataset.key && !getSelection()?.toString()) open(row.dataset.key);
  });

  const reset = () => {
    close();
    calls.clear();
    minutes.clear();
    changed.clear();
    drawn.clear();
    body.replaceChildren();
    began = false;
    put(pauser, paused ? "Resume" : "Pause");
    sift();
  };

  app.on("entry", take);
  app.on("chain", reset);
  app.on("policy", () => {
    const row = calls.get(chosen ?? "");
    if (row && !aside.contains(document.activeElement)) show(row);
  });

  const table = h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": "decisions, newest first" },
    h(
      "table",
      { role: "table", class: "decisions" },
      h("caption", { class: "said" }, "Decisions, newest first"),
      h(
        "thead",
        { role: "rowgroup" },
        h(
          "tr",
          { role: "row" },
          ["Time", "Effect", "Tool", "On what", "Rule or code", "Principal", "Outcome", "Took"].map((name) =>
            h("th", { role: "columnheader", scope: "col" }, name),
          ),
        ),
      ),
      body,
    ),
    empty,
  );
  const more = h("div", { class: "filters", id: "filters" }, effects.field, tools.field, principals.field, repos.field);
  const opener = button(
    "Filter",
    () => {
      const open = more.classList.toggle("open");
      opener.setAttribute("aria-expanded", String(open));
    },
    { class: "opener", "aria-expanded": "false", "aria-controls": "filters" },
  );
  const element = h(
    "div",
    { class: "live" },
    h(
      "div",
      { class: "toolbar" },
      pauser,
      h("label", { class: "field grow", for: "filter-text" }, h("span", {}, "Find"), search),
      opener,
      more,
      count,
    ),
    h("div", { class: "split" }, table, h("div", { class: "side" }, hint, aside)),
  );
  return { element, title: "Live decisions", open: () => flush() };
}

/** @param {import("./calls.js").Row} row */
function outcome(row) {
  if (row.sort === "event") return row.state;
  const dropped = member(row, "dropped");
  const redacted = member(row, "redactions");
  const notes = [dropped ? `${number(dropped)} left out` : "", redacted ? `${number(redacted)} redacted` : ""].filter(Boolean);
  const word = row.state === "timed_out" ? "timed out" : row.state === "judged" ? "dry run" : row.state;
  return h(
    "span",
    { class: `state ${row.state}` },
    word,
    notes.length > 0 && h("span", { class: "under" }, ` ${notes.join(", ")}`),
  );
}
