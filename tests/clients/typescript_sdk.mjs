// Holds sessions through the TypeScript client, in both protocol eras and over each door: list, read, structured content, refusal, unknown
// tool, progress, cancellation, approvals and a rate. What it is given back of a tool with an output schema it holds against that schema itself.
//
// usage: typescript_sdk.mjs WORLD, as run.py gives it
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { askAPerson, meetTheRate, rest } from "./approvals.mjs";
import { giveUp } from "./giving_up.mjs";

const world = JSON.parse(process.argv[2]);
const eras = { "2025-11-25": "legacy", "2026-07-28": { pin: "2026-07-28" } };

function check(what, condition) {
  if (!condition) {
    console.log(`FAIL typescript, ${what}`);
    process.exit(1);
  }
  console.log(`ok   typescript, ${what}`);
}

async function exercise(where, client) {
  const names = (await client.listTools()).tools.map((tool) => tool.name);
  check(`${where}: the tools that policy opens, in alphabetical order`, names.includes("git_log") && !names.includes("git_create_branch") && names.join() === names.toSorted().join());
  const read = await client.callTool({ name: "repo_read_file", arguments: { repo: "demo", path: "settings.toml" } });
  const text = read.content[0].text;
  check(`${where}: the file is read, its secret is not`, text.includes("***") && !text.includes(world.secret));
  check(`${where}: what is read is there for programs`, read.structuredContent.path === "settings.toml" && JSON.stringify(read.structuredContent) === text);
  const refused = await client.callTool({ name: "repo_read_file", arguments: { repo: "demo", path: ".env" } });
  check(`${where}: .env is refused with its rule`, refused.isError && refused.structuredContent.error.rules[0].id === "builtin:env-file");
  const unknown = await client.callTool({ name: "merge_pull_request", arguments: {} }).then(() => "", String);
  check(`${where}: an unknown tool is an error`, unknown.includes("unknown tool"));
}

const [command, ...args] = world.stdio;
const requestInit = { headers: { Authorization: `Bearer ${world.token}` } };
const doors = { stdio: () => new StdioClientTransport({ command, args, stderr: "ignore" }) };
for (const [door, url] of Object.entries(world.urls)) {
  doors[door] = () => new StreamableHTTPClientTransport(new URL(url), { requestInit });
}
for (const [era, mode] of Object.entries(eras)) {
  for (const [door, open] of Object.entries(doors)) {
    const client = new Client({ name: "clients", version: "1" }, { versionNegotiation: { mode } });
    await client.connect(open());
    check(`${door}: ${era} was agreed on`, client.getNegotiatedProtocolVersion() === era);
    await exercise(`${door}, ${era}`, client);
    const call = async (name, given) => {
      const { isError = false, structuredContent, content } = await client.callTool({ name, arguments: given });
      return { isError, structured: structuredContent, text: content[0].text };
    };
    const checkHere = (what, condition) => check(`${door}, ${era}: ${what}`, condition);
    await giveUp(checkHere, (search, options) => client.callTool(search, options), () => client.listTools());
    await askAPerson(checkHere, call, `agent/typescript_sdk-${door.replaceAll(" ", "")}-${era}`);
    await meetTheRate(checkHere, call);
    await client.close();
  }
}
rest();
