// @ts-check
// How times, numbers and codes are said.

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const NUMBER = new Intl.NumberFormat("en-US");

/** @param {string | undefined} moment RFC 3339 */
export function clock(moment) {
  const time = Date.parse(moment ?? "");
  return Number.isNaN(time) ? "–" : CLOCK.format(time);
}

/** @param {string | undefined} moment RFC 3339 */
export function day(moment) {
  const time = Date.parse(moment ?? "");
  return Number.isNaN(time) ? "–" : DAY.format(time);
}

/** @param {unknown} value */
export function number(value) {
  return typeof value === "number" ? NUMBER.format(value) : "–";
}

/** @param {number} seconds */
export function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

/** @param {number | undefined} microseconds */
export function took(microseconds) {
  if (microseconds === undefined) return "";
  if (microseconds < 1000) return `${microseconds} µs`;
  if (microseconds < 1e6) return `${(microseconds / 1000).toFixed(microseconds < 1e4 ? 1 : 0)} ms`;
  return `${(microseconds / 1e6).toFixed(1)} s`;
}

/**
 * The head of a hash or a digest.
 * @param {string | undefined} hash
 */
export function short(hash) {
  return hash ? hash.replace(/^sha256:/, "").slice(0, 12) : "–";
}

/** What a code of a refusal means, for somebody who reads it for the first time. */
const CODES = new Map(
  Object.entries({
    denied: "A rule of the policy denies this call.",
    default_deny: "No rule allows this call, and what no rule allows is denied.",
    path_denied: "The path is one that no policy can open.",
    approval_required: "A rule asks for a person's approval of this very call.",
    approval_denied: "A person said no to this very call.",
    write_mode_off: "The call writes, and write mode is off.",
    repository_not_whitelisted: "The call writes, and the policy does not open this repository for writes.",
    capability_disabled: "The call needs a capability that the policy leaves off.",
    out_of_scope: "The caller's token is not good for this call.",
    narrowed: "The caller itself gave up what this call needs.",
    bad_request: "The call cannot be judged: a path is not in normal form, or something exceeds a limit.",
    unknown_tool: "There is no such tool for this caller.",
    malformed: "The message is not of the documented shape.",
    invalid_arguments: "The arguments do not fit the tool's schema.",
    secret_found: "What would be written holds a secret.",
    rate_limited: "The caller sent more than its limits allow.",
    busy: "Too much was running at once.",
    conflict: "The repository was not as the call took it to be.",
    role_required: "The caller has not the role for this.",
    own_approval: "Nobody decides what they asked for themselves.",
    halted: "The kill switch was on.",
    sealed: "The gateway had sealed itself.",
    shutting_down: "The gateway was about to stop.",
  }),
);

/** @param {string | undefined} code */
export function meaning(code) {
  return code === undefined ? undefined : CODES.get(code);
}

/** What a class of fault in the record means; the others are told by their word alone. */
const FAULTS = new Map(
  Object.entries({
    hash_mismatch: "an entry's bytes are not those that were written",
    broken_link: "an entry was removed, moved or put in",
    segment_missing: "a whole file of the record is gone",
    segment_hash: "a closed file is not the one that was closed",
    truncated: "entries were cut off that a checkpoint covers",
    checkpoint_mismatch: "the entries are not those that a checkpoint has signed",
    seq_gap: "numbers of entries do not follow each other",
    malformed: "a line is not spelled as the format demands",
  }),
);

/** @param {string} name */
export function faultMeaning(name) {
  return FAULTS.get(name) ?? "the record is not as it was written";
}
