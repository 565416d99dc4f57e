"""Has the clients that npm has read what `gitoma install` wrote: each in your own scope and in a project's, with a program to start and with
an address to call, in a home of its own, each time anew. The client lists the server as it was meant, once the project is trusted and not
before; it connects; the agent in it, led by a stand-in for its model, is offered the gateway's tools and calls one; the record has that
call. A gateway that cannot start, or a token that is not valid, is told as a failure, and what is taken out is listed no more. `gitoma
doctor` must find each time what the client found.

No client is signed in, and none reaches another machine: what it asks for elsewhere ends at a closed port.

usage: run.py FOLDER/OF/THE/BINARIES NODE FOLDER/OF/THE/INSTALLED/CLIENTS [CLIENT ...]
"""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "docs")]
sys.dont_write_bytecode = True
import model  # noqa: E402
from doors import Failed, listening, named_in_log, run_git  # noqa: E402
from readers import CONNECTED, FAILED, READERS, Entry, World  # noqa: E402
from verify import verify  # noqa: E402

POLICY = HERE.parents[1] / "policies/default.yaml"
PATIENCE = 60
SCOPES = ("user", "project")
DOORS = ("stdio", "http")
# Signs that a file or a client might take for its own.
PLACE = "it's \"a\" \\ démo"


def require(is_so, what):
    if not is_so:
        raise Failed(what)


def repository(root):
    """A repository with one commit, whose id is returned."""
    os.mkdir(root)
    for arguments in (["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        run_git(root, *arguments)
    return run_git(root, "rev-parse", "HEAD").strip()


def tools_of(world, command):
    """The names of the tools of the gateway that `command` starts."""
    with world.conversation(command) as ask:
        ask("initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo={"name": "readers", "version": "1"})
        return {tool["name"] for tool in ask("tools/list")["tools"]}


class Record:
    """The audit log in a state directory."""

    def __init__(self, state):
        self.root = state / "audit"

    def entries(self):
        lines = [line for file in self.root.rglob("*.jsonl") for line in file.open(encoding="utf-8") if line.endswith("\n")]
        # What salts the digests of calls lies beside the entries.
        return [entry for entry in map(json.loads, lines) if "kind" in entry]

    def calls(self):
        """What became of each call of the tool that the model asks for."""
        entries = self.entries()
        asked = [entry for entry in entries if entry["kind"] == "intent" and entry["tool"] == model.TOOL]
        outcomes = {entry["call_id"]: entry["outcome"] for entry in entries if entry["kind"] == "outcome"}
        return [(entry["principal"], entry["transport"], outcomes.get(entry["call_id"])) for entry in asked]

    def has_refused(self):
        return any(entry.get("code") == "invalid_credential" for entry in self.entries())

    def require_whole(self):
        chains = list(self.root.iterdir())
        kinds = [entry["kind"] for entry in self.entries()]
        require(chains and all(map(verify, chains)), f"the record is whole, says docs/verify.py; it has {kinds}")


def require_alone(home):
    """That what ran in a home is gone, gateways that its clients started and all else."""
    deadline = time.monotonic() + PATIENCE
    mark = f"HOME={home}\0".encode()
    while True:
        running = []
        for file in pathlib.Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark in file.read_bytes():
                    running.append((file.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        if not running:
            return
        require(time.monotonic() < deadline, f"nothing is left running, and not {running}")
        time.sleep(0.05)


class Case:
    """One client, one scope, one door."""

    def __init__(self, reader, scope, door, place, binaries, root, commit):
        self.reader, self.scope, self.door, self.root, self.commit = reader, scope, door, root, commit
        self.place, self.passed = place, []
        self.gitoma, self.gitoma_mcp = (os.path.join(binaries, name) for name in ("gitoma", "gitoma-mcp"))

    def ok(self, what):
        self.passed.append(f"ok   {self.reader.name}, {self.scope}, {self.door}: {what}")

    def run(self):
        home, project = self.place / "home", self.place / "project"
        temporary = self.place / "temporary"
        home.mkdir(parents=True)
        project.mkdir()
        temporary.mkdir()
        subprocess.run(["git", "init", "-q", project], check=True)
        closed = {name: "http://127.0.0.1:9" for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")}
        path = os.pathsep.join([os.path.dirname(self.reader.command[0]), os.environ["PATH"]])
        environment = {"HOME": str(home), "TMPDIR": str(temporary), "PATH": path, "LANG": "C.UTF-8", "TERM": "dumb", "NO_PROXY": "127.0.0.1"}
        with contextlib.ExitStack() as doors:
            asked, address = doors.enter_context(model.listening())
            world = World(home, project, {**environment, **closed}, address)
            self.reader.prepare(world)
            try:
                self.read(world, asked, doors)
            except (Failed, KeyError, ValueError) as failed:
                raise Failed(f"{self.reader.name}, {self.scope}, {self.door}: expected: {failed!r}\n{world.said}") from failed

    def install(self, world, *arguments):
        code, _, error = world.run([self.gitoma, "install", "--client", self.reader.name, "--scope", self.scope], *arguments)
        require(code == 0, f"gitoma install ends with 0: {error}")

    def doctor(self, world, is_well):
        project = ["--project", str(world.project)]
        code, _, _ = world.run([self.gitoma, "doctor", "--client", self.reader.name], *project)
        require(code == (0 if is_well else 1), f"gitoma doctor ends with {0 if is_well else 1}, not {code}")

    def entry(self, world, door, state):
        found = self.reader.entry(world)
        require(found == Entry(door, state), f"{Entry(door, state)}, not {found}")

    def read(self, world, asked, doors):
        require(self.reader.entry(world) is None, "a home of its own lists nothing")
        policy = self.place / "policy.yaml"
        shutil.copy(POLICY, policy)
        arguments = ["--repo", f"{self.root}=demo", "--policy", str(policy)]
        if self.door == "http":
            state = self.place / "state"
            command = [self.gitoma_mcp, *arguments, "--state", state, "--listen", "127.0.0.1:0"]
            url = doors.enter_context(listening(command, self.place / "gateway.log", named_in_log, world.environment))
            world.environment["GITOMA_TOKEN"] = (state / "runtime_token").read_text(encoding="utf-8").strip()
            self.install(world, "--url", url)
            door, begun = self.reader.called(url), 1
        else:
            state = world.home / ".local/state/gitoma"
            self.install(world, *arguments)
            door, begun = f"{self.gitoma_mcp} {' '.join(arguments)}", 0
        record = Record(state)
        self.trust(world, door, asked, record, begun)
        self.entry(world, door, CONNECTED)
        self.ok("lists the server as it was meant, and connects")
        self.ask(world, asked, record, [self.gitoma_mcp, *arguments, "--state", self.place / "compared"])
        self.doctor(world, True)
        self.ok("gitoma doctor finds it well too")
        self.spoil(world, door, record, policy)
        self.install(world, "--remove")
        require(self.reader.entry(world) is None, "an entry that was taken out is listed no more")
        self.ok("lists it no more once it is taken out")
        doors.close()
        require_alone(world.home)
        record.require_whole()

    def trust(self, world, door, asked, record, begun):
        """What the client makes of the entry before a person trusts the project."""
        if self.scope == "user" and not self.reader.distrusts_all:
            return
        found = self.reader.entry(world)
        expected = self.reader.untrusted and Entry(door, self.reader.untrusted)
        require(found == expected, f"before the project is trusted {expected}, not {found}")
        started = sum(entry["kind"] == "start" for entry in record.entries())
        require(started == begun, "nothing is started before the project is trusted")
        self.reader.ask(world)
        require(bool(asked.offered) == self.reader.asks_nobody, f"not {sorted(asked.offered)} before the project is trusted")
        asked.forget()
        self.reader.trust(world)
        self.ok("does not use it before the project is trusted" + (", but for its agent where nobody can be asked" * self.reader.asks_nobody))

    def ask(self, world, asked, record, command):
        """The agent in the client, led by the model's stand-in."""
        before = len(record.calls())
        self.reader.ask(world)
        said, listed = world.said, tools_of(world, command)
        world.said = said
        require(asked.offered == listed, f"the tools {sorted(listed)} are offered to the model, not {sorted(asked.offered)}")
        require(asked.results and self.commit in asked.results[0], f"the log with {self.commit} is the result, not {asked.results}")
        calls = record.calls()[before:]
        require(calls == [("agent", "mcp", "ok")], f"the record has one call, and not {calls}")
        self.ok(f"its model is offered the {len(listed)} tools of the gateway and calls one, which is on the record")

    def spoil(self, world, door, record, policy):
        """A gateway that cannot start, or does not let the client in."""
        if self.door == "http":
            world.environment["GITOMA_TOKEN"] = "of nobody"
        else:
            policy.unlink()
        self.entry(world, door, FAILED)
        said = world.said
        require(self.door != "http" or record.has_refused(), "the refusal is on the record")
        self.doctor(world, False)
        world.said = said
        self.ok("says that it failed where the gateway " + ("lets nobody in" if self.door == "http" else "cannot start"))


def read_all(kind, node, installed, work, *world):
    """Every case of one client: what passed, and what failed."""
    package = pathlib.Path(installed, "node_modules", kind.package)
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    begun, lines, failures = time.monotonic(), [], 0
    for scope in SCOPES:
        for door in DOORS:
            case = Case(kind([node, package / kind.program]), scope, door, pathlib.Path(work, kind.name, scope, door), *world)
            try:
                case.run()
                lines += case.passed
            except Failed as failed:
                failures += 1
                lines += [*case.passed, f"FAIL {failed}"]
    lines.append(f"     {kind.package} {version}: {time.monotonic() - begun:.0f} s")
    return lines, failures


def main(binaries, node, installed, *chosen):
    kinds = [kind for kind in READERS if not chosen or kind.name in chosen]
    passed = failed = 0
    with tempfile.TemporaryDirectory() as work, concurrent.futures.ThreadPoolExecutor() as several:
        root = os.path.join(work, PLACE)
        world = (os.path.realpath(binaries), root, repository(root))
        for run in [several.submit(read_all, kind, node, installed, work, *world) for kind in kinds]:
            lines, failures = run.result()
            print("\n".join(lines), flush=True)
            passed += sum(line.startswith("ok ") for line in lines)
            failed += failures
    print(f"\n{passed} passed, {failed} failed")
    sys.exit(failed != 0 or passed == 0)


main(*sys.argv[1:])
