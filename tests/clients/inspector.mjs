// Asks through the Inspector's command line, in both protocol eras and over each door: list, read, structured content, refusal, unknown tool,
// approvals. It shows no progress and cannot give a call up. Each of its requests is a process with a session of its own, so that over
// standard input and output each has a gateway of its own too: there an approval outlives the gateway that asked for it, and nothing is left of
// a rate, which is tried over HTTP.
//
// usage: inspector.mjs WORLD, as run.py gives it
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { askAPerson, meetTheRate, rest } from "./approvals.mjs";

const world = JSON.parse(process.argv[2]);
const eras = { "2025-11-25": "legacy", "2026-07-28": "modern" };
const program = join(dirname(fileURLToPath(import.meta.url)), "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js");

function check(what, condition) {
  if (!condition) {
    console.log(`FAIL inspector, ${what}`);
    process.exit(1);
  }
  console.log(`ok   inspector, ${what}`);
}

// What it prints, with its exit code: 5 says that the result is an error.
async function ask(target, era, ...request) {
  const options = ["--cli", "--quiet", "--format", "json", "--protocol-era", eras[era], ...request, ...target];
  const run = promisify(execFile)(process.execPath, [program, ...options], { timeout: 60_000 });
  const { code = 0, stdout, stderr } = await run.catch((failed) => failed);
  return { code, result: stdout ? JSON.parse(stdout).result : undefined, stderr };
}

function call(target, era, tool, given) {
  return ask(target, era, "--method", "tools/call", "--tool-name", tool, "--tool-args-json", JSON.stringify(given));
}

async function exercise(where, target, era) {
  const [listed, read, refused, unknown] = await Promise.all([
    ask(target, era, "--method", "tools/list", "--strict"),
    call(target, era, "repo_read_file", { repo: "demo", path: "settings.toml" }),
    call(target, era, "repo_read_file", { repo: "demo", path: ".env" }),
    call(target, era, "merge_pull_request", {}),
  ]);
  const names = listed.result.tools.map((tool) => tool.name);
  check(`${where}: the tools that policy opens, in alphabetical order`, names.includes("git_log") && !names.includes("git_create_branch") && names.join() === names.toSorted().join());
  check(`${where}: every client can read their schemas, it says`, listed.code === 0);
  const { text } = read.result.content[0];
  check(`${where}: the file is read, its secret is not`, read.code === 0 && text.includes("***") && !text.includes(world.secret));
  check(`${where}: what is read is there for programs`, JSON.stringify(read.result.structuredContent) === text);
  const { error } = refused.result.structuredContent;
  check(`${where}: .env is refused with its rule`, refused.code === 5 && refused.result.isError && error.rules[0].id === "builtin:env-file");
  check(`${where}: an unknown tool is an error`, unknown.code !== 0 && /unknown tool|not found/i.test(unknown.stderr));
}

async function run(door, target, era) {
  const where = `${door}, ${era}`;
  const checkHere = (what, condition) => check(`${where}: ${what}`, condition);
  const callHere = async (tool, given) => {
    const { code, result, stderr } = await call(target, era, tool, given);
    if (!result) throw new Error(`${where}: ${tool}: ${stderr}`);
    checkHere("its exit code says whether the result is an error", code === (result.isError ? 5 : 0));
    return { isError: result.isError ?? false, structured: result.structuredContent, text: result.content[0].text };
  };
  await exercise(where, target, era);
  await askAPerson(checkHere, callHere, `agent/inspector-${door.replaceAll(" ", "")}-${era}`);
  if (door !== "stdio") await meetTheRate(checkHere, callHere);
}

const header = ["--header", `Authorization: Bearer ${world.token}`];
const targets = { stdio: ["--", ...world.stdio] };
for (const [door, url] of Object.entries(world.urls)) targets[door] = ["--transport", "http", "--server-url", url, ...header];
for (const era of Object.keys(eras)) {
  await Promise.all(Object.entries(targets).map(([door, target]) => run(door, target, era)));
}
rest();
