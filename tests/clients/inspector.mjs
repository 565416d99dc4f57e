// Asks through the Inspector's command line, in both protocol eras and over each door: list, read, structured content, refusal, unknown tool.
// It shows no progress and cannot give a call up.
//
// usage: inspector.mjs WORLD, as run.py gives it
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

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
  check(`${where}: the tools that read, in alphabetical order`, names.includes("git_log") && !names.includes("git_push_branch") && names.join() === names.toSorted().join());
  check(`${where}: every client can read their schemas, it says`, listed.code === 0);
  const { text } = read.result.content[0];
  check(`${where}: the file is read, its secret is not`, read.code === 0 && text.includes("***") && !text.includes(world.secret));
  check(`${where}: what is read is there for programs`, JSON.stringify(read.result.structuredContent) === text);
  const { error } = refused.result.structuredContent;
  check(`${where}: .env is refused with its rule`, refused.code === 5 && refused.result.isError && error.rules[0].id === "builtin:env-file");
  check(`${where}: an unknown tool is an error`, unknown.code !== 0 && /unknown tool|not found/i.test(unknown.stderr));
}

const header = ["--header", `Authorization: Bearer ${world.token}`];
for (const era of Object.keys(eras)) {
  await exercise(`stdio, ${era}`, ["--", ...world.stdio], era);
  for (const [door, url] of Object.entries(world.urls)) {
    await exercise(`${door}, ${era}`, ["--transport", "http", "--server-url", url, ...header], era);
  }
}
