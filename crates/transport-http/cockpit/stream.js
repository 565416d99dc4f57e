// @ts-check
// The live record: server-sent events over `fetch`, since `EventSource` cannot send a bearer. Goes on where it stopped, by chain and sequence
// number; where that cannot be, as after the gateway was started on another chain, it begins anew and says so.

import { Refused } from "./api.js";

/** The server is heard of every 15 seconds; silence for longer than this means that the connection is dead. */
const SILENCE = 40_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;

/** Splits what arrives into events, whatever the pieces it arrives in (WHATWG HTML §9.2.6). */
export class Parser {
  #rest = "";
  #event = "";
  #id = "";
  /** @type {string[]} */
  #data = [];

  /**
   * @param {string} text
   * @returns {{event: string, id: string, data: string}[]} the events that are whole now
   */
  push(text) {
    const events = [];
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const raw of lines) {
      const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
      if (line !== "") {
        this.#field(line);
        continue;
      }
      if (this.#data.length > 0) events.push({ event: this.#event || "message", id: this.#id, data: this.#data.join("\n") });
      this.#event = "";
      this.#id = "";
      this.#data = [];
    }
    return events;
  }

  /** @param {string} line */
  #field(line) {
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
    else if (name === "id") this.#id = value;
  }
}

/**
 * @typedef {object} Listener
 * @property {(event: string, data: any) => void} event one event of the stream; `chain` only if what was told before is not of the record
 *   that is told from here on
 * @property {(state: "live" | "waiting" | "off", detail?: {seconds?: number, refused?: Refused}) => void} state how the connection is
 */

export class Follower {
  #ended = new AbortController();
  /** The id of what was told last: `CHAIN.SEQ`. @type {string | null} */
  #last = null;
  /** @type {string | null} */
  #chain = null;

  /**
   * @param {import("./api.js").Api} api
   * @param {Listener} listener
   */
  constructor(api, listener) {
    this.api = api;
    this.listener = listener;
  }

  stop() {
    this.#ended.abort();
  }

  /**
   * Hands out the newest entries of the past, and follows what comes after them. Where the past cannot be had now, it is asked for again.
   * @param {number} most
   */
  async start(most) {
    for (let wait = FIRST_WAIT; !this.#ended.signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      try {
        await this.#past(most);
        break;
      } catch (error) {
        if (error instanceof Refused && error.unknownCaller) return;
        await this.#rest(wait);
      }
    }
    await this.run();
  }

  /**
   * Where the record cannot be read as it was written, that is told as if the stream had ended by it, and the page follows from now on. What
   * else the gateway refuses, it refuses the stream as well, which says so.
   * @param {number} most
   */
  async #past(most) {
    try {
      const newest = await this.api.get("audit/entries?last=1");
      const seen = this.#seen(newest.chain_id);
      const behind = seen <= newest.last_seq;
      this.#enter(newest.chain_id, behind ? undefined : "no_such_entry");
      let after = Math.max(0, newest.last_seq - most, behind ? seen : 0);
      for (let more = true; more && !this.#ended.signal.aborted;) {
        const page = await this.api.get(`audit/entries?after=${after}&limit=500`);
        if (page.chain_id !== newest.chain_id) throw new Error("the chain has changed meanwhile");
        for (const entry of page.entries) this.#hand("entry", `${page.chain_id}.${entry.seq}`, entry);
        after = page.entries.at(-1)?.seq ?? after;
        more = page.more && page.entries.length > 0;
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.code === "unavailable") this.listener.event("end", { reason: "chain" });
      else if (error.unknownCaller || ![400, 403, 404, 405].includes(error.status)) throw error;
    }
  }

  /**
   * @param {string} event
   * @param {string} id
   * @param {any} data
   */
  #hand(event, id, data) {
    if (event === "chain") this.#enter(data.chain_id, data.not_resumed);
    else this.listener.event(event, data);
    // Until something is told of it, who asks again still names the chain before, and is shown this one from its begin.
    if (id !== "") this.#last = id;
  }

  /**
   * The place in the chain of what was told last of it.
   * @param {string} chain
   */
  #seen(chain) {
    const [of, seq] = (this.#last ?? "").split(".");
    return of === chain ? Number(seq) : 0;
  }

  /**
   * Takes note of the chain that is followed, and tells of it where that is not the one before, or not as it was.
   * @param {string} chain
   * @param {string} [fault] why the gateway could not go on where this page was
   */
  #enter(chain, fault) {
    const known = this.#chain;
    this.#chain = chain;
    if (known === null || (known === chain && fault !== "no_such_entry")) return;
    this.listener.event("chain", { chain_id: chain, not_resumed: known === chain ? fault : "other_chain" });
  }

  /** Follows until stopped, or until the gateway says for good that it will not be followed. */
  async run() {
    let wait = FIRST_WAIT;
    while (!this.#ended.signal.aborted) {
      const before = Date.now();
      try {
        await this.#once();
      } catch (error) {
        const refused = error instanceof Refused ? error : undefined;
        if (this.#ended.signal.aborted || refused?.unknownCaller) return;
        if (refused && [400, 403, 404, 405].includes(refused.status)) {
          this.listener.state("off", { refused });
          return;
        }
      }
      if (this.#ended.signal.aborted) return;
      if (Date.now() - before > LONGEST_WAIT) wait = FIRST_WAIT;
      await this.#rest(wait);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  }

  /**
   * Says that the connection is lost, and waits for about so many milliseconds.
   * @param {number} wait
   */
  async #rest(wait) {
    if (this.#ended.signal.aborted) return;
    const jittered = wait * (0.75 + Math.random() / 2);
    this.listener.state("waiting", { seconds: Math.ceil(jittered / 1000) });
    await sleep(jittered, this.#ended.signal);
  }

  async #once() {
    const quiet = new AbortController();
    const signal = AbortSignal.any([quiet.signal, this.#ended.signal]);
    let alarm = setTimeout(() => quiet.abort(), SILENCE);
    try {
      /** @type {Record<string, string>} */
      const headers = { Accept: "text/event-stream" };
      if (this.#last !== null) headers["Last-Event-ID"] = this.#last;
      const response = await this.api.open("audit/stream", { headers, signal });
      if (response.body === null) return;
      this.listener.state("live");
      const parser = new Parser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(alarm);
        alarm = setTimeout(() => quiet.abort(), SILENCE);
        for (const { event, id, data } of parser.push(value)) {
          this.#hand(event, id, JSON.parse(data));
        }
      }
    } finally {
      clearTimeout(alarm);
    }
  }
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function sleep(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
