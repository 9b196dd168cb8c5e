import assert from "node:assert/strict";

export default async function (program) {
  const ann = program.object("RateLimiter", "ann");
  await ann.setLimit("search", { most: 3, window: 1_000 });
  await assert.rejects(() => ann.setLimit("search", { most: 0, window: 1 }), /at least one hit/);

  const hits = Array.from({ length: 20 }, () => program.http("POST", "/clients/ann/search"));
  const answers = await Promise.all(hits);
  assert.deepEqual(
    answers
      .filter(({ status }) => status === 200)
      .map(({ body }) => body.remaining)
      .sort(),
    [0, 1, 2],
  );
  const refused = answers.filter(({ status }) => status === 429);
  assert.equal(refused.length, 17);
  assert.equal(refused[0].headers.get("retry-after"), "1");
  assert.match(refused[0].body, /more than 3 hits in 1000 ms: try again in \d+ ms/);

  const other = await program.http("POST", "/clients/ann/a/b");
  assert.deepEqual(other.body, { remaining: 59 });
  await program.skip(1_000);
  assert.equal((await program.http("POST", "/clients/ann/search")).status, 200);

  await ann.setLimit("search", { most: 1, window: 3_600_000 });
  await program.restart();
  assert.equal((await program.http("POST", "/clients/ann/search")).status, 429);
  await program.skip(3_600_000);
  await ann.runAlarm();
  assert.equal((await program.http("POST", "/clients/ann/search")).status, 200);
  assert.equal((await program.http("GET", "/nothing")).status, 404);
}
