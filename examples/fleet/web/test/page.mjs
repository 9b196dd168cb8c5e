// One tree in two pages of a real browser, and a server that is killed between them: page.mjs PROGRAM BROWSER.
//
// Nothing sleeps for a result: each step waits until the page shows it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [program, executablePath] = process.argv.slice(2);
/** How long the page may take to show something, in milliseconds. */
const PATIENCE = 30_000;

const holder = createServer().listen(0, "127.0.0.1");
await once(holder, "listening");
const address = `127.0.0.1:${holder.address().port}`;
holder.close();
await once(holder, "close");

const folder = await mkdtemp(join(tmpdir(), "fleet-"));
let server;
async function start() {
  server = spawn(program, ["serve", address], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  for (const signal = AbortSignal.timeout(PATIENCE); ; await new Promise((next) => setTimeout(next, 20))) {
    assert.equal(server.exitCode, null, "the server ended by itself");
    assert.ok(!signal.aborted, "the server does not answer");
    if (await fetch(`http://${address}/`, { signal }).then(() => true, () => false)) return;
  }
}
async function kill() {
  if (!server || server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, "exit");
  server.kill("SIGKILL");
  await gone;
}

const faults = [];
async function person(browser) {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (error) => faults.push(error));
  await page.goto(`http://${address}/`);
  return page;
}
/** Clicks a button that asks for a text, and gives it. */
async function answers(page, button, text) {
  page.once("dialog", (dialog) => dialog.accept(text));
  await page.getByRole("button", { name: button, exact: true }).click();
}
const sees = (page, path) => page.getByRole("button", { name: `Unfold ${path}`, exact: true }).waitFor();
const seesNoMore = (page, path) => page.getByRole("button", { name: `Unfold ${path}`, exact: true }).waitFor({ state: "detached" });

let browser;
try {
  await start();
  browser = await chromium.launch({ executablePath });
  const [ann, ben] = [await person(browser), await person(browser)];

  // What one makes, the other sees.
  await answers(ann, "Add below /", "team");
  await sees(ben, "/team");
  await answers(ann, "Add below /team", "moon");
  await ben.getByRole("button", { name: "Unfold /team", exact: true }).click();
  await sees(ben, "/team/moon");
  const markup = "<img src=x onerror=alert(1)>";
  await answers(ben, "Report of /team/moon", markup);
  await ann.getByText(markup, { exact: true }).waitFor();
  assert.equal(await ann.locator("#tree img").count(), 0);

  // A name that leads elsewhere is refused, in words.
  await answers(ann, "Add below /team", "../escape");
  await ann.getByRole("alert").getByText("no '/'").waitFor();

  // The server is killed and comes back: the pages go on by themselves.
  await kill();
  await ann.getByText("Reconnecting…").waitFor();
  await start();
  await ann.getByText("Connected", { exact: true }).waitFor();
  await ben.getByText("Connected", { exact: true }).waitFor();
  await answers(ben, "Add below /team", "mars");
  await sees(ann, "/team/mars");

  // The whole subtree goes.
  await ann.getByRole("button", { name: "Delete /team", exact: true }).click();
  await seesNoMore(ann, "/team/mars");
  await seesNoMore(ben, "/team");
  assert.deepEqual(faults, []);
} finally {
  await browser?.close();
  await kill();
  await rm(folder, { recursive: true, force: true });
}
