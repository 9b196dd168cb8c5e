// A chart in two pages, and a server that is killed between them. At any step a minute may begin: what is asked for holds in either one.

import assert from "node:assert/strict";

export const serve = (address) => ["serve", address];

const is = (page, state) => page.locator(`#status[data-state="${state}"]`).waitFor();
const isTold = (page, total) => page.locator("#total").getByText(total, { exact: true }).waitFor();

/** Waits until the bars of a chart add up to a sum, and its table does. */
async function adds(page, sum) {
  await page.waitForFunction((sum) => {
    const told = Array.from(document.querySelectorAll("#chart rect title"), (title) => Number(title.textContent.match(/: (\S+) in/)[1].replaceAll(",", "")));
    const cells = document.querySelectorAll("#minutes tbody td:nth-child(2)");
    const listed = Array.from(cells, (cell) => Number(cell.textContent.replaceAll(",", "")));
    return [told, listed].every((numbers) => numbers.reduce((all, one) => all + one, 0) === sum);
  }, sum);
}

/** The bars in which something arrived: the place and height of each on the screen. */
async function bars(page) {
  const bars = await page.locator("#chart rect:not(.empty)").all();
  return await Promise.all(bars.map((bar) => bar.boundingBox()));
}

async function sends(page, label, value) {
  await page.getByLabel("Label").fill(label);
  await page.getByLabel("Value").fill(String(value));
  await page.getByRole("button", { name: "Send" }).click();
}

export default async function ({ server, visit, picture }) {
  // Nothing is animated, and the clock of ann's page can be set.
  const still = { reducedMotion: "reduce" };
  const [ann, ben] = [await visit("/", still), await visit("/", still)];
  await ann.clock.install();
  await ann.reload();
  const both = (what) => Promise.all([ann, ben].map(what));
  await both((page) => is(page, "open"));
  await both((page) => isTold(page, "0 in 0 points"));
  await both((page) => adds(page, 0));
  assert.equal(await ann.locator("#chart rect").count(), 60);

  // What one sends, the other sees: in the total, in the chart, and by its label, which is text, whatever it looks like.
  const markup = "<img src=x onerror=alert(1)>";
  await sends(ben, markup, 1200);
  await both((page) => isTold(page, "1,200 in 1 point"));
  await both((page) => adds(page, 1200));
  await both((page) => page.locator("#top tbody tr").getByText(markup, { exact: true }).waitFor());
  assert.equal(await ann.locator("section img").count(), 0);
  const [only, ...others] = await bars(ann);
  assert.deepEqual(others, []);
  assert.ok(only.height > 100, "the highest bar is as high as the chart");

  // A minute later the bar has moved, though nothing arrived.
  await ann.clock.fastForward(60_000);
  await ann.waitForFunction((before) => document.querySelector("#chart rect:not(.empty)").getBoundingClientRect().x < before - 1, only.x);

  // The server is killed and comes back; something arrives before the pages are there again. They go on by themselves.
  await server.kill();
  await both((page) => is(page, "lost"));
  await picture(ben, "reconnecting");
  await server.start();
  const samples = ["/", "/shoes", "/hats"].map((label, place) => ({ metric: "visits", label, value: 100 * place + 1 }));
  await server.call("Analytics/shop/record", { samples });
  await both((page) => is(page, "open"));
  await both((page) => isTold(page, "1,503 in 4 points"));
  await both((page) => adds(page, 1503));
  await sends(ann, "/shoes", 1);
  await both((page) => isTold(page, "1,504 in 5 points"));
  await both((page) => adds(page, 1504));
  await ben.getByText("As a table").click();
  await picture(ben, "chart");

  // What is refused is told in words.
  await sends(ann, "/", 10 ** 13);
  await ann.getByRole("alert").getByText("a value is between").waitFor();

  // Another metric has numbers of its own.
  await ben.goto(`${server.url}/?metric=clicks`);
  await isTold(ben, "0 in 0 points");
}
