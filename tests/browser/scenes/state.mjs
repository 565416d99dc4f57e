// Policy and kill switch: seen by those who may, turned by admins alone and after a question.

import { check, none, until } from "../check.mjs";
import { open, signIn, view } from "../browser.mjs";

export async function state(browser, gateway) {
  const { page, context, faults } = await open(browser, gateway);
  await signIn(page, gateway.operator);
  await view(page, "Policy");
  const sheet = page.locator("#view-policy");
  await sheet.getByRole("heading", { name: "Enforced" }).waitFor();
  check(
    "the policy in force is told",
    (await sheet.innerText()).includes("policy.yaml") && (await sheet.innerText()).includes("acme/web"),
  );

  gateway.write(`${gateway.goodPolicy}\nnonsense: [\n`);
  await sheet.getByRole("button", { name: "Reload" }).click();
  const dialog = page.getByRole("dialog");
  check(
    "a question comes first, and its harmless answer has the focus",
    await dialog.getByRole("button", { name: "Cancel" }).evaluate((element) => element === document.activeElement),
  );
  await dialog.getByRole("button", { name: "Reload" }).click();
  await sheet.getByText(/policy_rejected/).waitFor();
  check(
    "a policy that does not load is refused with its place",
    /policy\.yaml:\d+/.test(await sheet.innerText()),
    await sheet.innerText(),
  );
  await page.locator(".banner.bad", { hasText: "The policy's file does not load" }).waitFor();
  await sheet.getByRole("heading", { name: "Stale" }).waitFor();
  check("a stale policy is an alarm", true);
  gateway.write(gateway.goodPolicy.replace("everybody may look", "everybody may look on"));
  await until(
    "a good one clears it, by itself or on demand",
    async () => {
      if (await sheet.getByRole("heading", { name: "Enforced" }).isVisible()) return true;
      await sheet.getByRole("button", { name: "Reload" }).click();
      await dialog.getByRole("button", { name: "Reload" }).click();
      await page.waitForTimeout(300);
      return sheet.getByRole("heading", { name: "Enforced" }).isVisible();
    },
    10,
  );

  await sheet.getByRole("button", { name: "Roll back" }).click();
  await dialog.getByRole("button", { name: "Roll back" }).click();
  await sheet.getByText(/In force: generation \d+, [0-9a-f]{12}\./).waitFor();
  check("a rollback says what is in force then", true);

  await view(page, "Kill switch");
  const stop = page.locator("#view-stop");
  await stop.getByRole("heading", { name: "Calls run" }).waitFor();
  await stop.getByRole("button", { name: "Halt every call" }).click();
  await page.keyboard.press("Escape");
  check("Escape halts nothing", (await gateway.call("git_log", { max_count: 1 })).status === 200);
  await stop.getByRole("button", { name: "Halt every call" }).click();
  await dialog.getByLabel(/Why/).fill("an agent runs wild <b>");
  await dialog.getByRole("button", { name: "Halt every call" }).click();
  await stop.getByRole("heading", { name: "Every call is refused" }).waitFor();
  const refused = await gateway.call("git_log", { max_count: 1 });
  check("the next call is refused", refused.status === 503 && refused.answer.code === "halted", JSON.stringify(refused.answer));
  check("every view says so", (await page.locator(".banner.bad").innerText()).includes("an agent runs wild <b>"));
  await stop.getByRole("button", { name: "Resume" }).click();
  await dialog.getByRole("button", { name: "Resume" }).click();
  await stop.getByRole("heading", { name: "Calls run" }).waitFor();
  check("and the one after the resume runs", (await gateway.call("git_log", { max_count: 1 })).status === 200);
  none("policy and kill switch: no violation and a silent console", faults);
  await context.close();
}
