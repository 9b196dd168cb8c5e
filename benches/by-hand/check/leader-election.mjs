import assert from "node:assert/strict";

export default async function (program) {
  const heartbeat = async (name) => (await program.http("POST", "/groups/g/heartbeat", { name })).body;
  const release = (name, term) => program.http("POST", "/groups/g/release", { name, term });
  const get = async (path) => (await program.http("GET", `/groups/g/${path}`)).body;

  assert.equal(await get("leader"), null);
  const leaders = await Promise.all(["ann", "ben", "cid"].map(heartbeat));
  assert.equal(new Set(leaders.map(({ name }) => name)).size, 1);
  assert.equal(leaders[0].term, 1);
  const [first, second, third] = await get("members");

  assert.equal((await release(second, 1)).status, 409);
  assert.equal((await release(first, 0)).status, 409);
  assert.equal((await release(first, 1)).status, 204);
  await program.restart();
  assert.deepEqual([(await get("leader")).name, (await get("leader")).term], [second, 2]);

  // Only the third is heard once more: it follows by itself.
  setTimeout(() => heartbeat(third), 2_000);
  const failedOver = await program.until(
    () => get("leader"),
    (leader) => leader?.name === third,
  );
  assert.equal(failedOver.term, 3);
  assert.deepEqual(await get("members"), [third]);
  assert.equal((await program.http("POST", "/groups/g/heartbeat", { name: "" })).status, 400);
}
