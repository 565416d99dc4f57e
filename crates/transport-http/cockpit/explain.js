// @ts-check
// Why a call was decided as it was: from its entries alone, so that it is what the record says and no more.

import { member } from "./calls.js";
import { button, facts, h, table } from "./dom.js";
import { verdict } from "./verdict.js";
import { day, meaning, number, short, took } from "./words.js";

/**
 * Where a rule stands. The record has its line; the file is that of the policy of the same digest.
 * @param {import("./app.js").App} app
 * @param {any} rule
 * @param {string | undefined} digest
 */
function place(app, rule, digest) {
  if (rule.line === 0) return "built in: no policy can lift it";
  const bare = (/** @type {string | undefined} */ text) => (text ?? "").replace(/^sha256:/, "");
  const known = app.policy && digest && bare(app.policy.digest).startsWith(bare(digest).slice(0, 64));
  return known ? `${app.policy.name}:${rule.line}` : `line ${rule.line} of the policy ${short(digest)}`;
}

/**
 * The rules as a table.
 * @param {string} caption
 * @param {{id: string, place: string, effect?: string, note?: string | null}[]} rules
 */
export function ruleTable(caption, rules) {
  const noted = rules.some((rule) => rule.note);
  const rows = rules.map((rule) => [
    [
      rule.effect && h("span", { class: `dot ${rule.effect}`, title: rule.effect }, rule.effect),
      h("bdi", { class: "mono" }, rule.id),
    ],
    h("bdi", { class: "mono" }, rule.place),
    ...(noted ? [h("bdi", {}, rule.note ?? "")] : []),
  ]);
  return table(caption, ["Rule", "Stands in", ...(noted ? ["Says"] : [])], rows);
}

/** @param {any[]} accesses */
function touched(accesses) {
  const path = (/** @type {string} */ one) => h("li", {}, h("bdi", { class: "mono" }, one));
  const place = (/** @type {any} */ access) =>
    h(
      "li",
      {},
      h("bdi", { class: "repo" }, access.repo ?? access.host ?? "?"),
      access.ref && h("bdi", { class: "mono ref" }, `@ ${access.ref}`),
      access.found && h("span", { class: "under" }, " paths are found, and judged, while it runs"),
      h("ul", {}, (access.paths ?? []).map(path)),
    );
  return h("ul", { class: "accesses" }, accesses.map(place));
}

/** @param {any} restriction */
function gaveUp(restriction) {
  const left = restriction.repos_more !== undefined && `all repositories but ${(restriction.repos ?? []).join(", ") || "none"}`;
  return [restriction.read_only && "writes", restriction.dry_run && "running it", left].filter(Boolean).join(" · ");
}

/**
 * What the entries hold besides.
 * @param {import("./calls.js").Row} row
 */
function particulars(row) {
  const of = (/** @type {string} */ name) => member(row, name);
  const mono = (/** @type {unknown} */ text) => text && h("bdi", { class: "mono" }, String(text));
  const counted = (/** @type {string} */ name) => (of(name) ? number(of(name)) : undefined);
  const generation = of("policy_generation") === undefined ? "" : ` · generation ${of("policy_generation")}`;
  const approval = of("approval_id");
  return facts([
    ["When", day(row.ts)],
    ["Principal", of("principal") && h("bdi", {}, `${of("principal")} (${(of("roles") ?? []).join(", ")})`)],
    ["Token", mono(of("token"))],
    ["Door", of("transport")],
    ["Capability", of("capability")],
    ["State", row.state],
    ["Took", took(of("duration_us"))],
    ["Bytes out", counted("bytes_out")],
    ["Left out", counted("dropped")],
    ["Redacted", counted("redactions")],
    ["Count", counted("count")],
    ["From", mono(of("origin"))],
    ["Write mode", of("write_mode")],
    ["Policy", of("policy_digest") && `${short(of("policy_digest"))}${generation}`],
    ["Approval", approval && h("a", { class: "mono", href: `#/approvals/${encodeURIComponent(approval)}` }, approval)],
    ["Call", mono(of("call_id"))],
    ["Correlation", mono(of("correlation_id"))],
    ["Entries", mono(row.entries.map((entry) => `#${entry.seq}`).join(", "))],
    ["Hash", mono(short(row.entries.at(-1).entry_hash))],
  ]);
}

/**
 * @param {import("./app.js").App} app
 * @param {import("./calls.js").Row} row
 * @param {() => void} close
 */
export function explain(app, row, close) {
  const of = (/** @type {string} */ name) => member(row, name);
  const code = of("code");
  const rules = of("rules") ?? [];
  const accesses = of("accesses") ?? [];
  const given = of("arguments") ?? [];
  const call = row.sort !== "event";
  const decided = rules.map((/** @type {any} */ rule) => ({ id: rule.id, place: place(app, rule, of("policy_digest")) }));
  const read = given.map((/** @type {any} */ one) => [one.name, h("bdi", { class: "mono" }, one.value)]);
  const more = `and ${number(of("accesses_more"))} more that the entry does not list`;
  return h(
    "article",
    { class: "explain" },
    h(
      "header",
      {},
      h("div", {}, verdict(row), h("h2", { tabindex: "-1", id: "explain-title" }, h("bdi", {}, row.title))),
      button("Close", close, { class: "quiet", id: "explain-close" }),
    ),
    code && code !== "allowed" && h("p", { class: "reason" }, meaning(code) ?? "", " ", h("code", {}, code)),
    row.shadow && h("p", { class: "notice warn" }, "The policy is in shadow mode: this was only recorded, and the call ran."),
    rules.length > 0 && ruleTable("Rules that decided", decided),
    code === "default_deny" && rules.length === 0 && h("p", { class: "note" }, "No rule matched, so none can be named."),
    accesses.length > 0 && section("What it touches", touched(accesses), of("accesses_more") && h("p", { class: "note" }, more)),
    given.length > 0 && section("Arguments that rules read", facts(read)),
    of("restriction") && section("The caller gave up", h("p", {}, gaveUp(of("restriction")))),
    !call && of("detail") && h("p", { class: "reason" }, h("bdi", {}, of("detail"))),
    section("The entry", particulars(row)),
    call && of("tool") && again(app, row),
  );
}

/**
 * @param {import("./app.js").App} app
 * @param {import("./calls.js").Row} row
 */
function again(app, row) {
  const note = "Opens the dry run with what the entry holds of the arguments. It is judged for you, under the policy as it is now.";
  return h(
    "section",
    {},
    button("Ask again now …", () => app.tell("dry-run", guess(row)), { id: "explain-ask" }),
    h("p", { class: "note" }, note),
  );
}

/**
 * @param {string} title
 * @param {...import("./dom.js").Child} children
 */
function section(title, ...children) {
  return h("section", {}, h("h3", {}, title), children);
}

/**
 * What the record holds of a call's arguments: the repository, the reference and the path it touched, and what rules read.
 * @param {import("./calls.js").Row} row
 */
function guess(row) {
  const access = (member(row, "accesses") ?? [])[0] ?? {};
  /** @type {Record<string, unknown>} */
  const found = {};
  if (access.repo) found.repo = access.repo;
  if (access.ref) found.ref = access.ref;
  if (access.paths?.length === 1) found.path = access.paths[0];
  for (const one of member(row, "arguments") ?? []) {
    try {
      const value = JSON.parse(one.value);
      if (value !== null) found[one.name] = value;
    } catch {
      // Cut in the record: not an argument any more.
    }
  }
  return { tool: member(row, "tool"), arguments: found };
}
