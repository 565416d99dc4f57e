"""Holds a real session with gitoma-mcp through the Python MCP SDK, in both protocol eras: list, read, refusal, unknown tool.

usage: session.py PATH/TO/gitoma-mcp
"""

import asyncio
import os
import pathlib
import subprocess
import sys
import tempfile

from mcp import Client, ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "docs"))
sys.dont_write_bytecode = True
from verify import verify  # noqa: E402

TOKEN = "gh" + "p_" + "a1B2c3D4e5" * 3 + "f6G7h8"
passed = 0


def check(what, condition):
    global passed
    if not condition:
        sys.exit(f"FAIL {what}")
    print(f"ok   {what}")
    passed += 1


def repository(root):
    git = ["git", "-C", root, "-c", "user.name=clients", "-c", "user.email=clients@example.invalid"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "init", "-q", "-b", "main", root], check=True, env=environment)
    with open(os.path.join(root, "settings.toml"), "w", encoding="utf-8") as file:
        file.write(f'token = "{TOKEN}"\nname = "demo"\n')
    with open(os.path.join(root, ".env"), "w", encoding="utf-8") as file:
        file.write("PASSWORD=hunter2\n")
    subprocess.run([*git, "add", "-A", "-f"], check=True, env=environment)
    subprocess.run([*git, "commit", "-q", "-m", "first"], check=True, env=environment)


async def exercise(era, session):
    tools = [tool.name for tool in (await session.list_tools()).tools]
    reads = {"repo_read_file", "git_log", "worktree_list"}
    writes = {"repo_write_file", "git_commit_files", "git_push_branch"}
    check(f"{era}: the tools that read, in alphabetical order", reads <= set(tools) and not writes & set(tools) and tools == sorted(tools))
    read = await session.call_tool("repo_read_file", {"repo": "demo", "path": "settings.toml"})
    text = read.content[0].text
    check(f"{era}: the file is read, its secret is not", '***' in text and TOKEN not in text and 'name = ' in text)
    refused = await session.call_tool("repo_read_file", {"repo": "demo", "path": ".env"})
    error = (refused.structured_content or {}).get("error", {})
    check(f"{era}: .env is refused with its rule", refused.is_error and error.get("rules", [{}])[0].get("id") == "builtin:env-file")
    outside = await session.call_tool("repo_read_file", {"repo": "demo", "path": "../../etc/passwd"})
    check(f"{era}: a path outside is refused", outside.is_error and "passwd" not in outside.content[0].text)
    found = await session.call_tool("git_grep", {"repo": "demo", "pattern": "name"})
    check(f"{era}: a search finds", not found.is_error and "settings.toml" in found.content[0].text)
    try:
        await session.call_tool("merge_pull_request", {})
        check(f"{era}: an unknown tool is an error of the protocol", False)
    except Exception as error:  # the SDK's own type differs between its two clients
        check(f"{era}: an unknown tool is an error of the protocol", "unknown tool" in str(error))


async def main(binary):
    with tempfile.TemporaryDirectory() as work:
        root = os.path.join(work, "demo")
        repository(root)
        state = os.path.join(work, "state")
        server = StdioServerParameters(command=binary, args=["--repo", root, "--state", state])
        async with stdio_client(server) as (reader, writer), ClientSession(reader, writer) as session:
            await session.initialize()
            await exercise("2025-11-25", session)
        async with Client(stdio_client(server)) as client:
            await exercise("2026-07-28", client)
        chains = list((pathlib.Path(state) / "audit").iterdir())
        check(f"the record of {len(chains)} chains is whole, says docs/verify.py", chains and all(map(verify, chains)))
    print(f"\n{passed} passed, 0 failed")


asyncio.run(main(sys.argv[1]))
