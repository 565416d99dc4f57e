// Holds sessions through the TypeScript SDK's last 1.x, on which most clients in use are built, over each door: list, read, structured content,
// refusal, unknown tool, progress, cancellation, approvals and a rate. It holds whatever is structured against the tool's output schema,
// refusals too, and throws away what does not fit.
//
// usage: typescript_sdk_1.mjs WORLD, as run.py gives it
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { askAPerson, meetTheRate, rest } from "./approvals.mjs";
import { giveUp } from "./giving_up.mjs";

const world = JSON.parse(process.argv[2]);
const era = "2025-11-25";

function check(what, condition) {
  if (!condition) {
    console.log(`FAIL typescript 1, ${what}`);
    process.exit(1);
  }
  console.log(`ok   typescript 1, ${what}`);
}

async function exercise(where, client) {
  const { tools } = await client.listTools();
  check(`${where}: every tool says what its results look like`, tools.length > 0 && tools.every((tool) => tool.outputSchema?.type === "object"));
  const read = await client.callTool({ name: "repo_read_file", arguments: { repo: "demo", path: "settings.toml" } });
  check(`${where}: the file is read, its secret is not`, read.content[0].text.includes("***") && !read.content[0].text.includes(world.secret));
  check(`${where}: what is read is there for programs`, JSON.stringify(read.structuredContent) === read.content[0].text);
  const refused = await client.callTool({ name: "repo_read_file", arguments: { repo: "demo", path: ".env" } });
  check(`${where}: a refusal comes through, with its rule`, refused.isError && refused.structuredContent.error.rules[0].id === "builtin:env-file");
  const dry = { name: "repo_read_file", arguments: { repo: "demo", path: ".env" }, _meta: { "gitoma/restrict": "dry-run" } };
  check(`${where}: so does the verdict of a dry run`, (await client.callTool(dry)).structuredContent.executed === false);
  const unknown = await client.callTool({ name: "merge_pull_request", arguments: {} }).then(() => "", String);
  check(`${where}: an unknown tool is an error`, unknown.includes("unknown tool"));
}

const [command, ...args] = world.stdio;
const requestInit = { headers: { Authorization: `Bearer ${world.token}` } };
const doors = { stdio: () => new StdioClientTransport({ command, args, stderr: "ignore" }) };
for (const [door, url] of Object.entries(world.urls)) {
  doors[door] = () => new StreamableHTTPClientTransport(new URL(url), { requestInit });
}
for (const [door, open] of Object.entries(doors)) {
  const client = new Client({ name: "clients", version: "1" });
  await client.connect(open());
  const where = `${door}, ${era}`;
  await exercise(where, client);
  const call = async (name, given) => {
    const { isError = false, structuredContent, content } = await client.callTool({ name, arguments: given });
    return { isError, structured: structuredContent, text: content[0].text };
  };
  const checkHere = (what, condition) => check(`${where}: ${what}`, condition);
  await giveUp(checkHere, (search, options) => client.callTool(search, undefined, options), () => client.listTools());
  await askAPerson(checkHere, call, `agent/typescript_sdk_1-${door.replaceAll(" ", "")}-${era}`);
  await meetTheRate(checkHere, call);
  await client.close();
}
rest();
