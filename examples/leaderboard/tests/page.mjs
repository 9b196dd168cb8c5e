// Two players in two pages, and a server that is killed between them.

import assert from "node:assert/strict";

export const serve = (address) => ["serve", address];

const is = (page, state) => page.locator(`#status[data-state="${state}"]`).waitFor();

/** Waits until a table shows exactly these lines. */
async function sees(page, table, expected) {
  const lines = () => Array.from(document.querySelectorAll("#TABLE tbody tr"), (line) => Array.from(line.cells, (cell) => cell.textContent).join(" "));
  const shown = String(lines).replace("TABLE", table);
  try {
    await page.waitForFunction(`JSON.stringify((${shown})()) === ${JSON.stringify(JSON.stringify(expected))}`);
  } catch (error) {
    assert.deepEqual(await page.evaluate(`(${shown})()`), expected);
    throw error;
  }
}

async function scores(page, points) {
  await page.getByLabel("Score").fill(String(points));
  await page.getByRole("button", { name: "Submit" }).click();
}

export default async function ({ server, visit, picture }) {
  const [ann, ben] = [await visit(), await visit()];
  const both = (what) => Promise.all([ann, ben].map(what));
  await both((page) => is(page, "open"));
  await both((page) => page.getByText("Nobody has played yet.").waitFor());

  // What one scores, the other sees; a name that looks like markup is text.
  await ann.getByLabel("Your name").fill("ann");
  await ann.getByText("ann is not on the board yet.").waitFor();
  await scores(ann, 10);
  await ann.getByText("10 is your best. You are at rank 1.").waitFor();
  await both((page) => sees(page, "top", ["1 ann 10"]));
  const markup = "<img src=x onerror=alert(1)> <b>ben</b>";
  await ben.getByLabel("Your name").fill(markup);
  await scores(ben, 1500);
  await both((page) => sees(page, "top", [`1 ${markup} 1,500`, "2 ann 10"]));
  await both((page) => sees(page, "around", [`1 ${markup} 1,500`, "2 ann 10"]));
  await both((page) => page.getByText("2 players", { exact: true }).waitFor());
  assert.equal(await ann.locator("main :is(img, b)").count(), 0);
  assert.equal(await ann.locator("#top tr[aria-current]").textContent(), "2ann10");

  // A worse score does not count, which is told.
  await scores(ann, 3);
  await ann.getByText("3 does not count: your best is 10. You are at rank 2.").waitFor();

  // What is refused is told in words.
  await ann.locator("#name").evaluate((name) => {
    name.form.noValidate = true;
    name.value = "x".repeat(41);
  });
  await scores(ann, 1);
  await ann.getByRole("alert").getByText("a name has 1 to 40 characters").waitFor();
  await ann.getByLabel("Your name").fill("ann");

  // The server is killed and comes back; somebody plays before the pages are there again. They go on by themselves.
  await server.kill();
  await both((page) => is(page, "lost"));
  await picture(ann, "reconnecting");
  await server.start();
  await server.call("Leaderboard/tetris/submit", { name: "cleo", points: 10 });
  await both((page) => is(page, "open"));
  await both((page) => sees(page, "top", [`1 ${markup} 1,500`, "2 ann 10", "2 cleo 10"]));
  await scores(ann, 2000);
  await both((page) => sees(page, "top", ["1 ann 2,000", `2 ${markup} 1,500`, "3 cleo 10"]));
  await both((page) => sees(page, "around", ["1 ann 2,000", `2 ${markup} 1,500`, "3 cleo 10"]));
  for (let player = 1; player <= 12; player += 1) {
    await server.call("Leaderboard/tetris/submit", { name: `player ${player}`, points: player * 100 });
  }
  await both((page) => page.getByText("15 players", { exact: true }).waitFor());
  await picture(ann, "board");

  // A page that is loaded anew knows who plays; another board is another one.
  await ann.reload();
  assert.equal(await ann.getByLabel("Your name").inputValue(), "ann");
  await ann.locator("#around tr[aria-current]").getByText("2,000").waitFor();
  await ben.goto(`${server.url}/?board=chess`);
  await ben.getByText("Nobody has played yet.").waitFor();
}
