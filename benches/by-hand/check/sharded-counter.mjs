import assert from "node:assert/strict";

export default async function (program) {
  const hit = (region) => program.http("POST", `/counters/likes/hits?region=${region}`);
  const sum = async () => (await program.http("GET", "/counters/likes/sum")).body;

  const hits = (await Promise.all(Array.from({ length: 40 }, () => hit("LHR")))).map(({ body }) => body.shard);
  for (const number of [0, 1, 2, 3]) {
    assert.equal(hits.filter((shard) => shard === `likes/LHR/${number}`).length, 10);
  }
  assert.match((await hit("XXX")).body.shard, /^likes\/SFO\//);
  assert.match((await program.http("POST", "/counters/likes/hits")).body.shard, /^likes\/SFO\//);
  assert.equal((await program.http("POST", "/counters/a%2Fb/hits")).status, 422);
  assert.equal(await sum(), 42);

  await program.object("Gate", "SYD").setLimit(5);
  await program.restart();
  const answers = await Promise.all(Array.from({ length: 20 }, () => hit("SYD")));
  const counted = answers.filter(({ status }) => status === 200).length;
  assert.ok(counted >= 5 && counted <= 7, `${counted} hits in a moment`);
  const refused = answers.find(({ status }) => status === 429);
  assert.equal(refused.headers.get("retry-after"), "1");
  assert.match(refused.body, /too many hits in SYD: try again in \d+ ms/);
  assert.equal(await sum(), 42 + counted);
  await assert.rejects(program.object("Gate", "SYD").setLimit(0), /at least one hit a second/);
}
