// The gateway comes back with another record than before: the page drops what it showed, says so, and begins with the new one.

import { check, none, until } from "../check.mjs";
import { open, signIn } from "../browser.mjs";

const OTHER = "01890000-0000-7000-8000-000000000001";

export async function anew(browser, gateway) {
  await gateway.call("repo_read_file", { path: ".env" });
  const { page, context, faults } = await open(browser, gateway);
  // What a gateway tells that writes another chain (the tests of gitoma-http start one); then the real one is back, which does so, too.
  const chain = { chain_id: OTHER, next: 0, not_resumed: "other_chain" };
  const entry = { kind: "refusal", seq: 1, ts: new Date().toISOString(), chain_id: OTHER, call_id: "elsewhere", tool: "only_elsewhere", code: "malformed" };
  const body = `event: chain\ndata: ${JSON.stringify(chain)}\n\nid: ${OTHER}.1\nevent: entry\ndata: ${JSON.stringify(entry)}\n\n`;
  const asked = [];
  let goOn = () => {};
  const looked = new Promise((resolve) => (goOn = resolve));
  await page.route("**/api/v1/audit/stream*", async (route) => {
    asked.push(route.request().headers()["last-event-id"] ?? "");
    if (asked.length === 1) return route.fulfill({ contentType: "text/event-stream", body });
    await looked;
    return route.continue();
  });
  await signIn(page, gateway.operator);
  const banner = page.locator(".banner.warn", { hasText: "Another chain has begun" });
  await banner.waitFor();
  await page.locator(".row", { hasText: "only_elsewhere" }).waitFor();
  check("what was of the chain before is gone", (await page.locator(".row").count()) === 1);
  goOn();
  await page.locator(".row.deny", { hasText: ".env" }).first().waitFor();
  check("what the gateway is asked for names chain and place", asked[1] === `${OTHER}.1` && /^[0-9a-f-]{36}\.\d+$/.test(asked[0]), asked.join(" "));
  await until("and nothing of the other one is left", async () => (await page.locator(".row", { hasText: "only_elsewhere" }).count()) === 0);
  await banner.getByRole("button", { name: "Dismiss" }).click();
  await until("the banner goes when it is read", async () => !(await banner.isVisible()));
  none("nothing else was said", faults);
  await context.close();
}
