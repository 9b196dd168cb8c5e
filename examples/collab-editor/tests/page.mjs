// Two cursors in one document, in two pages, and a server that is killed between them.

import assert from "node:assert/strict";

export const serve = (address) => ["serve", address];

const is = (page, state) => page.locator(`#status[data-state="${state}"]`).waitFor();
const box = (page) => page.getByLabel("Text", { exact: true });
const sees = (page, text) => page.waitForFunction((text) => document.getElementById("text").value === text, text);
/** Puts the cursor somewhere, and types. */
async function types(page, at, text) {
  await box(page).focus();
  await box(page).evaluate((box, at) => box.setSelectionRange(at, at), at);
  await page.keyboard.type(text);
}

export default async function ({ server, visit, picture }) {
  async function person(name) {
    const page = await visit(`/?document=notes&user=${name}`);
    await is(page, "connected");
    return page;
  }
  const ann = await person("ann");
  await types(ann, 0, "Lamps are warm.");
  const ben = await person("ben");
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

  await picture(ann, "text");

  // Both at once.
  await Promise.all([types(ann, 0, "1234567890"), types(ben, 15, "abcdefghij")]);
  await ann.waitForFunction(() => document.getElementById("text").value.length === 43);
  const text = await box(ann).inputValue();
  await sees(ben, text);

  // The server is killed, and both write on. When it is back, nothing is lost.
  await server.kill();
  await is(ann, "reconnecting");
  await is(ben, "reconnecting");
  await types(ann, 0, "ann ");
  await types(ben, (await box(ben).inputValue()).length, " ben");
  await server.start();
  await sees(ann, `ann ${text} ben`);
  await sees(ben, `ann ${text} ben`);
  const kept = await fetch(`${server.url}/objects/Document/notes/text`);
  assert.equal(await kept.text(), `ann ${text} ben`);

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
}
