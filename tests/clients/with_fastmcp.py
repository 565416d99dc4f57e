"""Holds sessions through FastMCP's client, in both protocol eras and over each door: list, read, structured content, refusal, unknown tool,
progress, cancellation, approvals and a rate.

usage: with_fastmcp.py WORLD, as run.py gives it
"""

import json
import logging
import sys

import anyio
from approvals import ask_a_person, meet_the_rate
from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from fastmcp.exceptions import ToolError

WORLD = json.loads(sys.argv[1])
ERAS = {"legacy": "2025-11-25", "2026-07-28": "2026-07-28"}


def check(what, condition):
    if not condition:
        sys.exit(f"FAIL fastmcp, {what}")
    print(f"ok   fastmcp, {what}", flush=True)


async def exercise(where, client):
    names = [tool.name for tool in await client.list_tools()]
    check(f"{where}: the tools that policy opens, in alphabetical order", "git_log" in names and "git_create_branch" not in names and names == sorted(names))
    read = await client.call_tool("repo_read_file", {"repo": "demo", "path": "settings.toml"})
    text = read.content[0].text
    check(f"{where}: the file is read, its secret is not", "***" in text and WORLD["secret"] not in text)
    check(f"{where}: what is read is there for programs", json.loads(text) == read.structured_content and read.structured_content["path"] == "settings.toml")
    try:
        await client.call_tool("repo_read_file", {"repo": "demo", "path": ".env"})
        check(f"{where}: .env is refused", False)
    except ToolError as refused:
        check(f"{where}: .env is refused with its rule, and what to do", "builtin:env-file" in str(refused) and "ask the person" in str(refused))
    refused = await client.call_tool("repo_read_file", {"repo": "demo", "path": ".env"}, raise_on_error=False)
    error = (refused.structured_content or {}).get("error", {})
    check(f"{where}: a refusal is there for programs", refused.is_error and error.get("category") == "forbidden")
    try:
        await client.call_tool("merge_pull_request", {})
        check(f"{where}: an unknown tool is an error", False)
    except Exception as error:  # its own type differs between the eras
        check(f"{where}: an unknown tool is an error", "unknown tool" in str(error))


async def give_up(where, client):
    """Gives up a search once it is known to run, and goes on."""
    told, begun = [], anyio.Event()

    async def tell(done, _total, message):
        told.append((done, message))
        begun.set()

    async with anyio.create_task_group() as group:

        async def search():
            await client.call_tool("git_grep", {"repo": "demo", "pattern": "(a|b|c)+x[0-9]{3}$"}, progress_handler=tell)
            check(f"{where}: the search was given up before its end", False)

        group.start_soon(search)
        with anyio.fail_after(60):
            await begun.wait()
        group.cancel_scope.cancel()
    check(f"{where}: a search told how far it had come", told[0][1] == "files searched" and told[0][0] > 0)
    check(f"{where}: after it was given up, the session goes on", await client.list_tools())


async def run(door, era, client):
    """All of it, with a session in `era`."""
    where = f"{door}, {era}"

    async def call(tool, arguments):
        result = await client.call_tool(tool, arguments, raise_on_error=False)
        return result.is_error, result.structured_content or {}, result.content[0].text

    check(f"{where}: this is the revision that is spoken", client.protocol_version == era)
    await exercise(where, client)
    await give_up(where, client)
    await ask_a_person(lambda what, condition: check(f"{where}: {what}", condition), call, f"agent/with_fastmcp-{door.replace(' ', '')}-{era}")
    await meet_the_rate(lambda what, condition: check(f"{where}: {what}", condition), call)


async def main():
    # What it logs of calls that fail, as some shall, is no news.
    logging.disable(logging.ERROR)
    command, *arguments = WORLD["stdio"]
    headers = {"Authorization": f"Bearer {WORLD['token']}"}
    for mode, era in ERAS.items():
        transports = {"stdio": StdioTransport(command, arguments, keep_alive=False)}
        transports |= {door: StreamableHttpTransport(url, headers=headers) for door, url in WORLD["urls"].items()}
        for door, transport in transports.items():
            async with Client(transport, mode=mode) as client:
                await run(door, era, client)


anyio.run(main)
