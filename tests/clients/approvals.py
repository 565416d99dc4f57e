"""What both clients of Python do about calls that a person has to approve, and about a rate. `call` takes a tool and its arguments, and
gives whether the result is an error, what it has for programs, and its text."""

import sys

import anyio

COMMITTED = "approved by a person\n"


async def decide(say, approval):
    """Has whoever runs the clients decide, as run.py describes; returns once that is done."""
    print(f"decide {say} {approval}", flush=True)
    await anyio.to_thread.run_sync(sys.stdin.readline)


async def refused(call, tool, arguments):
    """The refusal of a call, and its text."""
    is_error, structured, text = await call(tool, arguments)
    return structured.get("error", {}) if is_error else {}, text


async def ask_a_person(check, call, branch):
    """A commit and a read, each approved, used up, asked about again and denied."""
    file = {"path": "approved.md", "content": COMMITTED}
    commit = ("git_commit_files", {"repo": "demo", "branch": branch, "message": "approve: a file", "files": [file]})
    error, text = await refused(call, *commit)
    approval = error.get("approval", {}).get("id", "")
    check("a commit needs a person", error.get("category") == "approval_required" and error["executed"] is False and approval.startswith("apr_"))
    check("the text says who decides, and how to go on", f"gitoma approvals show {approval}" in text and "again" in text)
    error, _ = await refused(call, *commit)
    check("while nobody has decided, the same approval is named", error.get("approval", {}).get("id") == approval)
    await decide("approve", approval)
    is_error, structured, _ = await call(*commit)
    check("approved, the unchanged call commits", not is_error and len(structured["commit"]) == 40)
    error, _ = await refused(call, *commit)
    second = error.get("approval", {}).get("id", "")
    check("and commits once: the next needs another approval", error.get("code") == "approval_required" and second not in ("", approval))
    await decide("deny", second)
    error, _ = await refused(call, *commit)
    check("denied, it stays refused", (error.get("code"), error.get("category")) == ("approval_denied", "forbidden"))

    log = ("git_log", {"repo": "demo", "ref": branch, "max_count": 1})
    error, _ = await refused(call, *log)
    first = error.get("approval", {}).get("id", "")
    check("a read needs a person", error.get("code") == "approval_required" and first)
    await decide("approve", first)
    is_error, structured, _ = await call(*log)
    check("approved, it runs", not is_error and [entry["message"].strip() for entry in structured["commits"]] == ["approve: a file"])
    error, _ = await refused(call, *log)
    second = error.get("approval", {}).get("id", "")
    check("and runs once: the next needs another approval", error.get("code") == "approval_required" and second not in ("", first))
    await decide("deny", second)
    error, _ = await refused(call, *log)
    check("denied, it stays refused", (error.get("code"), error.get("category")) == ("approval_denied", "forbidden"))


async def meet_the_rate(check, call):
    """One call a minute is let through, so that of two in a row at least one is not."""
    status = ("git_status", {"repo": "demo"})
    told = [await refused(call, *status) for _ in range(2)]
    error, text = next((told for told in told if told[0]), ({}, ""))
    seconds = error.get("retry_after", 0)
    check("a call too many is told in how many seconds to try again", error.get("category") == "rate_limited" and 1 <= seconds <= 60 and str(seconds) in text)
