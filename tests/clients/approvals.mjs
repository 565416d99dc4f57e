// What the clients of Node do about calls that a person has to approve, and about a rate; approvals.py says it for those of Python. `call`
// takes a tool and its arguments, and gives whether the result is an error, what it has for programs, and its text.
import { createInterface } from "node:readline";

const waiting = new Map();
const lines = createInterface({ input: process.stdin }).on("line", (approval) => waiting.get(approval)?.());

// Has whoever runs the clients decide, as run.py describes; returns once that is done.
async function decide(say, approval) {
  const done = new Promise((resolve) => waiting.set(approval, resolve));
  console.log(`decide ${say} ${approval}`);
  await done;
}

// Nothing more is to be decided: a program that still listened would not end.
export function rest() {
  lines.close();
}

async function refused(call, tool, given) {
  const { isError, structured, text } = await call(tool, given);
  return { error: (isError && structured?.error) || {}, text };
}

// A commit and a read, each approved, used up, asked about again and denied.
export async function askAPerson(check, call, branch) {
  const files = [{ path: "approved.md", content: "approved by a person\n" }];
  const commit = ["git_commit_files", { repo: "demo", branch, message: "approve: a file", files }];
  const { error, text } = await refused(call, ...commit);
  const approval = error.approval?.id ?? "";
  check("a commit needs a person", error.category === "approval_required" && error.executed === false && approval.startsWith("apr_"));
  check("the text says who decides, and how to go on", text.includes(`gitoma approvals show ${approval}`) && text.includes("again"));
  const pending = await refused(call, ...commit);
  check("while nobody has decided, the same approval is named", pending.error.approval?.id === approval);
  await decide("approve", approval);
  const committed = await call(...commit);
  check("approved, the unchanged call commits", !committed.isError && committed.structured.commit.length === 40);
  const again = await refused(call, ...commit);
  check("and commits once: the next needs another approval", again.error.code === "approval_required" && again.error.approval.id !== approval);
  await decide("deny", again.error.approval.id);
  const notAgain = await refused(call, ...commit);
  check("denied, it stays refused", notAgain.error.code === "approval_denied" && notAgain.error.category === "forbidden");

  const log = ["git_log", { repo: "demo", ref: branch, max_count: 1 }];
  const first = await refused(call, ...log);
  check("a read needs a person", first.error.code === "approval_required" && first.error.approval.id);
  await decide("approve", first.error.approval.id);
  const listed = await call(...log);
  check("approved, it runs", !listed.isError && listed.structured.commits.map((entry) => entry.message.trim()).join() === "approve: a file");
  const second = await refused(call, ...log);
  check("and runs once: the next needs another approval", second.error.code === "approval_required" && second.error.approval.id !== first.error.approval.id);
  await decide("deny", second.error.approval.id);
  const denied = await refused(call, ...log);
  check("denied, it stays refused", denied.error.code === "approval_denied" && denied.error.category === "forbidden");
}

// One call a minute is let through, so that of two in a row at least one is not.
export async function meetTheRate(check, call) {
  const told = [await refused(call, "git_status", { repo: "demo" }), await refused(call, "git_status", { repo: "demo" })];
  const { error, text } = told.find(({ error }) => error.category) ?? { error: {}, text: "" };
  const seconds = error.retry_after ?? 0;
  check("a call too many is told in how many seconds to try again", error.category === "rate_limited" && seconds >= 1 && seconds <= 60 && text.includes(String(seconds)));
}
