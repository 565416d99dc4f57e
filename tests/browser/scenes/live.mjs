// A live denial arrives, is found, is explained down to its rule; hostile text is text; pausing holds back and counts.

import { check, none, until } from "../check.mjs";
import { open, signIn } from "../browser.mjs";
import { HOSTILE } from "../gateway.mjs";

export async function live(browser, gateway) {
  const { page, context, faults, foreign } = await open(browser, gateway);
  await gateway.call("repo_read_file", { path: "README.md" });
  await signIn(page, gateway.operator);
  await page.locator(".row.allow", { hasText: "repo_read_file" }).first().waitFor();
  check("signed in: what was decided before is there", true);
  check(
    "who one is and the roles are told",
    (await page.locator("#who").innerText()).includes("operator") && (await page.locator("#who").innerText()).includes("auditor"),
  );

  const began = Date.now();
  await gateway.call("repo_read_file", { path: ".env" });
  const denied = page.locator(".row.deny", { hasText: ".env" }).first();
  await denied.waitFor();
  check(`a live denial arrives (${Date.now() - began} ms)`, Date.now() - began < 3000);
  await until("one call is one row", async () => (await page.locator(".row", { hasText: "README.md" }).count()) === 1);
  check("its outcome is in it", (await page.locator(".row", { hasText: "README.md" }).innerText()).includes("ok"));
  await until("a screen reader is told", async () => (await page.locator("#said").innerText()).includes("deny: repo_read_file"));

  await denied.getByRole("button").click();
  const why = page.locator(".inspector");
  const text = await why.innerText();
  check(
    "its explanation names the built-in rule",
    text.includes("builtin:env-file") && text.includes("built in") && text.includes("path_denied"),
  );
  check("the focus is on it", await why.evaluate((element) => element.contains(document.activeElement)));
  await page.keyboard.press("Escape");
  check(
    "Escape closes it and the focus goes back",
    await denied.getByRole("button").evaluate((element) => element === document.activeElement),
  );

  await gateway.call("git_grep", { pattern: "the password of it" });
  const hunt = page.locator(".row.deny", { hasText: "no-hunting" });
  await hunt.getByRole("button").click();
  const place = `policy.yaml:${gateway.goodPolicy.split("\n").findIndex((line) => line.includes("no-hunting")) + 1}`;
  await until("a policy's rule is named with file and line", async () => (await why.innerText()).includes(place));
  check("and the argument that it read", (await why.innerText()).includes("the password of it"));

  // What the entry holds goes into the dry run.
  await why.getByRole("button", { name: "Ask again now" }).click();
  await page.getByRole("heading", { name: "Dry run" }).waitFor();
  await until("the dry run has the call's arguments", async () =>
    (await page.getByLabel("Arguments, as JSON").inputValue()).includes("the password of it"),
  );
  await page.getByRole("button", { name: "Decide" }).click();
  const answer = page.locator(".answer");
  await answer.getByText("no-hunting").first().waitFor();
  const explained = await answer.innerText();
  check(
    "the answer has rule, file, line, reason and gates",
    explained.includes(place) &&
      explained.includes("nobody hunts for passwords") &&
      explained.includes("repository_not_whitelisted") &&
      explained.includes("passes"),
  );
  await page.getByLabel("Arguments, as JSON").fill("{");
  await page.getByRole("button", { name: "Decide" }).click();
  check("what is no JSON is said", (await page.locator("#dry-fault").innerText()).includes("not JSON"));
  await page.getByLabel("Arguments, as JSON").fill('{"repo":"acme/web","nonsense":1}');
  await page.getByRole("button", { name: "Decide" }).click();
  await until("a refusal is told with its code", async () =>
    (await page.locator("#dry-fault").innerText()).includes("invalid_arguments"),
  );

  // Hostile text.
  await page.getByRole("link", { name: "Live" }).click();
  await gateway.call("git_log", { author: `stranger ${HOSTILE}` });
  await page.locator(".row", { hasText: "no-strangers" }).getByRole("button").click();
  check(
    "markup is text",
    (await why.innerText()).includes("<img src=x onerror=alert(1)>") && (await page.locator(".live img").count()) === 0,
  );
  await until("what is not seen is shown", async () => {
    const shown = await why.innerText();
    return ["U+202E", "U+001B", "U+200B", "U+E0041"].every(
      (code) => shown.includes(code) || shown.toLowerCase().includes(`\\u${code.slice(2).toLowerCase()}`),
    );
  });
  const raw = await page.evaluate(() =>
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/u.test(document.body.innerText),
  );
  check("and nowhere on the page obeyed", !raw);
  await why.getByRole("button", { name: "Close" }).click();

  // Pause and filter.
  const rows = () => page.locator(".row:visible").count();
  const before = await rows();
  await page.getByRole("button", { name: "Pause" }).click();
  for (let count = 0; count < 5; count += 1) await gateway.call("git_log", { max_count: 1 });
  await page.getByRole("button", { name: "Resume · 5 waiting" }).waitFor();
  check("a pause holds back and counts", (await rows()) === before);
  await page.getByRole("button", { name: "Resume" }).click();
  await until("and gives out what waited", async () => (await rows()) === before + 5);
  await page.locator("#filter-effect").selectOption("deny");
  await until("the filter by effect", async () => (await page.locator(".row.allow:visible").count()) === 0 && (await rows()) >= 3);
  await page.locator("#filter-tool").selectOption("git_grep");
  await until(
    "by tool",
    async () => (await rows()) > 0 && (await rows()) === (await page.locator(".row:visible", { hasText: "git_grep" }).count()),
  );
  await page.locator("#filter-effect").selectOption("");
  await page.locator("#filter-tool").selectOption("");
  await page.getByLabel("Find").fill("ENV-FILE");
  await until("by text", async () => (await rows()) === 1);
  await page.getByLabel("Find").fill("nothing has this");
  check("nothing is said to be nothing", await page.getByText("No row passes the filter.").isVisible());
  await page.getByLabel("Find").fill("");
  await page.locator("#filter-principal").selectOption("operator");
  await until(
    "by principal",
    async () => (await rows()) === (await page.locator(".row:visible", { hasText: "operator" }).count()) && (await rows()) > 0,
  );
  await page.locator("#filter-principal").selectOption("");
  await page.locator("#filter-repository").selectOption("acme/web");
  await until("by repository", async () => (await page.locator(".row.event:visible").count()) === 0);

  none("the rules of the page were not violated, and the console is silent", faults);
  none("nothing was asked of another server", foreign);
  await context.close();
}
