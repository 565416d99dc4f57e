"""Has real clients hold sessions with gitoma-mcp over standard input and output, with gitoma-mcp over HTTP, and with gitoma-http: one gateway
of each door, and each client a program of its own beside this file. What a client's call needs a person for, this program decides as one
does: it runs `gitoma approvals` on the state directory, which is a process beside the gateway that asked. Afterwards the record must be
whole, and must say which calls were given up and what became of each approval, and the branches must hold what was approved.

A client that prints `decide approve ID` or `decide deny ID` is answered with the line `ID` once that is done.

usage: run.py FOLDER/OF/THE/BINARIES NODE FOLDER/OF/THE/INSTALLED/CLIENTS [CLIENT ...]
"""

import collections
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "docs")]
sys.dont_write_bytecode = True
from doors import Failed, listening, named_in_log, run_git  # noqa: E402
from verify import verify  # noqa: E402

# Within which a client is through.
LONG_PATIENCE = 600
DOORS = ("stdio", "gitoma-mcp --listen", "gitoma-http")
ERAS = ("2025-11-25", "2026-07-28")
# Each client with the number of calls that it gives up, and the eras that it speaks. Each has calls approved and denied over each door, in each era.
CLIENTS = {
    "python_sdk.py": (6, ERAS),
    "with_fastmcp.py": (6, ERAS),
    "typescript_sdk.mjs": (6, ERAS),
    "typescript_sdk_1.mjs": (3, ERAS[:1]),
    "inspector.mjs": (0, ERAS),
}
# What becomes of the approvals of one client, over one door, in one era.
STEPS = {"pending": 4, "approved": 2, "used": 2, "denied": 2}

CONFIGURATION = """
state: {state}
policy: {policy}
write_mode: "on"
repositories:
  demo: {{ path: {repository} }}
principals:
  - {{ name: agent, roles: [agent], token_file: {agent} }}
  - {{ name: operator, roles: [approver, auditor, admin], token_file: {operator} }}
limits:
  writes: {{ per_minute: 6000, burst: 600 }}
  tools:
    git_status: {{ per_minute: 1, burst: 1 }}
"""


def branch_of(client, door, era):
    """The branch that a client commits to over a door in an era; the clients call it so too."""
    return f"agent/{client.partition('.')[0]}-{door.replace(' ', '')}-{era}"


def repository(root, branches):
    os.mkdir(root)
    run_git(root, "init", "-q", "-b", "main")
    # In the shape of a credential that no service has issued.
    secret = "gh" + "p_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    pathlib.Path(root, "settings.toml").write_text(f'token = "{secret}"\nname = "demo"\n', encoding="utf-8")
    pathlib.Path(root, ".env").write_text("PASSWORD=hunter2\n", encoding="utf-8")
    # Enough that a search through it is told of, and is still running when it is given up.
    text = "the quick brown fox jumps over the lazy dog 0123456789\n" * 30_000
    for number in range(24):
        pathlib.Path(root, f"large-{number:02}.txt").write_text(text, encoding="utf-8")
    run_git(root, "add", "-A", "-f")
    run_git(root, "commit", "-q", "-m", "first")
    for branch in branches:
        run_git(root, "branch", branch)
    return secret


def configured(work, root):
    """The configuration's file, with the tokens that it names."""
    files = {name: os.path.join(work, f"{name}.token") for name in ("agent", "operator")}
    for name, file in files.items():
        with open(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as token:
            token.write(f"{name}-of-the-client-tests-{os.urandom(16).hex()}")
    file = pathlib.Path(work, "gitoma.yaml")
    state = os.path.join(work, "state")
    file.write_text(CONFIGURATION.format(state=state, policy=HERE / "policy.yaml", repository=root, **files), encoding="utf-8")
    return str(file), state, files


def named_first(line):
    _, found, address = line.partition("gitoma-http listening on ")
    return f"{address.strip()}/mcp" if found else None


def hold(client, node, installed, world, decide):
    """Runs one client, and decides what it asks for; how many checks passed."""
    program = [sys.executable, HERE / client] if client.endswith(".py") else [node, pathlib.Path(installed, client)]
    begun, passed = time.monotonic(), 0
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    # Of one that is gone before it is answered, the exit code says what there is to say.
    with contextlib.suppress(BrokenPipeError), subprocess.Popen([*program, json.dumps(world)], **pipes) as run:
        limit = threading.Timer(LONG_PATIENCE, run.kill)
        limit.daemon = True
        limit.start()
        for line in run.stdout:
            match line.split():
                case ["decide", say, approval]:
                    decide(say, approval)
                    run.stdin.write(f"{approval}\n")
                case _:
                    print(line, end="", flush=True)
                    passed += line.startswith("ok ")
        limit.cancel()
    if run.returncode != 0:
        raise Failed(f"{client} ended with {run.returncode}")
    print(f"     {client}: {time.monotonic() - begun:.0f} s")
    return passed


def check_record(state, clients):
    """How many checks passed of what the audit log says."""
    chains = list((pathlib.Path(state) / "audit").iterdir())
    if not chains or not all(map(verify, chains)):
        raise Failed("the record is not whole, says docs/verify.py")
    print(f"ok   the record of {len(chains)} chains is whole, says docs/verify.py")
    entries = [json.loads(line) for file in pathlib.Path(state, "audit").rglob("*.jsonl") for line in file.open(encoding="utf-8")]
    cancelled = sum(entry.get("kind") == "outcome" and entry.get("outcome") == "cancelled" for entry in entries)
    expected = sum(CLIENTS[client][0] for client in clients)
    if cancelled != expected:
        raise Failed(f"{cancelled} calls stand on the record as cancelled, and {expected} were given up")
    print(f"ok   {cancelled} searches were given up, and stand on the record as cancelled")
    taken = collections.Counter(entry["state"] for entry in entries if entry.get("kind") == "approval")
    sessions = sum(len(DOORS) * len(CLIENTS[client][1]) for client in clients)
    expected = {step: count * sessions for step, count in STEPS.items()}
    if taken != expected:
        raise Failed(f"the steps of approvals on the record are {dict(taken)}, not {expected}")
    print(f"ok   each step of {taken['pending']} approvals is on the record: {taken['used']} were used once, {taken['denied']} denied")
    return 3


def check_branches(root, branches):
    """That each branch has one commit more, by the principal that asked, of the file that it was to have."""
    for branch in branches:
        found = run_git(root, "log", "--format=%an", "--name-only", f"main..{branch}").split()
        if found != ["agent", "approved.md"]:
            raise Failed(f"{branch} holds {found}")
    print(f"ok   {len(branches)} branches hold one approved commit each")
    return 1


def main(binaries, node, installed, *chosen):
    passed = 0
    clients = chosen or tuple(CLIENTS)
    branches = [branch_of(client, door, era) for client in clients for door in DOORS for era in CLIENTS[client][1]]
    with tempfile.TemporaryDirectory() as work, contextlib.ExitStack() as open_doors:
        # Nothing of the machine's home takes part, and clients keep their notes here.
        os.environ["HOME"] = work
        root = os.path.join(work, "demo")
        secret = repository(root, branches)
        configuration, state, tokens = configured(work, root)
        gitoma, gitoma_mcp, gitoma_http = (os.path.join(binaries, name) for name in ("gitoma", "gitoma-mcp", "gitoma-http"))
        arguments = ["--config", configuration]
        listen = ["--listen", "127.0.0.1:0"]
        commands = [([gitoma_mcp, *arguments, *listen], named_in_log), ([gitoma_http, *arguments, *listen], named_first)]
        urls = {}
        for door, (command, find) in zip(DOORS[1:], commands):
            urls[door] = open_doors.enter_context(listening(command, os.path.join(work, "server.log"), find))
        token = pathlib.Path(tokens["agent"]).read_text(encoding="utf-8")
        world = {"stdio": [gitoma_mcp, *arguments], "urls": urls, "token": token, "secret": secret}

        def decide(say, approval):
            person = ["--token-file", tokens["operator"]]
            run = subprocess.run([gitoma, "approvals", say, approval, *arguments, *person], stdout=subprocess.DEVNULL, check=False)
            if run.returncode != 0:
                raise Failed(f"gitoma approvals {say} ended with {run.returncode}")

        for client in clients:
            passed += hold(client, node, installed, world, decide)
        open_doors.close()
        passed += check_record(state, clients)
        passed += check_branches(root, branches)
    print(f"\n{passed} passed, 0 failed")


try:
    main(*sys.argv[1:])
except Failed as failed:
    sys.exit(f"FAIL {failed}")
