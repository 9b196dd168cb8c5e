import assert from "node:assert/strict";

export default async function (program) {
  const record = (...samples) => program.http("POST", "/sites/shop/points", samples);
  const get = async (path) => (await program.http("GET", `/sites/shop/${path}`)).body;
  const sample = (label, value) => ({ metric: "sold", label, value });

  assert.equal(await get("sold/total"), null);
  await Promise.all(Array.from({ length: 50 }, (_, n) => record(sample("tea", n), sample("cup", 1))));
  assert.deepEqual(await get("sold/total"), { metric: "sold", count: 100, sum: 1225 + 50 });
  assert.equal((await record(sample("tea", 1), sample("", 1))).status, 400);
  assert.equal((await record(sample("tea", 1e13))).status, 400);
  assert.deepEqual((await get("sold/top?limit=1"))[0], { metric: "sold", label: "tea", count: 50, sum: 1225 });
  assert.equal((await program.http("GET", "/sites/shop/sold/top?limit=10001")).status, 400);

  await program.restart();
  assert.equal((await get("sold/points?limit=7")).length, 7);
  const minutes = await get("sold/latest?span=minute&buckets=60");
  assert.equal(minutes.length, 60);
  assert.ok(minutes.every(({ start }, n) => start === minutes[0].start + n * 60_000));
  assert.equal(
    minutes.reduce((sum, bucket) => sum + bucket.sum, 0),
    1275,
  );
  const day = `from=${Date.now() - 24 * 3_600_000}&to=${Date.now() + 3_600_000}`;
  const hours = await get(`sold/series?span=hour&${day}&gaps=skip`);
  assert.equal(hours.at(-1).sum + (hours.length > 1 ? hours[0].sum : 0), 1275);
  const long = await program.http("GET", "/sites/shop/sold/series?span=minute&from=0&to=600060000&gaps=zero");
  assert.deepEqual([long.status, long.body], [422, "a series has at most 10000 buckets, not 10001"]);

  await program.skip(3 * 24 * 3_600_000);
  assert.equal((await get("sold/points?limit=7")).length, 0);
  const before = await get(`sold/series?span=hour&${day}&gaps=skip`);
  await program.object("Analytics", "shop").runAlarm();
  assert.deepEqual(await get(`sold/series?span=hour&${day}&gaps=skip`), before);
  assert.deepEqual(await get(`sold/series?span=minute&${day}&gaps=skip`), []);
  assert.equal((await get("sold/total")).sum, 1275);
}
