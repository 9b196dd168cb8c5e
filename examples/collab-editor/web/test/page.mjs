// Two cursors in one document, in two pages of a real browser, and a server that is killed between them: page.mjs PROGRAM BROWSER.
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

const folder = await mkdtemp(join(tmpdir(), "collab-editor-"));
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
async function person(browser, name) {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (error) => faults.push(error));
  await page.goto(`http://${address}/?document=notes&user=${name}`);
  await is(page, "connected");
  return page;
}
const is = (page, state) => page.locator(`#status[data-state="${state}"]`).waitFor();
const box = (page) => page.getByLabel("Text", { exact: true });
const sees = (page, text) => page.waitForFunction((text) => document.getElementById("text").value === text, text);
/** Puts the cursor somewhere, and types. */
async function types(page, at, text) {
  await box(page).focus();
  await box(page).evaluate((box, at) => box.setSelectionRange(at, at), at);
  await page.keyboard.type(text);
}

let browser;
try {
  await start();
  browser = await chromium.launch({ executablePath });
  const ann = await person(browser, "ann");
  await types(ann, 0, "Lamps are warm.");
  const ben = await person(browser, "ben");
  await sees(ben, "Lamps are warm."); // a new client gets the document

  // Two cursors: each sees the other's, and keeps its own place.
  await types(ben, 10, "very ");
  await sees(ann, "Lamps are very warm.");
  await ann.locator('.cursor[data-user="ben"]').waitFor();
  assert.equal(await box(ann).evaluate((box) => box.selectionStart), 20, "ann's cursor is behind what she wrote");
  await types(ann, 20, " 🎉");
  await sees(ben, "Lamps are very warm. 🎉");
  await ben.locator('.cursor[data-user="ann"]').waitFor();
  assert.equal(await box(ben).evaluate((box) => box.selectionStart), 15);

  // Both at once.
  await Promise.all([types(ann, 0, "1234567890"), types(ben, 15, "abcdefghij")]);
  await ann.waitForFunction(() => document.getElementById("text").value.length === 43);
  const text = await box(ann).inputValue();
  await sees(ben, text);

  // The server is killed, and both write on. When it is back, nothing is lost.
  await kill();
  await is(ann, "reconnecting");
  await is(ben, "reconnecting");
  await types(ann, 0, "ann ");
  await types(ben, (await box(ben).inputValue()).length, " ben");
  await start();
  await sees(ann, `ann ${text} ben`);
  await sees(ben, `ann ${text} ben`);
  const kept = () => fetch(`http://${address}/objects/Document/notes/text`).then((response) => response.text());
  assert.equal(await kept(), `ann ${text} ben`);

  // Deleting, half of a character never among it.
  await box(ann).fill("🎈");
  await sees(ben, "🎈");

  // The history, from the first letter on.
  await ann.getByText("History").click();
  await ann.locator("#author", { hasText: /^Version \d+ by/ }).waitFor();
  await ann.getByLabel("Version").fill("0");
  await ann.waitForFunction(() => document.getElementById("past").textContent === "L");

  // Who goes takes the cursor along.
  await ben.close();
  await ann.locator('.cursor[data-user="ben"]').waitFor({ state: "detached" });
  assert.deepEqual(faults, []);
} finally {
  await browser?.close();
  await kill();
  await rm(folder, { recursive: true, force: true });
}
