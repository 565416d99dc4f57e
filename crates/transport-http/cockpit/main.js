// @ts-check
// Starts the page: the sign-in, the views and the way between them, the live connection, and the end of it all.

import { App, sentence } from "./app.js";
import { Refused } from "./api.js";
import { approvals } from "./approvals.js";
import { Minutes } from "./calls.js";
import { button, fill, h, put } from "./dom.js";
import { dryRun } from "./dryrun.js";
import { live } from "./live.js";
import { policy } from "./policy.js";
import { record } from "./record.js";
import { stop } from "./stop.js";
import { Follower } from "./stream.js";
import { banners, strip } from "./strip.js";
import { theme } from "./theme.js";
import { tools } from "./tools.js";

/** How many entries of the past the page begins with. */
const PAST = 1990;
const KEPT = "gitoma.token";

/** @typedef {{element: HTMLElement, title: string, roles?: string[], whole?: boolean, open?: (rest?: string) => unknown}} View */

/** @param {string} id */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const field = /** @type {HTMLInputElement} */ (part("token"));
const keep = /** @type {HTMLInputElement} */ (part("keep"));
const go = /** @type {HTMLButtonElement} */ (part("signin-go"));

/** @type {App | null} */
let app = null;
/** @type {Follower | null} */
let follower = null;
/** @type {Map<string, View>} */
let views = new Map();
/** @type {string | null} */
let shown = null;

/** @param {string} token */
async function signIn(token) {
  put(part("signin-fault"), "");
  go.disabled = true;
  const next = new App();
  next.api.signIn(token);
  next.api.onstranger = (refused) => {
    if (app === next)
      signOut(
        refused.code === "expired_credential"
          ? "The token's time is over. Sign in with another one."
          : "The token is not good any more. Sign in with another one.",
      );
  };
  try {
    next.me = await next.api.get("me");
  } catch (error) {
    next.api.signOut();
    if (!(error instanceof Refused)) throw error;
    sessionStorage.removeItem(KEPT);
    put(part("signin-fault"), error.unknownCaller ? "That token belongs to nobody here." : sentence(error));
    field.select();
    field.focus();
    return;
  } finally {
    go.disabled = false;
  }
  if (keep.checked) sessionStorage.setItem(KEPT, token);
  field.value = "";
  app = next;
  begin(next);
}

/**
 * Ends the session: forgets the token, what was shown, and every connection.
 * @param {string} [why]
 */
function signOut(why = "") {
  sessionStorage.removeItem(KEPT);
  follower?.stop();
  app?.api.signOut();
  app?.over.abort();
  app = null;
  follower = null;
  views = new Map();
  shown = null;
  for (const id of ["views", "strip", "tabs", "banners", "who", "said"]) part(id).replaceChildren();
  for (const id of ["views", "strip", "tabs"]) part(id).hidden = true;
  part("who").append(theme());
  document.body.className = "";
  document.querySelector("dialog")?.close();
  field.value = "";
  keep.checked = false;
  part("signin").hidden = false;
  document.title = "Gitoma cockpit";
  history.replaceState(null, "", "/");
  put(part("signin-fault"), why);
  field.focus();
}

/** @param {App} now */
function begin(now) {
  const minutes = new Minutes();
  const state = strip(now, minutes);
  banners(now, part("banners"));
  views = new Map(
    Object.entries({
      live: { ...live(now, minutes), roles: ["auditor", "admin"] },
      approvals: approvals(now),
      record: record(now),
      policy: policy(now),
      tools: tools(now),
      "dry-run": dryRun(now),
      stop: stop(now),
    }),
  );
  part("signin").hidden = true;
  fill(part("strip"), state.cells);
  fill(
    part("views"),
    [...views].map(([id, view]) =>
      h(
        "section",
        { id: `view-${id}`, class: "view", "aria-labelledby": `title-${id}`, hidden: true },
        h("h1", { id: `title-${id}`, tabindex: "-1" }, view.title),
        may(now, view) ? view.element : barred(now, view),
      ),
    ),
  );
  fill(
    part("tabs"),
    h(
      "ul",
      {},
      [...views].map(([id, view]) =>
        h(
          "li",
          {},
          h(
            "a",
            { href: `#/${id}`, id: `tab-${id}` },
            view.title.replace(/ (decisions|and limits)$/, ""),
            id === "approvals" && h("span", { class: "badge", id: "badge" }),
          ),
        ),
      ),
    ),
  );
  fill(
    part("who"),
    h(
      "p",
      {},
      h("strong", {}, h("bdi", {}, now.me.principal)),
      h("span", { class: "under" }, now.me.roles.join(" · ") || "no role"),
    ),
    theme(),
    button("Sign out", () => signOut(), { class: "quiet" }),
  );
  for (const id of ["views", "strip", "tabs"]) part(id).hidden = false;
  document.body.className = "in";

  now.on("show", (id) => {
    location.hash = `#/${id}`;
  });
  now.on("approvals", () => {
    const pending = now.approvals.filter((approval) => approval.state === "pending").length;
    const badge = document.getElementById("badge");
    if (badge) fill(badge, pending > 0 && [String(pending), h("span", { class: "said" }, " pending")]);
    document.title = pending > 0 ? `(${pending}) Gitoma cockpit` : "Gitoma cockpit";
  });
  now.every(15, () => now.refresh());
  now.every(10, () => now.fetchApprovals());
  now.refresh();
  now.fetchApprovals();
  route(true);
  if (now.has("auditor", "admin")) follow(now, state.drawRate);
}

/**
 * @param {App} now
 * @param {() => void} drawRate
 */
function follow(now, drawRate) {
  let asked = 0;
  follower = new Follower(now.api, {
    event: (event, data) => {
      if (event === "entry") {
        now.tell("entry", data);
        clearTimeout(asked);
        asked = window.setTimeout(() => {
          drawRate();
          if (data.kind === "approval" || data.approval_id) now.fetchApprovals();
        }, 150);
        if (data.kind === "approval") now.fetchApprovals();
        if (data.kind === "policy.load" || data.kind === "policy.reject") now.fetch("policy", "policy");
        if (data.kind === "switch") now.fetch("halt", "halt");
      } else if (event === "status") {
        const before = now.status;
        now.status = data;
        now.tell("status");
        if (before && before.pending_approvals !== data.pending_approvals) now.fetchApprovals();
        if (before && before.halted !== data.halted) now.fetch("halt", "halt");
        if (before && (before.stale !== data.stale || before.policy?.generation !== data.policy?.generation))
          now.fetch("policy", "policy");
        if (before && before.audit?.ok !== data.audit?.ok) now.fetch("audit", "audit/status");
      } else if (event === "lag") now.tell("lag", data);
      else if (event === "chain") {
        // Nothing that is known of the record is of this one.
        now.status = null;
        now.broken = false;
        if (now.audit) now.audit = { ...now.audit, last_seq: 0, verification: undefined };
        now.tell("chain", data);
        drawRate();
        now.refresh();
        now.fetchApprovals();
      } else if (event === "end" && data.reason === "chain") {
        now.broken = true;
        now.tell("audit");
      } else if (event === "end" && data.reason === "revoked") signOut("The token is not good any more. Sign in with another one.");
    },
    state: (state, detail) => now.tell("link", { state, ...detail }),
  });
  follower.start(PAST);
}

/**
 * @param {App} now
 * @param {View} view
 */
function may(now, view) {
  if (view.whole && now.me.scoped) return false;
  return view.roles === undefined || now.has(...view.roles);
}

/**
 * @param {App} now
 * @param {View} view
 */
function barred(now, view) {
  const why = now.me.scoped
    ? "Your token has a scope, and this concerns everything."
    : `This is for the roles ${(view.roles ?? []).join(" and ")}.`;
  return h("p", { class: "empty" }, `${why} You are ${now.me.principal}: ${now.me.roles.join(", ") || "no role"}.`);
}

/**
 * Shows the view that the address names.
 * @param {boolean} [first]
 */
function route(first = false) {
  if (!app) return;
  const [, id, rest] = /^#\/([a-z-]+)(?:\/(.*))?$/.exec(location.hash) ?? [];
  const wanted = id && views.has(id) ? id : (shown ?? (app.has("auditor", "admin") ? "live" : "approvals"));
  const view = views.get(wanted);
  if (!view) return;
  for (const name of views.keys()) {
    part(`view-${name}`).hidden = name !== wanted;
    const tab = part(`tab-${name}`);
    if (name === wanted) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  const moved = shown !== wanted;
  shown = wanted;
  if (moved && !rest) {
    part(`title-${wanted}`).focus({ preventScroll: true });
    if (!first) window.scrollTo(0, 0);
  }
  part(`tab-${wanted}`).scrollIntoView({ block: "nearest", inline: "nearest" });
  if (may(app, view)) view.open?.(rest === undefined ? undefined : safely(rest));
}

/** @param {string} text */
function safely(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

part("signin-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const token = field.value.trim();
  if (/^[\x21-\x7e]+$/.test(token)) signIn(token);
  else put(part("signin-fault"), "A token has no blanks, and no characters beyond ASCII.");
});
window.addEventListener("hashchange", () => route());
part("who").append(theme());
const kept = sessionStorage.getItem(KEPT);
if (kept) {
  keep.checked = true;
  signIn(kept);
} else field.focus();
