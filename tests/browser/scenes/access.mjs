// For everybody: axe in every view, light and dark; a phone without a horizontal scroll; and the keyboard alone.

import { check, none, until } from "../check.mjs";
import { findings, open, overflow, signIn, view } from "../browser.mjs";

export const VIEWS = ["Live", "Approvals", "Record", "Policy", "Tools", "Dry run", "Kill switch"];

/** Opens what a view has to show, so that it is not judged empty. */
export async function furnish(page, name) {
  if (name === "Live") {
    await page.locator(".row.deny").first().waitFor();
    await page.locator(".row.deny button").first().click();
  } else if (name === "Approvals") await page.locator(".card").first().waitFor();
  else if (name === "Tools") await page.locator("summary", { hasText: "git_log" }).click();
  else if (name === "Dry run") {
    await page.locator("#dry-tool option").first().waitFor({ state: "attached" });
    await page.getByLabel("Arguments, as JSON").fill('{"repo":"acme/web","path":".env"}');
    await page.getByRole("button", { name: "Decide" }).click();
    await page.locator(".answer").getByText("builtin:env-file").first().waitFor();
  }
}

export async function access(browser, gateway) {
  await gateway.call("repo_read_file", { path: ".env" });
  await gateway.commit("ci: one more to look at");
  for (const [width, height, dark] of [
    [1440, 900, false],
    [1440, 900, true],
    [390, 844, false],
    [390, 844, true],
  ]) {
    const as = `${width} px, ${dark ? "dark" : "light"}`;
    const { page, context, faults } = await open(browser, gateway, { width, height, dark });
    none(`axe: sign-in, ${as}`, await findings(page));
    await signIn(page, gateway.operator);
    const found = [];
    let widest = 0;
    for (const name of VIEWS) {
      await view(page, name);
      await furnish(page, name);
      found.push(...(await findings(page)).map((line) => `${name}: ${line}`));
      widest = Math.max(widest, await overflow(page));
      if (name === "Live") await page.keyboard.press("Escape");
    }
    none(`axe: nothing serious in ${VIEWS.length} views, ${as}`, found);
    check(`no horizontal scroll, ${as}`, widest <= 0, `${widest} px`);
    await page.getByRole("navigation").getByRole("link", { name: "Kill switch" }).click();
    await page.getByRole("button", { name: "Halt every call" }).click();
    none(`axe: a dialog, ${as}`, await findings(page));
    none(`nothing violated, ${as}`, faults);
    await context.close();
  }
  await narrow(browser, gateway);
  await keyboard(browser, gateway);
}

async function narrow(browser, gateway) {
  const { page, context } = await open(browser, gateway, { width: 360, height: 740 });
  const widths = [await overflow(page)];
  await signIn(page, gateway.operator);
  for (const name of VIEWS) {
    await view(page, name);
    await furnish(page, name);
    widths.push(await overflow(page));
    if (name === "Live") await page.keyboard.press("Escape");
  }
  check("no horizontal scroll at 360 px", Math.max(...widths) <= 0, widths.join(", "));
  await context.close();
}

/** Whether everything that had the focus so far showed it. */
let ringed = true;

/** Presses Tab until something of this name has the focus. */
async function tabTo(page, name, most = 60, key = "Tab") {
  for (let count = 0; count < most; count += 1) {
    await page.keyboard.press(key);
    const found = await page.evaluate(() => {
      const element = document.activeElement;
      const style = element ? getComputedStyle(element) : null;
      return {
        name: element?.getAttribute("aria-label") ?? element?.textContent ?? "",
        ring: style?.outlineStyle !== "none" || element === document.body,
      };
    });
    ringed &&= found.ring;
    if (found.name.trim() === name) return true;
  }
  return false;
}

async function keyboard(browser, gateway) {
  const { page, context } = await open(browser, gateway);
  await page.keyboard.type(gateway.operator);
  await page.keyboard.press("Enter");
  await page.locator(".row.deny").first().waitFor();
  check("keyboard: signed in", true);
  check("keyboard: back to the skip link", await tabTo(page, "Skip to the content", 40, "Shift+Tab"));
  await page.keyboard.press("Enter");
  check("keyboard: and skips", await page.evaluate(() => document.activeElement?.id === "main"));
  check("keyboard: to the pause", await tabTo(page, "Pause"));
  await page.keyboard.press("Space");
  check("keyboard: pressed", (await page.getByRole("button", { name: "Resume" }).getAttribute("aria-pressed")) === "true");
  await page.keyboard.press("Space");
  check("keyboard: to a denied call", await tabTo(page, "repo_read_file"));
  await page.keyboard.press("Enter");
  await until("keyboard: explained", () => page.locator(".inspector h2").isVisible());
  await page.keyboard.press("Escape");
  for (let count = 0; count < 3; count += 1) await gateway.call("git_log", { max_count: 1 });
  await page.waitForTimeout(400);
  check(
    "keyboard: the focus stays on the row while others arrive",
    (await page.evaluate(() => document.activeElement?.textContent)) === "repo_read_file",
  );
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.getByRole("navigation").getByRole("link", { name: "Approvals" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Deny" }).waitFor();
  check("keyboard: to the decision", await tabTo(page, "Approve this call"));
  await page.keyboard.press("Enter");
  await page.getByText("Approved. agent may make").waitFor();
  check("keyboard: approved", true);
  check("keyboard: what has the focus shows it", ringed);
  await context.close();
}
