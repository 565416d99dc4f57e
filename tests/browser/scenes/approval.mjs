// An agent asks, the operator looks at the diff and approves in the page, the agent's retry runs. And what ends otherwise.

import { check, none, until } from "../check.mjs";
import { open, signIn, view } from "../browser.mjs";
import { HOSTILE } from "../gateway.mjs";

export async function approval(browser, gateway) {
  const { page, context, faults } = await open(browser, gateway);
  await signIn(page, gateway.operator);
  const asked = await gateway.commit();
  check("the agent's write is asked about", asked.answer.code === "approval_required", JSON.stringify(asked.answer));
  await page.getByRole("link", { name: /Approvals 1 pending/ }).waitFor();
  check("the page says that one is pending", (await page.title()).startsWith("(1)"));
  await view(page, "Approvals");
  const detail = page.locator(".detail");
  await detail.getByRole("heading", { name: /agent\/ci/ }).waitFor();
  const text = await detail.innerText();
  check(
    "who asks, the rule with its reason, and the message",
    ["agent over http", "look-at-ci", "what runs with our secrets is looked at first", "ci: fetch what is locked"].every((part) =>
      text.includes(part),
    ),
    text,
  );
  const added = detail.locator(".line-add");
  check(
    "the diff's added lines are coloured and marked",
    (await added.first().innerText()).includes("+") && (await added.filter({ hasText: "cargo fetch --locked" }).count()) === 1,
  );
  check(
    "and its removed ones",
    (await detail.locator(".line-del").filter({ hasText: "cargo fetch" }).first().innerText()).includes("−"),
  );
  check("the time that is left counts down", /\d+ min \d\d s left/.test(text));

  // A decision that something else made is told.
  await page.getByLabel("Note").fill("as discussed");
  await page.getByRole("button", { name: "Approve this call" }).click();
  await detail.getByText("Approved. agent may make this very call once").waitFor();
  check("approved in the page, with what follows said", (await detail.innerText()).includes("as discussed"));
  const retried = await gateway.commit();
  check("the agent's retry succeeds", retried.status === 200, JSON.stringify(retried.answer));
  await until("the approval is used then", async () => (await detail.locator(".pill").first().innerText()) === "used");

  // Denied, after an attempt to deceive.
  await gateway.commit(`ci: harmless ${HOSTILE.replace(/\u001b\[\d+m/g, "")}`);
  await until("another one waits", async () => (await page.locator(".card.pending").count()) === 1);
  await page.locator(".card.pending").click();
  await page.getByRole("button", { name: "Deny" }).waitFor();
  check("hidden characters are warned about", (await detail.innerText()).includes("characters that nobody sees were taken out"));
  check(
    "markup in a message is text",
    (await detail.locator("img").count()) === 0 && (await detail.innerText()).includes("<img src=x"),
  );
  await page.getByRole("button", { name: "Deny" }).click();
  await detail.getByText("Denied. The same call is refused until").waitFor();

  // Somebody else decides.
  await gateway.commit("ci: a third one");
  await page.locator(".card.pending").waitFor();
  await page.locator(".card.pending").click();
  await page.getByRole("button", { name: "Approve this call" }).waitFor();
  const id = await page.locator(".card.pending").getAttribute("href");
  const other = await gateway.send(
    `approvals/${decodeURIComponent(id.split("/").at(-1))}/deny`,
    { note: "from elsewhere" },
    gateway.operator,
  );
  check("somebody else decides", other.status === 200);
  await until(
    "and the page says so by itself",
    async () =>
      (await detail.locator(".pill").first().innerText()) === "denied" &&
      (await page.getByRole("button", { name: "Approve this call" }).count()) === 0,
  );

  // Void: the branch moves under it, and the agent asks again.
  await gateway.commit("ci: a fourth one");
  await page.locator(".card.pending").click();
  await page.getByRole("button", { name: "Approve this call" }).waitFor();
  gateway.moveBranch();
  await gateway.commit("ci: a fourth one");
  await until("one that is void is said to be good for nothing", async () =>
    (await detail.innerText()).includes("good for nothing any more"),
  );
  check(
    "and cannot be decided",
    (await page.getByRole("button", { name: "Approve this call" }).count()) === 0 &&
      (await detail.locator(".notice.warn").count()) > 0,
  );
  await page.getByLabel("Show settled ones as well").check();
  await until("settled ones are shown on demand", async () => (await page.locator(".card").count()) === 5);
  none("approvals: no violation and a silent console", faults);
  await context.close();
}
