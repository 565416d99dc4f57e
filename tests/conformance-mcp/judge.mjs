// Holds the results of one run of the suite against expected/NAME.yaml, in which everything has its reason:
//
//   server:          the checks that fail, or only warn
//   scenarios:       every scenario that was run, with the number of its checks that pass
//   vacuous:         what passes without having proved anything: a scenario, or one check of it
//   not-applicable:  the scenarios that the suite has besides, and does not run for a revision
//
// Each must be exactly what was found, and nothing that the suite lists may be missing. The suite's own --expected-failures knows no reasons,
// and says nothing about scenarios that did not run, nor about checks that there are no more.
//
// usage: judge.mjs NAME REVISION RUN FOLDER; the suite's own list stands in FOLDER/results/RUN.list
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseDocument } from "yaml";

const [name, revision, run, folder] = process.argv.slice(2);
const results = join(folder, "results", run);
const problems = [];

const expected = parseDocument(readFileSync(join(folder, "expected", `${name}.yaml`), "utf8"));
// The values of a list, each of which has its reason behind it.
function reasoned(list) {
  const items = expected.get(list)?.items ?? [];
  for (const item of items) if (!item.comment?.trim()) problems.push(`${list} without a reason: ${item.value}`);
  return new Set(items.map((item) => item.value));
}
const [mayFail, vacuous, notApplicable] = ["server", "vacuous", "not-applicable"].map(reasoned);
const counts = expected.toJS().scenarios;

// Passes because the gateway knows no such tool, and so whatever the check is about.
const knowsNot = (check) => /"unknown tool"/.test(JSON.stringify(check.details ?? null));
// A check of every scenario, which says nothing of what the scenario is about.
const FORM = "wire-schema-valid";

const [failing, passed, empty, proved] = [new Map(), new Map(), new Set(), new Set()];
for (const result of existsSync(results) ? readdirSync(results) : []) {
  const scenario = result.replace(/^server-/, "").replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, "");
  const checks = JSON.parse(readFileSync(join(results, result, "checks.json"), "utf8"));
  const good = checks.filter((check) => check.status === "SUCCESS");
  const bad = checks.filter((check) => check.status === "FAILURE" || check.status === "WARNING");
  passed.set(scenario, good.length);
  for (const check of bad) failing.set(`${scenario}:${check.id}`, check.errorMessage ?? "");
  for (const check of good) (knowsNot(check) ? empty : proved).add(`${scenario}:${check.id}`);
  if (bad.length === 0 && good.every((check) => check.id === FORM)) empty.add(scenario);
}

for (const [check, why] of failing) if (!mayFail.has(check)) problems.push(`fails: ${check}: ${why}`);
for (const check of mayFail) if (!failing.has(check)) problems.push(`is expected to fail and does not: ${check}`);

for (const [scenario, count] of passed) {
  if (!(scenario in counts)) problems.push(`was run and is not expected: ${scenario}`);
  else if (counts[scenario] !== count) problems.push(`${scenario}: ${count} checks passed, and not ${counts[scenario]}`);
}
for (const scenario of Object.keys(counts)) if (!passed.has(scenario)) problems.push(`was not run: ${scenario}`);

for (const what of empty) if (!vacuous.has(what)) problems.push(`passes and proves nothing: ${what}`);
for (const what of vacuous) if (!empty.has(what) && !proved.has(what)) problems.push(`is said to prove nothing, and does not pass: ${what}`);

// What the suite has to offer, and what the revision requires of it.
const listed = [...readFileSync(`${results}.list`, "utf8").matchAll(/^\s+- (\S+) \[(.*)\]$/gm)];
if (listed.length === 0) problems.push("the suite lists no scenario");
for (const [, scenario, revisions] of listed) {
  if (revisions.split(",").includes(revision) && !passed.has(scenario)) problems.push(`is listed by the suite and was not run: ${scenario}`);
  if (revisions === "extension" && !passed.has(scenario) && !notApplicable.has(scenario)) problems.push(`is neither run nor said not to apply: ${scenario}`);
}
const names = new Set(listed.map(([, scenario]) => scenario));
for (const scenario of notApplicable) if (!names.has(scenario) || passed.has(scenario)) problems.push(`is said not to apply, and is run or unknown: ${scenario}`);
const requirements = join(folder, "node_modules/@modelcontextprotocol/conformance/requirements", `${revision}.yaml`);
const { server: required, not_scored: unscored = [] } = parse(readFileSync(requirements, "utf8"));
if (name === revision) {
  const reported = unscored.filter(({ leg }) => leg === "server").map(({ scenario }) => scenario);
  for (const scenario of [...required, ...reported]) {
    if (!passed.has(scenario) && !notApplicable.has(scenario)) problems.push(`belongs to the revision and was not run: ${scenario}`);
  }
}

for (const problem of problems) console.log(`FAIL conformance ${run}: ${problem}`);
if (problems.length > 0) process.exit(1);
const total = [...passed.values()].reduce((sum, count) => sum + count, 0);
const failed = new Set([...failing.keys()].map((check) => check.split(":")[0]));
// A scenario of which nothing is left but its form, and what proves nothing.
const isHollow = (scenario) => [...proved].every((check) => !check.startsWith(`${scenario}:`) || check === `${scenario}:${FORM}` || vacuous.has(check));
const hollow = [...passed.keys()].filter((scenario) => !failed.has(scenario) && isHollow(scenario)).length;
const idle = [...vacuous].filter((what) => !passed.has(what)).length;
console.log(
  `ok   conformance ${run}: ${passed.size} scenarios, ${passed.size - failed.size - hollow} without a failure, ${hollow} without a proof; ` +
    `${total} checks passed, ${idle} of them prove nothing; ${failing.size} fail as expected; ${notApplicable.size} scenarios do not apply`,
);
