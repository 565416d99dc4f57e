// Sign-in and its end: wrong tokens, roles, what is kept and what is wiped, a token that is revoked.

import { check, none, until } from "../check.mjs";
import { open, signIn, view } from "../browser.mjs";

/** What a page keeps beyond its memory. */
const kept = (page) => page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }) + document.cookie);

export async function session(browser, gateway) {
  const { page, context, faults } = await open(browser, gateway);
  await page.getByLabel("Token").fill("x".repeat(43));
  await page.keyboard.press("Enter");
  await page.getByText("That token belongs to nobody here.").waitFor();
  check(
    "a wrong token is told, and the focus is where it is typed",
    await page.getByLabel("Token").evaluate((element) => element === document.activeElement),
  );
  await page.getByLabel("Token").fill("a token ✓");
  await page.keyboard.press("Enter");
  await page.getByText("A token has no blanks").waitFor();

  await signIn(page, gateway.operator);
  check(
    "a token is in memory alone",
    !(await kept(page)).includes(gateway.operator) && (await page.getByLabel("Token").inputValue()) === "",
  );
  await page.reload();
  await page.getByRole("heading", { name: "Sign in to the cockpit" }).waitFor();
  await signIn(page, gateway.operator, { keep: true });
  await page.reload();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  check("kept for the tab, a reload does not ask", (await kept(page)).includes(gateway.operator));
  await page.locator(".row").first().waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to the cockpit" }).waitFor();
  const left = await page.evaluate(() => document.documentElement.outerHTML + document.title);
  check(
    "signing out wipes the token and what was shown",
    !(await kept(page)).includes(gateway.operator) && !left.includes("acme/web") && !left.includes("repo_read_file"),
  );

  // An agent: its own approvals, tools and the dry run, and a plain sentence for the rest.
  await signIn(page, gateway.agent);
  check("an agent begins with approvals", await page.locator("#title-approvals").isVisible());
  await view(page, "Live");
  check(
    "the rest is a plain sentence",
    (await page.locator("#view-live").innerText()).includes("This is for the roles auditor and admin. You are agent"),
  );
  await view(page, "Kill switch");
  await page.locator("#view-stop").getByRole("heading", { name: "Calls run" }).waitFor();
  check("an agent sees the kill switch and turns nothing", (await page.locator("#view-stop button").count()) === 0);
  await view(page, "Tools");
  await page.locator("summary", { hasText: "git_commit_files" }).waitFor();
  check("its tools and limits are listed", /\d+ of \d+ left/.test(await page.locator("#view-tools").innerText()));
  await page.getByRole("button", { name: "Sign out" }).click();

  // A token with a scope: nothing that concerns all, and not one refused request for it.
  const narrow = gateway.token("narrow", "--tool", "git_*", "--role", "agent");
  await until("a token with a scope is taken up", async () => (await gateway.send("me", undefined, narrow.token)).status === 200);
  const last = async () => (await gateway.send("audit/entries?last=1", undefined, gateway.operator)).answer.last_seq;
  const seq = await last();
  await signIn(page, narrow.token);
  for (const name of ["Live", "Record", "Policy", "Kill switch"]) {
    await view(page, name);
    const told = await page.locator(".view:visible").innerText();
    check(`a scope bars ${name}, and says so`, told.includes("Your token has a scope"), told);
  }
  await view(page, "Tools");
  await page.locator("summary", { hasText: "git_log" }).waitFor();
  check("and nothing was asked for that is refused", (await last()) === seq);
  await page.getByRole("button", { name: "Sign out" }).click();

  // Revoked while it looks.
  const guest = gateway.token("guest", "--role", "auditor");
  await until("a new token is taken up", async () => (await gateway.send("me", undefined, guest.token)).status === 200);
  await signIn(page, guest.token);
  await page.locator(".row").first().waitFor();
  await view(page, "Policy");
  await page.locator("#view-policy").getByRole("heading", { name: "Enforced" }).waitFor();
  check("an auditor sees the policy and turns nothing", (await page.locator("#view-policy button").count()) === 0);
  gateway.cli("token", "revoke", guest.id);
  await page.getByText("The token is not good any more. Sign in with another one.").waitFor();
  check("a revoked token leads to the sign-in by itself", !(await page.locator("body").innerText()).includes("acme/web"));
  none("session: no violation and a silent console", faults);
  await context.close();
}
