// @ts-check
// The line of cells under the header: how things stand, from every view. And the banners above it, for what must not be overlooked.

import { sentence } from "./app.js";
import { button, fill, h, put } from "./dom.js";
import { drawSpark, spark } from "./spark.js";
import { faultMeaning, number, short, span } from "./words.js";

/**
 * @param {string} name
 * @param {string} [view] where more of it stands
 */
function cell(name, view) {
  const value = h("span", { class: "value" }, "–");
  const note = h("span", { class: "under" });
  const element = h("div", { class: "cell" }, h("h2", {}, view ? h("a", { href: `#/${view}` }, name) : name), value, note);
  return { element, value, note };
}

/**
 * @param {{element: HTMLElement, value: HTMLElement, note: HTMLElement}} part
 * @param {"good" | "warn" | "bad" | "plain"} tone
 * @param {string} value
 * @param {string} note
 */
function set(part, tone, value, note) {
  part.element.className = `cell ${tone}`;
  put(part.value, value);
  put(part.note, note);
}

/**
 * @param {import("./app.js").App} app
 * @param {import("./calls.js").Minutes} minutes
 */
export function strip(app, minutes) {
  const rate = cell("Decisions", "live");
  const line = spark();
  rate.element.classList.add("wide");
  rate.element.append(line);
  const waiting = cell("Approvals", "approvals");
  const chain = cell("Record", "record");
  const policy = cell("Policy", "policy");
  const stop = cell("Calls", "stop");

  const drawRate = () => {
    const hour = minutes.hour(Date.now());
    drawSpark(line, hour);
    const denied = hour.reduce((sum, minute) => sum + minute.denied, 0);
    const all = hour.reduce((sum, minute) => sum + minute.all, 0);
    const lately = hour.slice(-5).reduce((sum, minute) => sum + minute.all, 0) / 5;
    set(
      rate,
      "plain",
      `${lately < 10 ? lately.toFixed(1) : number(Math.round(lately))} a minute`,
      `${number(all)} this hour · ${number(denied)} denied`,
    );
    rate.element.classList.add("wide");
  };
  const drawWaiting = () => {
    const pending = app.approvals.filter((approval) => approval.state === "pending");
    const first = pending.map((approval) => Date.parse(approval.expires)).sort((a, b) => a - b)[0];
    const note = pending.length === 0 ? "nobody waits" : `next expires in ${span((first - Date.now()) / 1000)}`;
    set(waiting, pending.length > 0 ? "warn" : "plain", `${pending.length} pending`, note);
  };
  const drawChain = () => {
    const audit = app.audit;
    if (!audit) return set(chain, "plain", "not shown", "for auditors and admins");
    const seen = audit.verification;
    const last = Math.max(audit.last_seq, app.status?.audit?.last_seq ?? 0);
    const head = app.status?.audit?.head ?? audit.head;
    const bad = audit.ok === false || app.status?.audit?.ok === false;
    const verdict = bad ? "not writable" : seen ? seen.verdict : app.broken ? "unreadable" : "not verified";
    const tone = bad || seen?.fault || app.broken ? "bad" : audit.checkpoints?.failing ? "warn" : seen ? "good" : "plain";
    const age = audit.checkpoints?.age_seconds;
    const signed = audit.checkpoints ? ` · signed ${age === undefined ? "before this start" : `${span(age)} ago`}` : "";
    const ago = seen ? (Date.now() - Date.parse(seen.at)) / 1000 : 0;
    set(
      chain,
      tone,
      ago < 60 ? verdict : `${verdict}, ${span(ago).replace(/ \d\d (s|min)$/, "")} ago`,
      `#${number(last)} · ${short(head).slice(0, 8)}${signed}`,
    );
  };
  const drawPolicy = () => {
    const held = app.policy;
    const stamp = app.status?.policy ?? held;
    if (!stamp) return set(policy, "plain", "not shown", "for auditors and admins");
    const shadow = held?.enforcement === "shadow";
    const stale = held?.stale || app.status?.stale;
    const words = [stale && "STALE", shadow && "SHADOW"].filter(Boolean).join(" · ");
    set(
      policy,
      stale ? "bad" : shadow ? "warn" : "good",
      words || held?.name || "in force",
      `generation ${stamp.generation} · ${short(stamp.digest)}`,
    );
  };
  const drawStop = () => {
    const halted = app.halt?.halted ?? app.status?.halted;
    if (app.status?.sealed) return set(stop, "bad", "sealed", "an operator must look and restart");
    if (halted === undefined) return set(stop, "plain", "–", "not known here");
    set(stop, halted ? "bad" : "good", halted ? "HALTED" : "running", halted ? "every call is refused" : "kill switch is off");
  };

  drawRate();
  drawWaiting();
  drawChain();
  drawPolicy();
  drawStop();
  app.every(5, drawRate);
  app.every(1, drawWaiting);
  app.on("approvals", drawWaiting);
  app.on("audit", drawChain);
  app.on("policy", drawPolicy);
  app.on("halt", drawStop);
  app.on("status", () => {
    drawChain();
    drawPolicy();
    drawStop();
  });
  return { cells: [rate.element, waiting.element, chain.element, policy.element, stop.element], drawRate };
}

const ANEW = {
  other_chain: {
    tone: "warn",
    title: "Another chain has begun",
    text: "The gateway was started anew and keeps another record. This page shows that one from here on.",
  },
  no_such_entry: {
    tone: "bad",
    title: "The record is shorter than it was",
    text: "Entries that this page has shown are not in it any more, as if it was put back from a copy. This page has begun anew with what there is.",
  },
};

/**
 * Keeps the banners: one for each thing that is wrong, gone when it is right again.
 * @param {import("./app.js").App} app
 * @param {HTMLElement} place
 */
export function banners(app, place) {
  /** @type {{state: string, seconds?: number, refused?: any}} */
  let link = { state: "live" };
  let [skipped, pruned] = [0, 0];
  /** Why the page has begun anew, if it has. @type {keyof typeof ANEW | null} */
  let anew = null;
  let before = "";
  /** @param {() => void} act */
  const dismiss = (act) =>
    button("Dismiss", () => {
      act();
      draw();
    });
  const draw = () => {
    /** @type {{tone: string, title: string, text: string, act?: HTMLElement}[]} */
    const list = [];
    const fault = app.audit?.verification?.fault;
    if (fault) {
      const place = `${fault.file}${fault.line ? `:${fault.line}` : ""}`;
      list.push({
        tone: "bad",
        title: "The record was tampered with",
        text: `${place}: ${faultMeaning(fault.class)} (${fault.class})`,
        act: h("a", { href: "#/record" }, "Look at it"),
      });
    } else if (app.broken)
      list.push({
        tone: "bad",
        title: "The record is not as it was written",
        text: "Reading it ended where it does not fit together; this page does not have all of it.",
        act: h("a", { href: "#/record" }, "Verify it"),
      });
    if (app.audit?.poisoned)
      list.push({
        tone: "bad",
        title: "The record cannot be written",
        text: "No call is let run until an operator has looked at the state directory.",
      });
    if (app.status?.sealed)
      list.push({
        tone: "bad",
        title: "The gateway has sealed itself",
        text: "An outcome could not be recorded. An operator must look and restart it.",
      });
    if (app.halt?.halted) {
      const by = (app.halt.by ?? []).join(", ");
      list.push({
        tone: "bad",
        title: "Every call is refused: the kill switch is on",
        text: [by && `by ${by}`, app.halt.reason].filter(Boolean).join(": "),
        act: h("a", { href: "#/stop" }, "Kill switch"),
      });
    }
    if (app.policy?.stale || app.status?.stale)
      list.push({
        tone: "bad",
        title: "The policy's file does not load",
        text: "The policy before it stays in force.",
        act: h("a", { href: "#/policy" }, "See the fault"),
      });
    if (app.policy?.enforcement === "shadow")
      list.push({
        tone: "warn",
        title: "Shadow mode",
        text: "Reads that the rules refuse run all the same and are only recorded.",
      });
    if (link.state === "waiting")
      list.push({
        tone: "warn",
        title: "Not live",
        text: `The connection is lost; trying again${link.seconds ? ` in ${link.seconds} s` : ""}.`,
      });
    if (link.state === "off") list.push({ tone: "warn", title: "No live record here", text: sentence(link.refused) });
    if (anew) list.push({ ...ANEW[anew], act: dismiss(() => (anew = null)) });
    if (skipped > 0)
      list.push({
        tone: "warn",
        title: "This page could not follow",
        text: `${number(skipped)} entries were left out here. The record itself has them all.`,
        act: dismiss(() => (skipped = 0)),
      });
    if (pruned > 0)
      list.push({
        tone: "warn",
        title: "The front of the record was removed",
        text: `${number(pruned)} entries that this page has not seen are in no file of it any more.`,
        act: dismiss(() => (pruned = 0)),
      });
    const now = JSON.stringify(list.map(({ tone, title, text }) => [tone, title, text]));
    if (now === before) return;
    if (list[0]?.tone === "bad" && !before.includes(list[0].title)) app.say(`${list[0].title}. ${list[0].text}`);
    before = now;
    fill(
      place,
      list.map(({ tone, title, text, act }) =>
        h("div", { class: `banner ${tone}` }, h("p", {}, h("strong", {}, title), " ", text && h("span", { class: "text" }, text)), act),
      ),
    );
  };
  app.on("link", (state) => {
    link = state;
    draw();
  });
  app.on("lag", (lag) => {
    if (lag.reason === "pruned") pruned += lag.skipped;
    else skipped += lag.skipped;
    draw();
  });
  app.on("chain", (chain) => {
    anew = chain.not_resumed === "no_such_entry" ? "no_such_entry" : "other_chain";
    [skipped, pruned] = [0, 0];
    draw();
    if (ANEW[anew].tone === "warn") app.say(`${ANEW[anew].title}. ${ANEW[anew].text}`);
  });
  /** @type {("audit" | "policy" | "halt" | "status")[]} */
  const topics = ["audit", "policy", "halt", "status"];
  for (const topic of topics) app.on(topic, draw);
  draw();
}
