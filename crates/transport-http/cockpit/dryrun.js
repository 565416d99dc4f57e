// @ts-check
// The dry run: what policy makes of a call, without running it.

import { sentence } from "./app.js";
import { button, facts, fill, h, put, table } from "./dom.js";
import { ruleTable } from "./explain.js";
import { chip } from "./verdict.js";
import { meaning, short } from "./words.js";

/**
 * An example of what a schema takes: its own, or the plainest value there is.
 * @param {any} schema
 * @param {string} name
 * @param {string[]} repositories
 * @returns {unknown}
 */
export function example(schema, name, repositories) {
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined && schema.default !== null) return schema.default;
  if (schema.examples?.length > 0) return schema.examples[0];
  if (schema.enum?.length > 0) return schema.enum[0];
  if (name === "repo") return repositories[0] ?? "";
  const type = Array.isArray(schema.type) ? schema.type.find((/** @type {string} */ one) => one !== "null") : schema.type;
  switch (type) {
    case "object":
      return examples(schema, repositories);
    case "array":
      return [example(schema.items ?? {}, "", repositories)];
    case "integer":
    case "number":
      return schema.minimum ?? 1;
    case "boolean":
      return false;
    default:
      return name === "path" ? "README.md" : "";
  }
}

/**
 * Examples of the arguments that must be given, and of `path`, which most rules are about.
 * @param {any} schema
 * @param {string[]} repositories
 */
export function examples(schema, repositories) {
  const required = schema.required ?? [];
  const wanted = Object.entries(schema.properties ?? {}).filter(([name]) => required.includes(name));
  return Object.fromEntries(wanted.map(([name, property]) => [name, example(property, name, repositories)]));
}

/**
 * Of what the record holds of a call, what the tool takes.
 * @param {any} schema
 * @param {Record<string, unknown>} found
 * @param {string[]} repositories
 */
export function fitting(schema, found, repositories) {
  const properties = schema.properties ?? {};
  const taken = Object.fromEntries(Object.entries(found).filter(([name]) => name in properties));
  if (found.path !== undefined && !("path" in properties) && "paths" in properties) taken.paths = [found.path];
  return { ...examples(schema, repositories), ...taken };
}

/** @param {import("./app.js").App} app */
export function dryRun(app) {
  const select = h("select", { id: "dry-tool", onchange: () => propose() });
  const text = h("textarea", {
    id: "dry-arguments",
    rows: "9",
    spellcheck: "false",
    autocomplete: "off",
    class: "mono",
    "aria-describedby": "dry-fault",
  });
  const fault = h("p", { class: "fault", role: "alert", id: "dry-fault" });
  const answer = h(
    "div",
    { class: "answer", role: "region", "aria-label": "answer", tabindex: "-1" },
    h("p", { class: "empty" }, "The answer is recorded like a call, and nothing runs."),
  );

  const schema = () => app.tools?.find((tool) => tool.name === select.value)?.input_schema ?? {};
  const propose = () => {
    text.value = JSON.stringify(examples(schema(), app.policy?.repositories ?? []), null, 2);
  };
  const load = async () => {
    if (!app.tools) app.tools = (await app.api.get("tools")).tools;
    if (select.options.length > 0) return;
    select.append(...(app.tools ?? []).map((tool) => h("option", { value: tool.name }, tool.name)));
    select.value = app.tools?.some((tool) => tool.name === "repo_read_file") ? "repo_read_file" : select.value;
    propose();
  };

  const decide = async () => {
    put(fault, "");
    let given;
    try {
      given = JSON.parse(text.value);
    } catch (error) {
      put(fault, "The arguments are not JSON.");
      text.focus();
      return;
    }
    try {
      show(await app.api.post("decide", { tool: select.value, arguments: given }));
    } catch (error) {
      put(fault, sentence(error));
    }
  };

  /** @param {any} verdict */
  const show = (verdict) => {
    const why = verdict.explanation;
    const rule = (/** @type {any} */ one) => ({
      id: one.rule,
      place: one.line === 0 ? "built in: no policy can lift it" : `${one.source}:${one.line}:${one.column}`,
      effect: one.effect,
      note: one.text,
    });
    const gate = (/** @type {any} */ one) => [
      h("span", { class: "mono" }, one.code),
      [h("span", { class: `dot ${one.open ? "allow" : "deny"}` }), one.open ? "passes" : "stops here"],
    ];
    fill(
      answer,
      h(
        "header",
        {},
        chip(verdict.effect, verdict.effect, !verdict.enforced),
        h("h2", {}, meaning(verdict.code) ?? (verdict.effect === "allow" ? "The call would run." : verdict.code)),
        h("code", {}, verdict.code),
      ),
      !verdict.enforced && h("p", { class: "notice warn" }, "Shadow mode: the call would run all the same, and be recorded."),
      verdict.reasons.length > 0 && ruleTable("Rules that decide", verdict.reasons.map(rule)),
      why?.gates.length > 0 && table("Gates before the rules", ["Gate", "This call"], why.gates.map(gate)),
      why?.matched.length > 0 && ruleTable("Every rule that matches", why.matched.map(rule)),
      why?.misses.length > 0 &&
        ruleTable(
          "Rules that miss by one thing",
          why.misses.map((/** @type {any} */ miss) => ({ ...rule(miss.rule), note: `other ${miss.dimension}` })),
        ),
      facts([
        ["Judged for", `${app.me.principal} (${app.me.roles.join(", ")})`],
        ["Policy", `generation ${verdict.policy.generation} · ${short(verdict.policy.digest)}`],
        ["Entry of", h("span", { class: "mono" }, verdict.call_id)],
      ]),
    );
    app.say(`The answer is ${verdict.effect}`);
    answer.focus({ preventScroll: true });
  };

  app.on("dry-run", async (/** @type {{tool: string, arguments: Record<string, unknown>}} */ call) => {
    app.tell("show", "dry-run");
    await load();
    if (![...select.options].some((option) => option.value === call.tool)) {
      put(fault, `The policy does not let ${app.me.principal} use ${call.tool}, so only another principal can ask about it.`);
      return;
    }
    put(fault, "");
    select.value = call.tool;
    text.value = JSON.stringify(fitting(schema(), call.arguments, app.policy?.repositories ?? []), null, 2);
    text.focus();
  });
  const form = h(
    "form",
    {
      class: "asking",
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        decide();
      },
    },
    h("label", { for: "dry-tool" }, "Tool"),
    select,
    h("label", { for: "dry-arguments" }, "Arguments, as JSON"),
    text,
    fault,
    h(
      "div",
      { class: "actions" },
      button("Example", () => propose()),
      h("button", { type: "submit", class: "primary" }, "Decide"),
    ),
  );
  return {
    element: h("div", { class: "pair dry" }, form, answer),
    title: "Dry run",
    open: () => load().catch((error) => put(fault, sentence(error))),
  };
}
