"""Has real clients hold sessions with gitoma-mcp over standard input and output, with gitoma-mcp over HTTP, and with gitoma-http: one gateway
of each door, and each client a program of its own beside this file. Afterwards the record must be whole, and must say of each call that a
client gave up that it was cancelled.

usage: run.py PATH/TO/gitoma-mcp PATH/TO/gitoma-http NODE FOLDER/OF/THE/INSTALLED/CLIENTS [CLIENT ...]
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "docs"))
sys.dont_write_bytecode = True
from verify import verify  # noqa: E402

HERE = pathlib.Path(__file__).parent
PATIENCE = 60
# Each client with the number of calls that it gives up.
CLIENTS = {"python_sdk.py": 6, "with_fastmcp.py": 6, "typescript_sdk.mjs": 6, "inspector.mjs": 0}


def fail(what):
    sys.exit(f"FAIL {what}")


def repository(root):
    git = ["git", "-C", root, "-c", "user.name=clients", "-c", "user.email=clients@example.invalid"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "init", "-q", "-b", "main", root], check=True, env=environment)
    # In the shape of a credential that no service has issued.
    secret = "gh" + "p_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    pathlib.Path(root, "settings.toml").write_text(f'token = "{secret}"\nname = "demo"\n', encoding="utf-8")
    pathlib.Path(root, ".env").write_text("PASSWORD=hunter2\n", encoding="utf-8")
    # Enough that a search through it is told of, and is still running when it is given up.
    text = "the quick brown fox jumps over the lazy dog 0123456789\n" * 30_000
    for number in range(24):
        pathlib.Path(root, f"large-{number:02}.txt").write_text(text, encoding="utf-8")
    subprocess.run([*git, "add", "-A", "-f"], check=True, env=environment)
    subprocess.run([*git, "commit", "-q", "-m", "first"], check=True, env=environment)
    return secret


@contextlib.contextmanager
def listening(command, log, find):
    """The address of the server that `command` starts, as `find` finds it in a line of its output or its log."""
    with open(log, "w+", encoding="utf-8") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            deadline = time.monotonic() + PATIENCE
            while not (found := [address for line in open(log, encoding="utf-8") if (address := find(line))]):
                if process.poll() is not None or time.monotonic() > deadline:
                    fail(f"{os.path.basename(command[0])} does not listen: {pathlib.Path(log).read_text(encoding='utf-8')}")
                time.sleep(0.02)
            yield found[0]
        finally:
            process.terminate()
            if process.wait(PATIENCE) != 0:
                fail(f"{os.path.basename(command[0])} does not end in good order")


def named_in_log(line):
    event = json.loads(line) if line.endswith("}\n") else {}
    return event.get("address") if event.get("message") == "listening" else None


def named_first(line):
    _, found, address = line.partition("gitoma-http listening on ")
    return f"{address.strip()}/mcp" if found else None


def hold(client, node, installed, world):
    """Runs one client; how many checks passed."""
    program = [sys.executable, HERE / client] if client.endswith(".py") else [node, pathlib.Path(installed, client)]
    begun = time.monotonic()
    run = subprocess.run([*program, json.dumps(world)], stdout=subprocess.PIPE, text=True, check=False)
    print(run.stdout, end="")
    if run.returncode != 0:
        fail(f"{client} ended with {run.returncode}")
    print(f"     {client}: {time.monotonic() - begun:.0f} s")
    return sum(line.startswith("ok ") for line in run.stdout.splitlines())


def main(binary, http_binary, node, installed, *chosen):
    passed = 0
    clients = chosen or tuple(CLIENTS)
    with tempfile.TemporaryDirectory() as work, contextlib.ExitStack() as open_doors:
        # Nothing of the machine's home takes part, and clients keep their notes here.
        os.environ["HOME"] = work
        root, state = os.path.join(work, "demo"), os.path.join(work, "state")
        secret = repository(root)
        arguments = ["--repo", root, "--state", state]
        listen = ["--listen", "127.0.0.1:0"]
        doors = [
            ("gitoma-mcp --listen", [binary, *arguments, *listen], named_in_log),
            ("gitoma-http", [http_binary, *arguments, *listen], named_first),
        ]
        urls = {}
        for door, command, find in doors:
            urls[door] = open_doors.enter_context(listening(command, os.path.join(work, "server.log"), find))
        token = pathlib.Path(state, "runtime_token").read_text(encoding="utf-8").strip()
        world = {"stdio": [binary, *arguments], "urls": urls, "token": token, "secret": secret}
        for client in clients:
            passed += hold(client, node, installed, world)
        open_doors.close()
        chains = list((pathlib.Path(state) / "audit").iterdir())
        if not chains or not all(map(verify, chains)):
            fail("the record is not whole, says docs/verify.py")
        print(f"ok   the record of {len(chains)} chains is whole, says docs/verify.py")
        entries = [json.loads(line) for file in pathlib.Path(state, "audit").rglob("*.jsonl") for line in file.open(encoding="utf-8")]
        cancelled = sum(entry.get("kind") == "outcome" and entry.get("outcome") == "cancelled" for entry in entries)
        expected = sum(CLIENTS[client] for client in clients)
        if cancelled != expected:
            fail(f"{cancelled} calls stand on the record as cancelled, and {expected} were given up")
        print(f"ok   {cancelled} searches were given up, and stand on the record as cancelled")
    print(f"\n{passed + 2} passed, 0 failed")


main(*sys.argv[1:])
