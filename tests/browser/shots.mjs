// The pictures of docs/cockpit.md: `--screenshots DIR`. A busy morning on one repository, seen at several widths.

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { open, signIn, view } from "./browser.mjs";

/** What agents might do in a while, the same each time. */
async function busy(gateway) {
  const reads = ["src/main.rs", "README.md", "ci/build.yml"];
  for (let round = 0; round < 9; round += 1) {
    await gateway.call("git_log", { max_count: 3 });
    for (const path of reads) await gateway.call("repo_read_file", { path });
    if (round % 3 === 1) await gateway.call("git_grep", { pattern: "password" });
    if (round % 4 === 2) await gateway.call("repo_read_file", { path: ".env" });
    await gateway.call("git_grep", { pattern: "fn main" });
    if (round % 2 === 1) await gateway.call("repo_tree", {});
  }
  await gateway.commit();
  await gateway.call("git_diff", { target: "main" });
  await gateway.call("git_grep", { pattern: "password" });
  await gateway.call("git_blame", { path: "src/main.rs" });
  await gateway.call("repo_info", {});
}

export async function shots(browser, gateway, folder) {
  mkdirSync(folder, { recursive: true });
  await busy(gateway);
  const take = async (name, options, prepare) => {
    const { page, context } = await open(browser, gateway, options);
    await signIn(page, gateway.operator);
    await page.locator(".row.deny").first().waitFor();
    await page.evaluate(() => document.fonts.ready);
    await prepare(page);
    await page.waitForTimeout(400);
    const file = join(folder, `${name}.png`);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: file });
    // A palette makes them a third as large; without the program they are what they are.
    spawnSync("pngquant", ["--force", "--skip-if-larger", "--quality", "80-98", "--output", file, file]);
    console.log(`     ${name}.png`);
    await context.close();
  };
  const explained = (page) => page.locator(".row.deny", { hasText: "no-hunting" }).first().getByRole("button").click();
  const approval = async (page) => {
    await view(page, "Approvals");
    await page.getByRole("button", { name: "Approve this call" }).waitFor();
  };
  await take("live-dark", { dark: true }, explained);
  await take("approval-light", {}, approval);
  await take("live-phone", { width: 390, height: 844 }, async () => {});
  await take("dry-run-dark", { width: 1024, height: 768, dark: true }, async (page) => {
    await view(page, "Dry run");
    await page.getByLabel("Arguments, as JSON").fill('{\n  "repo": "acme/web",\n  "path": ".env"\n}');
    await page.getByRole("button", { name: "Decide" }).click();
    await page.locator(".answer").getByText("builtin:env-file").first().waitFor();
  });
  let restore = () => {};
  await take("tampered-light", {}, async (page) => {
    restore = gateway.tamper();
    await view(page, "Record");
    await page.getByRole("button", { name: "Verify now" }).click();
    await page.getByRole("heading", { name: "Tampered with" }).waitFor();
  });
  restore();
}
