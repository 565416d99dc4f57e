"""What the tests with real clients share: a repository's git, and a gateway that listens."""

import contextlib
import json
import os
import pathlib
import subprocess
import time

PATIENCE = 60


class Failed(Exception):
    """What was expected, and what was said instead."""


def run_git(root, *arguments):
    """What git prints, whatever the machine's own configuration of it says."""
    git = ["git", "-C", root, "-c", "user.name=clients", "-c", "user.email=clients@example.invalid"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run([*git, *arguments], check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout


@contextlib.contextmanager
def listening(command, log, find, environment=None):
    """The address of the server that `command` starts, as `find` finds it in a line of its output or its log; it must end in good order."""
    program = os.path.basename(command[0])
    with open(log, "w+", encoding="utf-8") as output:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            deadline = time.monotonic() + PATIENCE
            while not (found := [address for line in open(log, encoding="utf-8") if (address := find(line))]):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Failed(f"{program} does not listen: {pathlib.Path(log).read_text(encoding='utf-8')}")
                time.sleep(0.02)
            yield found[0]
        finally:
            process.terminate()
            process.wait(PATIENCE)
        if process.returncode != 0:
            raise Failed(f"{program} does not end in good order: {pathlib.Path(log).read_text(encoding='utf-8')[-2000:]}")


def named_in_log(line):
    """The address that gitoma-mcp names in a line of its log."""
    event = json.loads(line) if line.endswith("}\n") else {}
    return event.get("address") if event.get("message") == "listening" else None
