// @ts-check
// The record: how far it has come, whether it can be written, and whether it is still what was written.

import { sentence } from "./app.js";
import { isEvent } from "./calls.js";
import { button, facts, fill, h, put, table } from "./dom.js";
import { told } from "./events.js";
import { day, faultMeaning, number, span } from "./words.js";

const EVENTS = 40;

const VERDICTS = new Map([
  ["intact", "Nothing is wrong, as far as the chain alone can show."],
  ["tampered", "The record is not as it was written."],
  ["torn", "Only a tail is torn; the next start mends and records it."],
  ["pruned", "The front was removed on purpose, and that is accounted for."],
  ["not_anchored", "Entries are not anchored by a checkpoint."],
]);

/** @param {import("./app.js").App} app */
export function record(app) {
  const place = h("div", { class: "sheet" });
  const fault = h("p", { class: "fault", role: "alert" });
  let busy = false;
  /** The newest entries that are neither calls nor the log's book-keeping, newest first. @type {any[]} */
  const events = [];

  const verify = async () => {
    if (busy) return;
    busy = true;
    draw();
    put(fault, "");
    try {
      const verification = await app.api.post("audit/verify");
      app.audit = { ...app.audit, verification };
      // What does not fit together is found again by whoever reads on; what was mended is not.
      if (!verification.fault) app.broken = false;
      app.say(`The record is ${verification.verdict}`);
      app.tell("audit");
    } catch (error) {
      put(fault, sentence(error));
    }
    busy = false;
    draw();
  };

  const line = (/** @type {any} */ entry) => [
    h("span", { class: "figure" }, day(entry.ts)),
    [h("strong", {}, entry.kind), " ", h("bdi", { class: "under" }, told(entry))],
    h("span", { class: "figure" }, `#${number(entry.seq)}`),
  ];

  const draw = () => {
    const audit = app.audit;
    if (!audit) {
      fill(place, h("p", { class: "empty" }, "What the record says about itself is not served at this address."));
      return;
    }
    const seen = audit.verification;
    const last = Math.max(audit.last_seq, app.status?.audit?.last_seq ?? 0);
    const head = app.status?.audit?.head ?? audit.head;
    const found = seen?.fault;
    fill(
      place,
      h(
        "div",
        { class: `verdict-card ${found ? "bad" : seen ? "good" : "plain"}` },
        h(
          "div",
          {},
          h("h2", {}, seen ? (found ? "Tampered with" : seen.verdict === "intact" ? "Intact" : seen.verdict) : "Not verified yet"),
          h("p", {}, seen ? (VERDICTS.get(seen.verdict) ?? "") : "Every byte of every file is read; entries go on meanwhile."),
          seen &&
            h(
              "p",
              { class: "note" },
              `${number(seen.entries)} entries, through #${number(seen.through_seq)}, in ${number(seen.milliseconds)} ms, at ${day(seen.at)}`,
            ),
        ),
        button(busy ? "Verifying …" : "Verify now", verify, {
          class: "primary",
          "aria-disabled": busy ? "true" : undefined,
          "data-keep": "verify",
        }),
      ),
      fault,
      found &&
        h(
          "section",
          { class: "notice bad", id: "fault" },
          h("h3", {}, "The fault"),
          facts([
            ["File", h("bdi", { class: "mono" }, `${found.file}${found.line ? `:${found.line}` : ""}`)],
            ["Class", h("span", {}, h("code", {}, found.class), ` ${faultMeaning(found.class)}`)],
            ["Entry", found.seq === undefined ? undefined : `#${number(found.seq)}`],
            ["Expected", found.detail && h("bdi", {}, found.detail)],
          ]),
          h(
            "p",
            { class: "note" },
            "Keep the state directory as it is. gitoma-audit verify says the same at the terminal, and docs/audit-format.md what each class means.",
          ),
        ),
      seen?.warnings?.length > 0 &&
        h(
          "section",
          { class: "notice warn" },
          h("h3", {}, "Warnings"),
          h(
            "ul",
            {},
            seen.warnings.map((/** @type {any} */ warning) =>
              h("li", {}, h("bdi", {}, typeof warning === "string" ? warning : JSON.stringify(warning))),
            ),
          ),
        ),
      h(
        "div",
        { class: "panels" },
        h(
          "section",
          { class: "panel" },
          h("h2", {}, "The chain"),
          facts([
            ["Writable", audit.ok === false || app.status?.audit?.ok === false ? `no: ${audit.poisoned ?? "see the log"}` : "yes"],
            ["Chain", h("span", { class: "mono" }, audit.chain_id)],
            ["Last entry", h("span", { class: "figure" }, `#${number(last)}`)],
            ["Head", h("span", { class: "mono wrap" }, head ?? "–")],
            ["Not disclosed", audit.undisclosed ? `${number(audit.undisclosed)} commitments that nobody can open` : undefined],
            ["Followers", audit.subscribers === undefined ? undefined : number(audit.subscribers)],
          ]),
        ),
        h(
          "section",
          { class: "panel" },
          h("h2", {}, "Checkpoints"),
          audit.checkpoints
            ? facts([
                ["Newest covers", `${number(audit.checkpoints.size)} entries`],
                [
                  "Made",
                  audit.checkpoints.age_seconds === undefined ? "before this start" : `${span(audit.checkpoints.age_seconds)} ago`,
                ],
                ["Failing", audit.checkpoints.failing],
              ])
            : h(
                "p",
                { class: "note" },
                "No key is configured, so the chain is not signed: who may write its files can cut entries off its end unseen.",
              ),
        ),
      ),
      h(
        "section",
        { class: "panel" },
        h("h2", {}, "What happened to the gateway"),
        events.length === 0
          ? h("p", { class: "note" }, "Nothing but calls, in what this page has seen.")
          : table("events, newest first", ["When", "What", "Entry"], events.map(line), { said: true }),
      ),
    );
  };

  app.on("entry", (entry) => {
    if (!isEvent(entry)) return;
    events.unshift(entry);
    events.length = Math.min(events.length, EVENTS);
    if (!document.getElementById("view-record")?.hidden) draw();
  });
  app.on("chain", () => {
    events.length = 0;
    draw();
  });
  app.on("audit", draw);
  app.on("status", draw);
  draw();
  return { element: place, title: "Record", roles: ["auditor", "admin"], open: () => app.fetch("audit", "audit/status"), verify };
}
