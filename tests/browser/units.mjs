// The cockpit's modules that need no page: what is shown of a text, how a stream is read, how entries become rows, how a diff is read.

import { Calls, MOST, Minutes, cause, passes, repositories, target } from "../../crates/transport-http/cockpit/calls.js";
import { read } from "../../crates/transport-http/cockpit/diff.js";
import { examples, fitting } from "../../crates/transport-http/cockpit/dryrun.js";
import { Refused } from "../../crates/transport-http/cockpit/api.js";
import { Follower, Parser } from "../../crates/transport-http/cockpit/stream.js";
import { parts, plain } from "../../crates/transport-http/cockpit/visible.js";
import { short, span, took } from "../../crates/transport-http/cockpit/words.js";
import { check } from "./check.mjs";

const same = (what, found, wanted) =>
  check(what, JSON.stringify(found) === JSON.stringify(wanted), `found ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);

/** A gateway that answers with these, one after the other, and keeps what it was asked. */
function answering(...answers) {
  const asked = [];
  return {
    asked,
    open: async (path, init) => {
      asked.push(init.headers["Last-Event-ID"] ?? null);
      const answer = answers.shift();
      if (answer instanceof Refused) throw answer;
      return new Response(answer);
    },
  };
}

/** The connection is lost and found again; it goes on behind the last entry, and ends where it is refused for good. */
async function following() {
  const api = answering(
    'id: a.3\nevent: chain\ndata: {"chain_id":"a","next":4}\n\nid: a.4\nevent: entry\ndata: {"seq":4}\n\nevent: lag\ndata: {"skipped":9,"next":14}\n\n' +
      'id: a.14\nevent: entry\ndata: {"seq":14}\n\nevent: entry\nid: a.15\ndata: {"cut',
    new Refused(0, { code: "unreachable" }),
    'id: a.14\nevent: chain\ndata: {"chain_id":"a","next":15}\n\nid: a.15\nevent: entry\ndata: {"seq":15}\n\n',
    new Refused(403, { code: "role_required" }),
  );
  const events = [];
  const states = [];
  const follower = new Follower(api, {
    event: (event, data) => events.push(`${event} ${data.seq ?? data.skipped}`),
    state: (state) => states.push(state),
  });
  await follower.run();
  same("a lost stream is taken up behind its last entry", api.asked, [null, "a.14", "a.14", "a.15"]);
  same("nothing is lost or seen twice, and a lag is told", events, ["entry 4", "lag 9", "entry 14", "entry 15"]);
  same("how the connection is, is told", states, ["live", "waiting", "waiting", "live", "waiting", "off"]);
}

/** What a gateway tells of itself first of all to whoever follows, with an entry behind it or not. */
const chain = (chain_id, next, more = {}, ...seqs) =>
  (next > 0 ? `id: ${chain_id}.${next - 1}\n` : "") +
  `event: chain\ndata: ${JSON.stringify({ chain_id, next, ...more })}\n\n` +
  seqs.map((seq) => `id: ${chain_id}.${seq}\nevent: entry\ndata: ${JSON.stringify({ seq })}\n\n`).join("");

/** The gateway comes back with another chain, or with less of the same: the page is told, and nothing of the new one is missed. */
async function anew() {
  const follow = async (...answers) => {
    const api = answering(...answers, new Refused(403, { code: "role_required" }));
    const events = [];
    const listener = {
      event: (event, data) => events.push(`${event} ${data.seq ?? data.not_resumed ?? data.chain_id}`),
      state: () => {},
    };
    const follower = new Follower(api, listener);
    await follower.run();
    return [events, api.asked];
  };
  same(
    "another chain is told, and asked for from its begin until something of it came",
    await follow(
      chain("a", 6, {}, 6),
      chain("b", 0, { not_resumed: "other_chain" }),
      chain("b", 0, { not_resumed: "other_chain" }, 0, 1),
      chain("b", 2),
    ),
    [["entry 6", "chain other_chain", "entry 0", "entry 1"], [null, "a.6", "a.6", "b.1", "b.1"]],
  );
  same(
    "so is a chain that has become shorter",
    await follow(chain("a", 6, {}, 6), chain("a", 0, { not_resumed: "no_such_entry" }, 0), chain("a", 1)),
    [["entry 6", "chain no_such_entry", "entry 0"], [null, "a.6", "a.0", "a.0"]],
  );
  same("what comes before the first entry is not missed", await follow(chain("a", 6), chain("a", 6, {}, 6)), [
    ["entry 6"],
    [null, "a.5", "a.6"],
  ]);
}

/** The past that does not come at once is asked for again; only a record that cannot be read is an alarm. */
async function starting() {
  const entriesOf = (chain_id, last_seq, ...seqs) => ({ chain_id, last_seq, entries: seqs.map((seq) => ({ seq })), more: false });
  const entries = (...seqs) => entriesOf("a", 3, ...seqs);
  const begin = async (...answers) => {
    const events = [];
    const states = [];
    const api = answering(new Refused(403, { code: "role_required" }));
    api.get = async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    };
    const listener = { event: (event, data) => events.push(`${event} ${data.seq ?? data.reason ?? data.not_resumed}`), state: (state) => states.push(state) };
    await new Follower(api, listener).start(10);
    return [events, states, api.asked];
  };
  same(
    "a gateway that is away, or about to end, is no tampering, and its past is asked for again",
    await begin(new Refused(503, { code: "shutting_down" }), entries(3), new TypeError("cut off"), entries(3), entries(2, 3)),
    [["entry 2", "entry 3"], ["waiting", "waiting", "off"], ["a.3"]],
  );
  const more = { ...entries(1, 2), more: true };
  same(
    "a chain that changes while the past is asked for is told, and its past asked for",
    await begin(entries(3), more, entriesOf("b", 9, 3), entriesOf("b", 9, 9), entriesOf("b", 9, 8, 9)),
    [["entry 1", "entry 2", "chain other_chain", "entry 8", "entry 9"], ["waiting", "off"], ["b.9"]],
  );
  same(
    "and so is one that has become shorter",
    await begin(entries(3), more, new TypeError("cut off"), entriesOf("a", 1, 1), entriesOf("a", 1, 1)),
    [["entry 1", "entry 2", "chain no_such_entry", "entry 1"], ["waiting", "off"], ["a.1"]],
  );
  same("a record that cannot be read is an alarm, and what comes is followed", await begin(new Refused(500, { code: "unavailable" })), [
    ["end chain"],
    ["off"],
    [null],
  ]);
  same("who may not read it is told by the stream", await begin(new Refused(403, { code: "role_required" })), [[], ["off"], [null]]);
  same("a stranger asks no more", await begin(new Refused(403, { code: "invalid_credential" })), [[], [], []]);
}

export async function units() {
  await following();
  await anew();
  await starting();

  // Text.
  same("plain text stays", plain("src/main.rs – Grüße, 日本語 עברית"), "src/main.rs – Grüße, 日本語 עברית");
  for (const code of [
    0x00, 0x07, 0x09, 0x0a, 0x1b, 0x7f, 0x85, 0xa0, 0xad, 0x34f, 0x61c, 0x115f, 0x180e, 0x200b, 0x200d, 0x200e, 0x2028, 0x202e,
    0x2060, 0x2066, 0x2800, 0x3000, 0x3164, 0xe000, 0xfe0f, 0xfeff, 0xffa0, 0xe0041, 0xe0100,
  ]) {
    const label = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
    same(`${label} is shown`, plain(`a${String.fromCodePoint(code)}b`), `a‹${label}›b`);
  }
  same("half a pair is shown", plain("a\ud800b"), "a‹U+D800›b");
  same("line feeds stay where they are layout", parts("a\n\tb\u0007", { lines: true }), [
    { text: "a\n\tb" },
    { text: "U+0007", unseen: "bell" },
  ]);

  // The stream, cut anywhere.
  const wire = ': hello\nevent: entry\nid: 7\ndata: {"seq":7}\n\r\nevent: status\r\ndata: {\ndata: }\n\ndata:x\n\nid: 9\n\n';
  const wanted = [
    { event: "entry", id: "7", data: '{"seq":7}' },
    { event: "status", id: "", data: "{\n}" },
    { event: "message", id: "", data: "x" },
  ];
  for (const size of [1, 2, 3, 7, wire.length]) {
    const parser = new Parser();
    const events = [];
    for (let from = 0; from < wire.length; from += size) events.push(...parser.push(wire.slice(from, from + size)));
    same(`events come whole from pieces of ${size}`, events, wanted);
  }

  // Rows.
  const calls = new Calls();
  const intent = {
    kind: "intent",
    seq: 10,
    ts: "2026-01-01T00:00:00.000000Z",
    call_id: "a",
    tool: "git_log",
    principal: "claude",
    effect: "allow",
    rules: [{ id: "look", line: 3 }],
    accesses: [{ repo: "acme/web", paths: ["a", "b"] }, { repo: "acme/api" }],
  };
  const outcome = { kind: "outcome", seq: 11, call_id: "a", ref_seq: 10, outcome: "ok", duration_us: 10 };
  const first = calls.take(intent);
  check("an intent is a row that runs", first.fresh && first.row.state === "running");
  const second = calls.take(outcome);
  check("its outcome changes that row", !second.fresh && second.row === first.row && second.row.state === "ok" && calls.size === 1);
  check("what was seen is not taken twice", calls.take(outcome) === null && calls.take(intent) === null);
  check("a segment's end is no row", calls.take({ kind: "segment.close", seq: 12 }) === null);
  same("the row names what it touches", target(first.row), "acme/web a +1 · acme/api");
  same("and its repositories", repositories(first.row), ["acme/web", "acme/api"]);
  same("and its rule", cause(first.row), "look");
  const filter = { text: "", effect: "", tool: "", principal: "", repository: "" };
  check(
    "filters pass and stop",
    passes(first.row, { ...filter, text: "CLAUDE", tool: "git_log", repository: "acme/api" }) &&
      !passes(first.row, { ...filter, repository: "acme/infra" }) &&
      !passes(first.row, { ...filter, effect: "deny" }),
  );
  check(
    "a refusal without a verdict counts as denied",
    calls.take({ kind: "refusal", seq: 13, ts: intent.ts, call_id: "b", code: "malformed" }).row.effect === "deny",
  );
  check("shadow is told", calls.take({ ...intent, seq: 14, call_id: "c", effect: "deny", enforced: false }).row.shadow);
  for (let seq = 100; seq < 100 + MOST; seq += 1) calls.take({ kind: "refusal", seq, ts: intent.ts, call_id: `n${seq}` });
  check(`${MOST} rows are kept, the newest`, calls.size === MOST && calls.all()[0].seq === 99 + MOST && !calls.get("call a"));
  const minutes = new Minutes();
  const now = Date.parse("2026-01-01T00:30:30Z");
  minutes.add(first.row);
  minutes.add({ ...first.row, ts: "2026-01-01T00:30:00Z", effect: "deny" });
  same(
    "minutes are counted",
    [minutes.hour(now)[59], minutes.hour(now)[29]],
    [
      { all: 1, denied: 1 },
      { all: 1, denied: 0 },
    ],
  );

  // Diffs.
  const lines = read("--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n same\n--- looks like a head\n+++ so does this\n end\n");
  same(
    "a removed line that looks like a head is a line",
    lines.map((line) => line.kind),
    ["file", "file", "hunk", "same", "del", "add", "same"],
  );
  same(
    "lines are numbered",
    lines.slice(3).map((line) => [line.old ?? 0, line.now ?? 0]),
    [
      [1, 1],
      [2, 0],
      [0, 2],
      [3, 3],
    ],
  );

  // Arguments.
  const schema = {
    properties: {
      repo: { type: "string" },
      path: { type: "string" },
      ref: { type: ["string", "null"] },
      edits: { type: "array", items: { type: "object", properties: { find: { type: "string" } }, required: ["find"] } },
      mode: { enum: ["a", "b"] },
    },
    required: ["repo", "path", "edits", "mode"],
  };
  same("an example fits the schema", examples(schema, ["acme/web"]), {
    repo: "acme/web",
    path: "README.md",
    edits: [{ find: "" }],
    mode: "a",
  });
  same(
    "of the record is taken what the tool takes",
    fitting({ properties: { repo: {}, paths: {} }, required: [] }, { repo: "r", path: "p", other: 1 }, []),
    { repo: "r", paths: ["p"] },
  );
  same(
    "times and hashes are short",
    [span(59), span(61), span(3700), span(90_000), took(12), took(1500), took(2_500_000), short("sha256:0123456789abcdef")],
    ["59 s", "1 min 01 s", "1 h 01 min", "1 d 1 h", "12 µs", "1.5 ms", "2.5 s", "0123456789ab"],
  );
}
