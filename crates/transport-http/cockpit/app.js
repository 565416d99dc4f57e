// @ts-check
// What the panes share: who is signed in, what is known of the gateway, and how one part tells the others.

import { Api, Refused } from "./api.js";
import { put } from "./dom.js";

/**
 * What the panes tell each other, with the detail that goes with it:
 * `entry` an entry of the record · `status` the gateway's state · `link` how the live connection is · `lag` entries were skipped ·
 * `chain` what was told of the record is not of the one that is told from here on ·
 * `policy`, `audit`, `halt`, `approvals` something newer is known · `show` a view is opened · `dry-run` a call to be asked about.
 * @typedef {"entry" | "status" | "link" | "lag" | "chain" | "policy" | "audit" | "halt" | "approvals" | "show" | "dry-run"} Topic
 */

export class App {
  api = new Api();
  /** @type {any} */
  me = null;
  /** @type {any} */
  status = null;
  /** @type {any} */
  policy = null;
  /** @type {any} */
  audit = null;
  /** Whether reading the record came upon something that was not written so, and no verification has found it whole since. */
  broken = false;
  /** @type {any} */
  halt = null;
  /** @type {any[]} */
  approvals = [];
  /** @type {any[] | null} */
  tools = null;
  /** Ends with the session: timers and listeners hang on it. */
  over = new AbortController();
  #bus = new EventTarget();
  #said = /** @type {HTMLElement} */ (document.getElementById("said"));
  /** @type {string[]} */
  #toSay = [];
  #lastSaid = 0;
  #saying = 0;

  /** @param {...string} roles */
  has(...roles) {
    return !this.me?.scoped && roles.some((role) => this.me?.roles.includes(role));
  }

  /**
   * @param {Topic} topic
   * @param {(detail: any) => void} act
   */
  on(topic, act) {
    this.#bus.addEventListener(topic, (event) => act(/** @type {CustomEvent} */ (event).detail), { signal: this.over.signal });
  }

  /**
   * @param {Topic} topic
   * @param {unknown} [detail]
   */
  tell(topic, detail) {
    this.#bus.dispatchEvent(new CustomEvent(topic, { detail }));
  }

  /**
   * Calls `act` now and then until the session ends; pauses while nobody looks.
   * @param {number} seconds
   * @param {() => void} act
   */
  every(seconds, act) {
    const timer = setInterval(() => {
      if (!document.hidden) act();
    }, seconds * 1000);
    this.over.signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  }

  /**
   * Tells somebody who listens to a screen reader; at most once a second, the newest few of what came meanwhile.
   * @param {string} text
   */
  say(text) {
    this.#toSay.push(text);
    if (this.#saying !== 0 || this.over.signal.aborted) return;
    this.#saying = window.setTimeout(
      () => {
        if (this.over.signal.aborted) return;
        const more = this.#toSay.length - 2;
        put(this.#said, this.#toSay.slice(-2).join(". ") + (more > 0 ? `. And ${more} more` : ""));
        this.#toSay = [];
        this.#saying = 0;
        this.#lastSaid = Date.now();
      },
      Math.max(0, this.#lastSaid + 1000 - Date.now()),
    );
  }

  /** Fetches what the strip shows and no stream tells. */
  async refresh() {
    const jobs = this.me.scoped ? [] : [this.fetch("halt", "halt")];
    if (this.has("auditor", "admin")) jobs.push(this.fetch("policy", "policy"), this.fetch("audit", "audit/status"));
    await Promise.all(jobs);
  }

  /**
   * Takes up one answer of the gateway. What this address does not serve stays unknown.
   * @param {"halt" | "policy" | "audit"} topic
   * @param {string} path
   */
  async fetch(topic, path) {
    try {
      this[topic] = await this.api.get(path);
      this.tell(topic);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }

  /** Fetches the approvals of which something may still become. */
  async fetchApprovals() {
    try {
      this.approvals = (await this.api.get("approvals")).approvals;
      this.tell("approvals");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
}

/**
 * What to tell a person of an error.
 * @param {unknown} error
 */
export function sentence(error) {
  if (!(error instanceof Refused)) throw error;
  if (error.elsewhere) return "This address does not serve that; it may be served where the administrator listens.";
  const hint = error.code === "role_required" ? " Another role is needed for it." : "";
  return `${error.message}.${hint} (${error.code})`.replace("..", ".");
}
