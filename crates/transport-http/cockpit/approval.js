// @ts-check
// One approval as a person decides by it: why it is asked about, what would change, line by line, and what became of it.

import { draw } from "./diff.js";
import { button, facts, h, shown, table } from "./dom.js";
import { ruleTable } from "./explain.js";
import { day, number, short } from "./words.js";

const ENDS = new Map([
  ["approved", "approved: the same call runs once"],
  ["denied", "denied"],
  ["used", "used: the call ran under it"],
  ["void", "void: it is good for nothing any more"],
  ["expired", "expired"],
]);

/** @param {any} file */
function change(file) {
  if (!file.old) return "new";
  if (!file.new) return "deleted";
  return file.old.mode === file.new.mode ? "changed" : `mode ${file.old.mode} → ${file.new.mode}`;
}

/** @param {any[]} files */
function fileTable(files) {
  const rows = files.map((file) => [
    h("bdi", { class: "mono" }, file.path),
    change(file),
    h("span", { class: "figure plus" }, `+${number(file.added)}`),
    h("span", { class: "figure minus" }, `−${number(file.removed)}`),
    h("span", { class: "figure" }, `${number((file.new ?? file.old)?.bytes)} B`),
  ]);
  return table("Files", ["Path", "Change", "Added", "Removed", "Size"], rows);
}

/**
 * What became of it, unless it is pending.
 * @param {any} approval
 */
export function fate(approval) {
  const { state, decision, end } = approval;
  if (state === "pending") return null;
  const note = decision?.note && [": “", h("bdi", {}, decision.note), "”"];
  const by = decision && [", by ", h("bdi", {}, decision.principal), ` at ${day(decision.at)}`, note];
  return [
    h("p", { class: "lead" }, ENDS.get(state) ?? state, by),
    end && h("p", { class: "notice warn" }, h("bdi", {}, end.why), ` (${day(end.at)})`),
  ];
}

/**
 * What must be known before anything else is believed.
 * @param {any} approval
 */
export function warnings(approval) {
  const hidden = `${number(approval.hidden)} characters that nobody sees were taken out of this. Somebody may have wanted to deceive you.`;
  return [
    approval.hidden > 0 && h("p", { class: "notice bad" }, hidden),
    approval.cut && h("p", { class: "notice warn" }, "Something below is cut, since it is long. What is approved is the whole."),
  ];
}

/**
 * The call, the rules that ask, and the effect. Nothing for the agent that asked: it is told the state alone.
 * @param {any} approval
 */
export function effect(approval) {
  const effects = approval.effects;
  if (!effects) return null;
  const rules = approval.rules.map((/** @type {any} */ rule) => ({
    id: rule.id,
    place: rule.line === 0 ? "built in" : `${rule.source}:${rule.line}`,
    effect: "ask",
    note: rule.reason,
  }));
  const objects = [effects.base, effects.head].map((id) => (id ? short(id) : "nothing")).join(" → ");
  const message = () => h("bdi", { class: "message" }, shown(effects.message, { lines: true }));
  const told = JSON.stringify(approval.arguments, null, 2);
  return [
    ruleTable("Why it is asked about", rules),
    h(
      "div",
      { class: "two" },
      facts([
        ["Asked by", h("bdi", {}, `${approval.principal} over ${approval.transport}`)],
        ["At", day(approval.created)],
        ["Tool", h("bdi", { class: "mono" }, approval.tool)],
        ["From and to", h("span", { class: "mono" }, objects)],
      ]),
      effects.message && h("figure", {}, h("figcaption", {}, "Message"), message()),
    ),
    effects.files.length > 0 && fileTable(effects.files),
    approval.files_more > 0 && h("p", { class: "note" }, `and ${number(approval.files_more)} more files that are not listed`),
    effects.diff && draw(effects.diff),
    h(
      "details",
      {},
      h("summary", { "data-keep": "arguments" }, "The arguments of the call"),
      h("pre", { tabindex: "0" }, shown(told, { lines: true })),
    ),
    h(
      "p",
      { class: "note mono" },
      `effect ${short(approval.effect_digest)} · policy ${short(approval.policy.digest)} · call ${approval.call_id}`,
    ),
  ];
}

/**
 * The two buttons and the note, or why there are none.
 * @param {import("./app.js").App} app
 * @param {any} approval
 * @param {(say: "approve" | "deny") => void} decide
 */
export function decision(app, approval, decide) {
  if (approval.state !== "pending" || !approval.effects) return null;
  if (approval.principal === app.me.principal) {
    return h("p", { class: "note" }, "You asked for this yourself, so another person decides.");
  }
  if (!app.has("approver")) return h("p", { class: "note" }, "Deciding needs the role approver.");
  return h(
    "div",
    { class: "decide" },
    h("label", { for: "approval-note" }, "Note (kept in the record, optional)"),
    h("textarea", { id: "approval-note", rows: "1", maxlength: "480", "data-keep": "note" }),
    h(
      "div",
      { class: "actions" },
      button("Deny", () => decide("deny"), { class: "grave" }),
      button("Approve this call", () => decide("approve"), { class: "primary" }),
    ),
  );
}
