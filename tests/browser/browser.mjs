// The browser, and what is held of every page in it: no violation of its rules, no word on the console, no serious finding of axe.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Headless, and silent on the network but for what the page does. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let crashed = 0;

/** How many pages crashed so far. */
export function crashes() {
  return crashed;
}

export function launch() {
  return chromium.launch({ executablePath: process.env.GITOMA_CHROMIUM || "/usr/bin/chromium", headless: true, args: FLAGS });
}

/**
 * Opens the gateway's page in a context of its own.
 * `faults` collects whatever must not happen there; refusals that a test provokes are logged by the browser and left out by it.
 */
export async function open(browser, gateway, { width = 1440, height = 900, dark = false, hash = "" } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
    timezoneId: "UTC",
    locale: "en-GB",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults = [];
  const foreign = [];
  page.on("console", (message) => {
    const expected = message.text().startsWith("Failed to load resource") && message.location().url.includes("/api/v1/");
    if (["error", "warning"].includes(message.type()) && !expected) faults.push(`console: ${message.text()}`);
  });
  page.on("crash", () => {
    crashed += 1;
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.stack}`));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(gateway.url) && !request.url().startsWith("data:")) foreign.push(request.url());
  });
  await page.exposeFunction("gitomaViolation", (text) => faults.push(`violation: ${text}`));
  await page.addInitScript(() =>
    document.addEventListener("securitypolicyviolation", (event) =>
      window.gitomaViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
    ),
  );
  await page.goto(`${gateway.url}/${hash}`);
  return { page, context, faults, foreign };
}

export async function signIn(page, token, { keep = false } = {}) {
  await page.getByLabel("Token").fill(token);
  if (keep) await page.getByLabel("Keep for this tab").check();
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** Opens a view by its tab, and waits for that view: the one before is still there when the click is over. */
export async function view(page, name) {
  const tab = page.getByRole("navigation").getByRole("link", { name });
  const id = (await tab.getAttribute("href"))?.replace("#/", "view-");
  await tab.click();
  await page.locator(`#${id} h1`).waitFor();
}

/** What axe finds that is serious or critical, as lines. */
export async function findings(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() =>
    window.axe.run(document, {
      resultTypes: ["violations"],
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  return found.violations
    .filter((violation) => ["serious", "critical"].includes(violation.impact))
    .flatMap((violation) =>
      violation.nodes.map((node) => `${violation.id} at ${node.target.join(" ")}: ${node.failureSummary?.split("\n").slice(1, 2)}`),
    );
}

/** How many pixels the page is wider than its window. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}
