// The record is verified in the page; one changed byte is flagged loudly, in every view.

import { check, none, until } from "../check.mjs";
import { open, signIn, view } from "../browser.mjs";

export async function record(browser, gateway) {
  const { page, context, faults } = await open(browser, gateway);
  await signIn(page, gateway.operator);
  await view(page, "Record");
  const sheet = page.locator("#view-record");
  await sheet.getByRole("button", { name: "Verify now" }).click();
  await sheet.getByRole("heading", { name: "Intact" }).waitFor();
  check("the record is verified, and intact", (await page.locator("#strip").innerText()).includes("intact"));
  check("the events of the gateway are told", (await sheet.innerText()).includes("policy.load"));

  // At most one verification in five seconds: until then the page says so.
  const restore = gateway.tamper();
  const fresh = await open(browser, gateway);
  await signIn(fresh.page, gateway.operator);
  await fresh.page.locator(".banner.bad", { hasText: "The record is not as it was written" }).waitFor();
  check("who opens the page now is told by what it reads", true);
  none("and the console is silent", fresh.faults);
  await fresh.context.close();
  await until(
    "one changed byte is found",
    async () => {
      await sheet.getByRole("button", { name: "Verify now" }).click();
      return sheet.getByRole("heading", { name: "Tampered with" }).isVisible();
    },
    12,
  );
  const text = await sheet.innerText();
  check("with file, line and class", /seg-\d{20}\.jsonl:\d+/.test(text) && text.includes("hash_mismatch"), text);
  await view(page, "Live");
  const banner = page.locator(".banner.bad");
  check(
    "every view says it loudly",
    (await banner.innerText()).includes("The record was tampered with") &&
      (await page.locator("#strip .cell.bad").innerText()).includes("tampered"),
  );
  restore();
  none("record: no violation and a silent console", faults);
  await context.close();
}
