import assert from "node:assert/strict";

export default async function (program) {
  const search = async (q, limit = 10) =>
    (await program.http("GET", `/books/search?q=${encodeURIComponent(q)}&limit=${limit}`)).body;
  const titles = async (q) => (await search(q)).map(({ title }) => title);
  const added = await program.http("POST", "/books/documents", [
    { title: "The boat builder", body: "How to build a boat of oak. Which boat for which water." },
    { title: "Bread", body: "Flour, water, salt and time. Older than the boats of the Vikings." },
    { title: "Café society", body: "<b>Who</b> sat where & who paid." },
  ]);
  assert.deepEqual(added.body, [1, 2, 3]);

  assert.deepEqual(await titles("boats"), ["The boat builder", "Bread"]);
  assert.deepEqual(await titles("buil* WATER"), ["The boat builder"]);
  assert.deepEqual(await titles("cafe"), ["Café society"]);
  assert.deepEqual(await titles('" OR ( NEAR* - title:'), []);
  assert.equal(
    (await search("who"))[0].snippet,
    "&lt;b&gt;<mark>Who</mark>&lt;/b&gt; sat where &amp; <mark>who</mark> paid.",
  );

  assert.equal((await program.http("PUT", "/books/documents/2", { title: "Cake", body: "Sugar." })).status, 204);
  assert.deepEqual(await titles("boats"), ["The boat builder"]);
  assert.deepEqual(await titles("sugar"), ["Cake"]);
  assert.equal((await program.http("DELETE", "/books/documents/1")).body, true);
  assert.equal((await program.http("DELETE", "/books/documents/1")).body, false);
  assert.deepEqual(await titles("boats"), []);

  const half = [
    { title: "Fog", body: "" },
    { title: " ", body: "" },
  ];
  assert.equal((await program.http("POST", "/books/documents", half)).status, 400);
  assert.equal((await program.http("GET", "/books/search?q=fog&limit=101")).status, 400);
  await program.restart();
  assert.deepEqual(await titles("fog"), []);
  assert.equal((await program.http("GET", "/books/documents/2")).body.title, "Cake");
  assert.equal((await program.http("GET", "/books/documents/1")).status, 404);
}
