// A page that could not follow says so, with how much it did not get, and goes on.

import { check, none, until } from "../check.mjs";
import { open, signIn } from "../browser.mjs";

export async function lag(browser, gateway) {
  const { page, context, faults } = await open(browser, gateway);
  let asked = 0;
  // What a gateway tells whoever was left behind (the tests of gitoma-http leave a real reader behind); then the connection ends.
  await page.route("**/api/v1/audit/stream*", (route) => {
    asked += 1;
    if (asked > 1) return route.continue();
    return route.fulfill({ contentType: "text/event-stream", body: 'event: lag\ndata: {"skipped":4321,"next":4400}\n\n' });
  });
  await signIn(page, gateway.operator);
  const banner = page.locator(".banner.warn", { hasText: "This page could not follow" });
  await banner.waitFor();
  check("a page that could not follow says how much it did not get", /follow\s+4\D?321 entries/.test(await banner.innerText()), await banner.innerText());
  await until("it follows again by itself", async () => asked > 1);
  await gateway.call("repo_read_file", { path: ".env" });
  await page.locator(".row.deny", { hasText: ".env" }).first().waitFor();
  check("the banner stays until it is read", await banner.isVisible());
  await banner.getByRole("button", { name: "Dismiss" }).click();
  await until("and then goes", async () => !(await banner.isVisible()));
  none("nothing else was said", faults);
  await context.close();
}
