"""The clients whose configuration `gitoma install` writes and npm has: how each is kept from asking for a sign-in, how a person trusts a
project, and what each says of the server called gitoma. What each says is read from its own words and nothing else.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import threading
import typing

from doors import Failed

# Within which a client has said what there is to say.
PATIENCE = 180
# What becomes of a server in the eyes of a client; None where it is not listed.
CONNECTED, FAILED, WAITING = "connected", "failed", "waiting to be approved"


@dataclasses.dataclass
class World:
    """A home and a project in which clients run, and all that they are told."""

    home: pathlib.Path
    project: pathlib.Path
    environment: dict
    model: str
    said: str = ""

    def run(self, program, *arguments, say=None):
        """Exit code, standard output and standard error of a program; what it leaves running is ended."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "errors": "replace"}
        command = [*map(str, program), *arguments]
        with subprocess.Popen(command, cwd=self.project, env=self.environment, start_new_session=True, **pipes) as process:
            try:
                output, error = process.communicate(say, timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                output, error = process.communicate()
                error += f"\n(ended after {PATIENCE} s)"
        shown = " ".join([os.path.basename(part) if part.startswith("/") else part for part in command])
        self.said = f"$ {shown}\n{output}{error}exit code {process.returncode}"
        return process.returncode, output, error

    def list(self, program, *arguments):
        """What a client lists, which must come to an end that is good: nothing in it is then no list that broke."""
        code, output, error = self.run(program, *arguments)
        if code != 0:
            raise Failed("a list of servers")
        return output, error

    @contextlib.contextmanager
    def conversation(self, command):
        """A function that asks a program something by JSON-RPC, in lines, and returns the result; the program ends when its input does."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        with subprocess.Popen([*map(str, command)], cwd=self.project, env=self.environment, start_new_session=True, **pipes) as process:
            limit = threading.Timer(PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
            limit.start()

            def tell(message):
                process.stdin.write(f"{json.dumps({'jsonrpc': '2.0', **message})}\n")
                process.stdin.flush()

            def ask(method, **params):
                tell({"id": method, "method": method, "params": params})
                answers = (json.loads(line) for line in process.stdout)
                answer = next((one for one in answers if one.get("id") == method), {})
                self.said = f"{method}: {json.dumps(answer)[:4000]}"
                if "result" not in answer:
                    raise Failed(f"an answer to {method}")
                if method == "initialize":
                    tell({"method": "initialized" if "codexHome" in answer["result"] else "notifications/initialized"})
                return answer["result"]

            try:
                yield ask
            finally:
                process.stdin.close()
                process.stdout.read()
                process.wait()
                limit.cancel()


class Entry(typing.NamedTuple):
    """A server as a client lists it: what it starts, its arguments behind the program, or where it calls; and what became of it."""

    door: str
    state: str


class ClaudeCode:
    name, package, program = "claude-code", "@anthropic-ai/claude-code", "cli-wrapper.cjs"
    # What it makes of an entry before a person trusts the project; whether that goes for entries in the user's own file too; and whether
    # the agent, where nobody can be asked, starts it all the same.
    untrusted, distrusts_all, asks_nobody = WAITING, False, True

    def __init__(self, command):
        self.command = command

    def prepare(self, world):
        world.environment |= {
            "ANTHROPIC_BASE_URL": world.model,
            "ANTHROPIC_API_KEY": "none",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            # The model is told of each tool at once, and not of a tool that finds them.
            "ENABLE_TOOL_SEARCH": "false",
        }

    def trust(self, world):
        settings = world.home / ".claude/settings.json"
        settings.parent.mkdir(exist_ok=True)
        settings.write_text(json.dumps({"enabledMcpjsonServers": ["gitoma"]}), encoding="utf-8")

    def entry(self, world):
        listed, _ = world.list(self.command, "mcp", "list")
        if not any(line.startswith("gitoma: ") for line in listed.splitlines()):
            return None
        _, told, _ = world.run(self.command, "mcp", "get", "gitoma")
        fields = dict(line.strip().partition(": ")[::2] for line in told.splitlines())
        marks = {"✔ Connected": CONNECTED, "✘ Failed": FAILED, "⏸ Pending approval": WAITING}
        state = next((state for mark, state in marks.items() if fields.get("Status", "").startswith(mark)), "")
        if fields.get("Type") == "http":
            return Entry(f"{fields.get('URL')}, {fields.get('Authorization')}", state)
        return Entry(f"{fields.get('Command')} {fields.get('Args')}", state)

    def called(self, url):
        return f"{url}, Bearer ${{GITOMA_TOKEN}}"

    def ask(self, world):
        world.run(self.command, "-p", "What is in the log?", "--allowedTools", "mcp__gitoma__git_log")


class Codex:
    name, package, program = "codex", "@openai/codex", "bin/codex.js"
    untrusted, distrusts_all, asks_nobody = None, False, False

    def __init__(self, command):
        self.command = command

    def prepare(self, world):
        provider = f'name = "stand-in"\nbase_url = "{world.model}/v1"\nwire_api = "responses"\n'
        self.configuration = world.home / ".codex/config.toml"
        self.configuration.parent.mkdir()
        text = f'model = "stand-in" # asks no server\nmodel_provider = "stand-in"\n\n[model_providers.stand-in]\n{provider}'
        self.configuration.write_text(text, encoding="utf-8")

    def trust(self, world):
        with self.configuration.open("a", encoding="utf-8") as file:
            file.write(f'\n[projects."{world.project}"]\ntrust_level = "trusted"\n')

    def entry(self, world):
        _, listed, _ = world.run(self.command, "mcp", "list", "--json")
        said = world.said
        found = [entry for entry in json.loads(listed) if entry["name"] == "gitoma"]
        if not found:
            return None
        transport = found[0]["transport"]
        if not found[0]["enabled"] or transport.get("env") or transport.get("cwd") or transport.get("http_headers"):
            raise Failed("more in the entry than was meant")
        state = self.state(world)
        world.said = f"{said}\n{world.said}"
        if transport["type"] == "streamable_http":
            return Entry(f"{transport['url']}, {transport['bearer_token_env_var']}", state)
        return Entry(" ".join([transport["command"], *transport["args"]]), state)

    def state(self, world):
        """What editors are told that have Codex behind them; its list says nothing of connections."""
        with world.conversation([*self.command, "app-server"]) as ask:
            ask("initialize", clientInfo={"name": "readers", "version": "1"})
            thread = ask("thread/start", cwd=str(world.project))["thread"]["id"]
            listed = ask("mcpServerStatus/list", threadId=thread)["data"]
        server = next((server for server in listed if server["name"] == "gitoma"), {})
        if server.get("toolsError"):
            return FAILED
        # `runtimeStatus` may still say that it starts.
        return CONNECTED if server.get("tools") and server.get("serverInfo", {}).get("name") == "gitoma" else ""

    def called(self, url):
        return f"{url}, GITOMA_TOKEN"

    def ask(self, world):
        world.run(self.command, "exec", "--skip-git-repo-check", "What is in the log?")


class Gemini:
    name, package, program = "gemini", "@google/gemini-cli", "bundle/gemini.js"
    untrusted, distrusts_all, asks_nobody = WAITING, True, False

    def __init__(self, command):
        self.command = command

    def prepare(self, world):
        world.environment |= {"GOOGLE_GEMINI_BASE_URL": world.model, "GEMINI_API_KEY": "none"}
        settings = world.home / ".gemini/settings.json"
        settings.parent.mkdir()
        privacy = {"usageStatisticsEnabled": False}
        chosen = {"security": {"auth": {"selectedType": "gemini-api-key"}}, "general": {"enableAutoUpdate": False}, "privacy": privacy}
        settings.write_text(json.dumps(chosen), encoding="utf-8")

    def trust(self, world):
        folders = world.home / ".gemini/trustedFolders.json"
        folders.write_text(json.dumps({str(world.project): "TRUST_FOLDER"}), encoding="utf-8")

    def entry(self, world):
        output, error = world.list(self.command, "mcp", "list")
        marks = {"✓ gitoma: ": CONNECTED, "✗ gitoma: ": FAILED, "○ gitoma: ": WAITING}
        ends = (" (stdio) - Connected", " (http) - Connected", " (stdio) - Disconnected", " (http) - Disconnected", " - Disabled")
        for line in (output + error).splitlines():
            for mark, state in marks.items():
                if line.startswith(mark):
                    door = line.removeprefix(mark)
                    for end in ends:
                        door = door.removesuffix(end)
                    return Entry(door.removesuffix(" (stdio)").removesuffix(" (http)"), state)
        return None

    def called(self, url):
        return url

    def ask(self, world):
        # Any model by name: without one, another is asked which it should be.
        world.run(self.command, "--model", "gemini-2.5-flash", "--prompt", "What is in the log?", "--approval-mode", "yolo")


READERS = (ClaudeCode, Codex, Gemini)
