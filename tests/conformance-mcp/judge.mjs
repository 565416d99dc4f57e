// Holds the results of one run of the suite against what is expected of it: every check that fails, or only warns, is named in
// expected/NAME.yaml with a reason; every check that is named there fails; and every scenario that the revision requires was run.
// The suite's own --expected-failures knows no reasons, and says nothing about names of checks that no longer exist.
//
// usage: judge.mjs NAME FOLDER
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseDocument } from "yaml";

const [name, folder] = process.argv.slice(2);
const problems = [];

const expected = new Set();
const entries = parseDocument(readFileSync(join(folder, "expected", `${name}.yaml`), "utf8")).get("server")?.items ?? [];
for (const entry of entries) {
  if (!entry.comment?.trim()) problems.push(`expected without a reason: ${entry.value}`);
  expected.add(entry.value);
}

const failing = new Map();
const [run, checks] = [new Set(), { passed: 0 }];
const results = join(folder, "results", name);
for (const result of existsSync(results) ? readdirSync(results) : []) {
  const scenario = result.replace(/^server-/, "").replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, "");
  run.add(scenario);
  for (const check of JSON.parse(readFileSync(join(results, result, "checks.json"), "utf8"))) {
    if (check.status === "SUCCESS") checks.passed += 1;
    if (check.status === "FAILURE" || check.status === "WARNING") failing.set(`${scenario}:${check.id}`, check.errorMessage ?? "");
  }
}
for (const [check, why] of failing) if (!expected.has(check)) problems.push(`fails: ${check}: ${why}`);
for (const check of expected) if (!failing.has(check)) problems.push(`is expected to fail and does not: ${check}`);

const required = join(folder, "node_modules/@modelcontextprotocol/conformance/requirements", `${name}.yaml`);
const scenarios = existsSync(required) ? parse(readFileSync(required, "utf8")).server : ["server-initialize"];
for (const scenario of scenarios) if (!run.has(scenario)) problems.push(`was not run: ${scenario}`);

for (const problem of problems) console.log(`FAIL conformance ${name}: ${problem}`);
if (problems.length > 0) process.exit(1);
const failed = new Set([...failing.keys()].map((check) => check.split(":")[0]));
console.log(`ok   conformance ${name}: ${run.size} scenarios, ${run.size - failed.size} without a failure; ${checks.passed} checks passed, ${failing.size} fail as expected`);
