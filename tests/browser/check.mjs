// The counter of checks: each says what holds, and the first that does not ends the run.

let passed = 0;

export class Failed extends Error {}

export function check(what, condition, detail = "") {
  if (!condition) throw new Failed(`FAIL ${what}${detail ? `\n     ${detail}` : ""}`);
  console.log(`ok   ${what}`);
  passed += 1;
}

export function none(what, list) {
  check(what, list.length === 0, list.join("\n     "));
}

/** Waits for something to become true, for a while. */
export async function until(what, test, seconds = 15) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    if (await test()) return check(what, true);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  check(what, false, "did not come to pass in time");
}

export function total() {
  return passed;
}

/** Forgets what was counted since there were `earlier` checks. */
export function recount(earlier) {
  passed = earlier;
}
