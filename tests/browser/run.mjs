// Drives the cockpit of a real gateway in a real browser.
//
// usage: node run.mjs PATH/TO/gitoma-http [--screenshots DIR] [--only SCENE]

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";
import { Failed, total } from "./check.mjs";
import { Gateway } from "./gateway.mjs";
import { access } from "./scenes/access.mjs";
import { anew } from "./scenes/anew.mjs";
import { approval } from "./scenes/approval.mjs";
import { lag } from "./scenes/lag.mjs";
import { live } from "./scenes/live.mjs";
import { outage } from "./scenes/outage.mjs";
import { record } from "./scenes/record.mjs";
import { session } from "./scenes/session.mjs";
import { state } from "./scenes/state.mjs";
import { shots } from "./shots.mjs";
import { units } from "./units.mjs";

/** Where the page is shown as it was when a check failed. */
const FAILED = fileURLToPath(new URL("failed.png", import.meta.url));
const SCENES = { live, lag, anew, approval, state, session, outage, access, record };

const [program, ...flags] = process.argv.slice(2);
const flag = (name) => (flags.includes(name) ? flags[flags.indexOf(name) + 1] : undefined);
const only = flag("--only");
const folder = flag("--screenshots");
if (!program) {
  console.error("usage: node run.mjs PATH/TO/gitoma-http [--screenshots DIR] [--only SCENE]");
  process.exit(2);
}

const began = Date.now();
const gateway = new Gateway(resolve(program));
let browser;
let failed = 0;
try {
  await units();
  await gateway.start();
  browser = await launch();
  if (folder) await shots(browser, gateway, resolve(folder));
  else for (const [name, scene] of Object.entries(SCENES)) if (!only || only === name) await scene(browser, gateway);
} catch (error) {
  failed = 1;
  console.log(error instanceof Failed ? error.message : error);
  for (const page of browser?.contexts().flatMap((context) => context.pages()) ?? []) {
    await page.screenshot({ path: FAILED }).catch(() => {});
    console.log(`     the page is in ${FAILED}: ${page.url()}`);
  }
  if (gateway.errors) console.log(gateway.errors.split("\n").slice(-20).join("\n"));
} finally {
  await browser?.close();
  await gateway.stop();
}
console.log(`\n${total()} passed, ${failed} failed, in ${((Date.now() - began) / 1000).toFixed(1)} s`);
process.exit(failed);
