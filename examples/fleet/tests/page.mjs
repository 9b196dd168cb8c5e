// One tree in two pages, and a server that is killed between them.

import assert from "node:assert/strict";

export const serve = (address) => ["serve", address];

/** Clicks a button that asks for a text, and gives it. */
async function answers(page, button, text) {
  await page.getByRole("button", { name: button, exact: true }).click();
  await page.getByRole("dialog").getByRole("textbox").fill(text);
  await page.getByRole("button", { name: "OK" }).click();
}
const node = (page, path) => page.getByRole("button", { name: `Children of ${path}`, exact: true });
const sees = (page, path) => node(page, path).waitFor();
const seesNoMore = (page, path) => node(page, path).waitFor({ state: "detached" });

export default async function ({ server, visit, picture }) {
  const [ann, ben] = [await visit(), await visit()];

  // What one makes, the other sees.
  await answers(ann, "Add below /", "team");
  await sees(ben, "/team");
  await answers(ann, "Add below /team", "moon");
  await node(ben, "/team").click();
  await sees(ben, "/team/moon");
  const markup = "<img src=x onerror=alert(1)>";
  await answers(ben, "Report of /team/moon", markup);
  await ann.getByText(markup, { exact: true }).waitFor();
  assert.equal(await ann.locator("#tree img").count(), 0);

  // Who thinks better of it adds nothing.
  await ann.getByRole("button", { name: "Add below /team/moon", exact: true }).click();
  await picture(ann, "asking");
  await ann.getByRole("button", { name: "Cancel" }).click();
  await ann.getByRole("dialog").waitFor({ state: "hidden" });
  await picture(ann, "tree");

  // A name that leads elsewhere is refused, in words.
  await answers(ann, "Add below /team", "../escape");
  await ann.getByRole("alert").getByText("no '/'").waitFor();

  // The server is killed and comes back: the pages go on by themselves.
  await server.kill();
  await ann.getByText("Reconnecting…").waitFor();
  await server.start();
  await ann.getByText("Connected", { exact: true }).waitFor();
  await ben.getByText("Connected", { exact: true }).waitFor();
  await answers(ben, "Add below /team", "mars");
  await sees(ann, "/team/mars");

  // The whole subtree goes.
  await ann.getByRole("button", { name: "Delete /team", exact: true }).click();
  await seesNoMore(ann, "/team/mars");
  await seesNoMore(ben, "/team");
}
