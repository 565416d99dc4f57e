// @ts-check
// From entries of the record to what the table shows: one row a call (its intent and its outcome, or its refusal), one row for every
// other event. Knows nothing of the page.

import { told } from "./events.js";

/** The most rows that are kept. */
export const MOST = 1000;

/** Entries that are the record's own book-keeping. */
const SILENT = new Set(["segment.open", "segment.close", "chain.open", "chain.close", "checkpoint"]);
const CALLS = new Set(["intent", "outcome", "refusal", "judged"]);

/**
 * Whether an entry tells of something else than a call, and is worth a row.
 * @param {any} entry
 */
export function isEvent(entry) {
  return !CALLS.has(entry.kind) && !SILENT.has(entry.kind);
}

/**
 * @typedef {object} Row
 * @property {string} key
 * @property {number} seq of its newest entry
 * @property {string} ts of its first entry
 * @property {"call" | "judged" | "event"} sort
 * @property {"allow" | "ask" | "deny" | "event"} effect what became of it: a refusal without a verdict counts as `deny`
 * @property {boolean} shadow whether the verdict was only observed
 * @property {string} title the tool, or the kind of event
 * @property {string} state `running`, an outcome, `refused`, `judged`, or the state that an event tells
 * @property {any[]} entries
 */

/** @param {any} entry */
function effectOf(entry) {
  if (!CALLS.has(entry.kind)) return "event";
  if (entry.effect !== undefined) return entry.effect;
  return entry.kind === "refusal" ? "deny" : "allow";
}

/** @param {any} entry */
function stateOf(entry) {
  switch (entry.kind) {
    case "intent":
      return "running";
    case "outcome":
      return entry.outcome;
    case "refusal":
      return "refused";
    case "judged":
      return "judged";
    default:
      return entry.state ?? "";
  }
}

/** The rows, newest first, at most `MOST`. */
export class Calls {
  /** @type {Map<string, Row>} by key, oldest first */
  #rows = new Map();

  get size() {
    return this.#rows.size;
  }

  /** @param {string} key */
  get(key) {
    return this.#rows.get(key);
  }

  /** Every row, newest first. */
  all() {
    return [...this.#rows.values()].reverse();
  }

  /**
   * Takes an entry in.
   * @param {any} entry
   * @returns {{row: Row, fresh: boolean, gone: Row[]} | null} the row that is new or changed, and those that gave way; nothing for
   *   book-keeping and for what was seen before
   */
  take(entry) {
    if (SILENT.has(entry.kind)) return null;
    const ofCall = CALLS.has(entry.kind);
    const key = ofCall ? `call ${entry.call_id}` : `seq ${entry.seq}`;
    const known = this.#rows.get(key);
    if (known) {
      if (entry.seq <= known.seq) return null;
      known.seq = entry.seq;
      known.state = stateOf(entry);
      known.entries.push(entry);
      return { row: known, fresh: false, gone: [] };
    }
    /** @type {Row} */
    const row = {
      key,
      seq: entry.seq,
      ts: entry.ts,
      sort: entry.kind === "judged" ? "judged" : ofCall ? "call" : "event",
      effect: effectOf(entry),
      shadow: entry.enforced === false && entry.effect !== undefined && entry.effect !== "allow",
      title: ofCall ? (entry.tool ?? (entry.kind === "outcome" ? "(begun earlier)" : "(no such tool)")) : entry.kind,
      state: stateOf(entry),
      entries: [entry],
    };
    this.#rows.set(key, row);
    const gone = [];
    for (const [oldest, old] of this.#rows) {
      if (this.#rows.size <= MOST) break;
      this.#rows.delete(oldest);
      gone.push(old);
    }
    return { row, fresh: true, gone };
  }

  clear() {
    this.#rows.clear();
  }
}

/**
 * A member of a call, from whichever of its entries has it.
 * @param {Row} row
 * @param {string} name
 */
export function member(row, name) {
  for (const entry of row.entries) if (entry[name] !== undefined) return entry[name];
  return undefined;
}

/**
 * The repositories and paths of a call, as one line.
 * @param {Row} row
 */
export function target(row) {
  const accesses = member(row, "accesses") ?? [];
  const places = accesses.map((/** @type {any} */ access) => {
    const paths = access.paths ?? [];
    const more = paths.length > 1 ? ` +${paths.length - 1 + (access.paths_more ?? 0)}` : "";
    return [access.repo, paths.length > 0 ? `${paths[0]}${more}` : "", access.host].filter(Boolean).join(" ");
  });
  if (places.length > 0) return places.slice(0, 2).join(" · ") + (places.length > 2 ? ` +${places.length - 2}` : "");
  return row.sort === "event" ? told(row.entries[0]) : "";
}

/**
 * The repositories that a call names.
 * @param {Row} row
 * @returns {string[]}
 */
export function repositories(row) {
  return [...new Set((member(row, "accesses") ?? []).map((/** @type {any} */ access) => access.repo).filter(Boolean))];
}

/**
 * The rule that decided, or the code where none did.
 * @param {Row} row
 */
export function cause(row) {
  const rules = member(row, "rules") ?? [];
  const code = member(row, "code");
  if (rules.length > 0) return rules[0].id + (rules.length > 1 ? ` +${rules.length - 1}` : "");
  return code === undefined || code === "allowed" ? "" : code;
}

/**
 * @typedef {object} Filter
 * @property {string} text
 * @property {string} effect `""`, `allow`, `ask`, `deny`, `event`
 * @property {string} tool
 * @property {string} principal
 * @property {string} repository
 */

/**
 * Whether a row passes. The text is looked for in everything that its entries say.
 * @param {Row} row
 * @param {Filter} filter
 */
export function passes(row, filter) {
  if (filter.effect && row.effect !== filter.effect) return false;
  if (filter.tool && row.title !== filter.tool) return false;
  if (filter.principal && member(row, "principal") !== filter.principal) return false;
  if (filter.repository && !repositories(row).includes(filter.repository)) return false;
  if (!filter.text) return true;
  const wanted = filter.text.toLowerCase();
  return row.entries.some((entry) => JSON.stringify(entry).toLowerCase().includes(wanted));
}

/** Counts decisions by the minute, for the last hour. */
export class Minutes {
  /** @type {Map<number, {all: number, denied: number}>} */
  #counts = new Map();

  /** @param {Row} row */
  add(row) {
    if (row.sort === "event") return;
    const minute = Math.floor(Date.parse(row.ts) / 60_000);
    const count = this.#counts.get(minute) ?? { all: 0, denied: 0 };
    count.all += 1;
    if (row.effect === "deny") count.denied += 1;
    this.#counts.set(minute, count);
    if (this.#counts.size > 180) this.#counts.delete(Math.min(...this.#counts.keys()));
  }

  /**
   * The sixty minutes that end with the one of `now`, oldest first.
   * @param {number} now
   */
  hour(now) {
    const last = Math.floor(now / 60_000);
    return Array.from({ length: 60 }, (_, index) => this.#counts.get(last - 59 + index) ?? { all: 0, denied: 0 });
  }

  clear() {
    this.#counts.clear();
  }
}
