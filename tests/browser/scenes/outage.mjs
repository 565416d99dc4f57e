// The gateway goes away while the page begins, or answers with faults of its own: the page says that it is not live, raises no alarm that is none,
// and has everything once the gateway is back.

import { check, none, until } from "../check.mjs";
import { open, signIn, view } from "../browser.mjs";

const problem = (status, code) => ({
  status,
  contentType: "application/problem+json",
  body: JSON.stringify({ status, code, title: code, detail: code, error_id: "0" }),
});

export async function outage(browser, gateway) {
  await gateway.call("repo_read_file", { path: ".env" });
  const { page, context, faults } = await open(browser, gateway);
  const answers = [
    (route) => route.fulfill(problem(503, "shutting_down")),
    (route) => route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad gateway</h1>" }),
    // An answer that breaks off in the middle.
    (route) => route.fulfill({ contentType: "application/json", body: '{"last_seq":12,"entr' }),
    (route) => route.abort("connectionreset"),
  ];
  let asked = 0;
  await page.route("**/api/v1/audit/entries*", (route) => {
    asked += 1;
    return (answers.shift() ?? ((route) => route.continue()))(route);
  });
  await signIn(page, gateway.operator);
  const lost = page.locator(".banner.warn", { hasText: "Not live" });
  await lost.waitFor();
  check("a gateway that is away is told", true);
  check("and is no tampering", (await page.locator(".banner.bad").count()) === 0);
  await page.locator(".row.deny", { hasText: ".env" }).first().waitFor();
  check("the past comes when the gateway is back", asked > 4);
  await until("and the page is live", async () => !(await lost.isVisible()));
  check("without an alarm", (await page.locator(".banner.bad").count()) === 0);
  await context.close();

  // What could not be read once, and is found whole when it is verified.
  const again = await open(browser, gateway);
  let reads = 0;
  await again.page.route("**/api/v1/audit/entries*", (route) => {
    reads += 1;
    return reads === 1 ? route.fulfill(problem(500, "unavailable")) : route.continue();
  });
  await signIn(again.page, gateway.operator);
  const alarm = again.page.locator(".banner.bad", { hasText: "The record is not as it was written" });
  await alarm.waitFor();
  await view(again.page, "Record");
  const sheet = again.page.locator("#view-record");
  await until(
    "a record that is found whole ends the alarm",
    async () => {
      await sheet.getByRole("button", { name: "Verify now" }).click();
      return (await sheet.getByRole("heading", { name: "Intact" }).isVisible()) && !(await alarm.isVisible());
    },
    12,
  );
  none("outage: no violation and a silent console", [...faults, ...again.faults]);
  await again.context.close();
}
