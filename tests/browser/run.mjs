// Drives the cockpit of a real gateway in a real browser.
//
// usage: node run.mjs PATH/TO/gitoma-http [--screenshots DIR] [--only SCENE]

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { crashes, launch } from "./browser.mjs";
import { Failed, recount, total } from "./check.mjs";
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

/**
 * Plays a scene before a gateway and a browser of its own, so that none rests on what another left.
 * Returns what made it fail, and whether that was a process of the browser that crashed.
 */
async function play(scene) {
  const gateway = new Gateway(resolve(program));
  const before = crashes();
  let browser;
  try {
    await gateway.start();
    browser = await launch();
    await scene(browser, gateway);
    if (crashes() > before) console.log("     a page of the browser crashed meanwhile, and nothing was missed");
    return {};
  } catch (error) {
    const said = [error instanceof Failed ? error.message : error];
    for (const page of browser?.contexts().flatMap((context) => context.pages()) ?? []) {
      await page.screenshot({ path: FAILED, timeout: 5_000 }).catch(() => {});
      said.push(`     the page is in ${FAILED}: ${page.url()}`);
    }
    if (gateway.errors) said.push(gateway.errors.split("\n").slice(-20).join("\n"));
    const crashed = !(error instanceof Failed) && (crashes() > before || browser?.isConnected() === false);
    return { said, crashed };
  } finally {
    await browser?.close().catch(() => {});
    await gateway.stop();
  }
}

/**
 * Plays a scene, and once more if the browser itself crashed: that is not the page's doing unless it happens again.
 * A failed check is never tried twice.
 */
async function hold(name, scene) {
  const counted = total();
  let { said, crashed } = await play(scene);
  if (crashed) {
    console.log(`     the browser crashed in the scene \`${name}\`, which is played once more:`, ...said);
    recount(counted);
    ({ said } = await play(scene));
  }
  if (said) throw new Failed(said.map((line) => line?.stack ?? line).join("\n"));
}

if (only && !(only in SCENES)) {
  console.error(`there is no scene of that name; the scenes are ${Object.keys(SCENES).join(", ")}`);
  process.exit(2);
}
const began = Date.now();
let failed = 0;
try {
  if (folder) await hold("shots", (browser, gateway) => shots(browser, gateway, resolve(folder)));
  else {
    await units();
    for (const [name, scene] of Object.entries(SCENES)) if (!only || only === name) await hold(name, scene);
  }
} catch (error) {
  failed = 1;
  console.log(error instanceof Failed ? error.message : error);
}
console.log(`\n${total()} passed, ${failed} failed, in ${((Date.now() - began) / 1000).toFixed(1)} s`);
process.exit(failed);
