import assert from "node:assert/strict";

export default async function (program) {
  const acquire = (owner, lease, patience) =>
    program
      .http("POST", "/locks/door/acquire", { owner, lease, patience })
      .then(({ status, body }) => ({ status, body }));
  const release = (owner, token) => program.http("POST", "/locks/door/release", { owner, token });
  const holder = async () => (await program.http("GET", "/locks/door")).body;

  assert.equal((await acquire("ann", 0, 0)).status, 400);
  const ann = (await acquire("ann", 60_000, 0)).body;
  assert.equal(ann.token, 1);
  assert.deepEqual(await acquire("ben", 60_000, 50), { status: 409, body: "somebody else holds the lock" });

  // Four wait, the second only for a moment; they have it in order.
  const order = [];
  const waiting = [];
  for (const [owner, patience] of [
    ["b", 9_000],
    ["c", 1],
    ["d", 9_000],
    ["e", 9_000],
  ]) {
    waiting.push(acquire(owner, 300, patience).then(({ body }) => body.owner && order.push(body)));
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  assert.equal((await release("ben", 1)).status, 409);
  assert.equal((await release("ann", 1)).status, 204);
  await Promise.all(waiting);
  assert.deepEqual(
    order.map(({ owner }) => owner),
    ["b", "d", "e"],
  );
  assert.deepEqual(
    order.map(({ token }) => token),
    [2, 3, 4],
  );
  await program.until(holder, (grant) => grant === null);
  assert.equal((await release("e", 4)).body, "you do not hold the lock any more");

  const fay = (await acquire("fay", 60_000, 0)).body;
  await program.restart();
  assert.deepEqual(await holder(), fay);
  assert.equal((await acquire("guy", 1_000, 0)).status, 409);
  const renewed = await program.http("POST", "/locks/door/renew", { owner: "fay", token: 5, lease: 90_000 });
  assert.ok(renewed.body.until > fay.until && renewed.body.token === 5);

  const write = (token, value) => program.http("PUT", "/registers/door", { token, value });
  assert.equal((await write(5, "fay's")).status, 204);
  assert.deepEqual((await write(4, "e's")).body, "token 4 is stale: 5 was seen");
  assert.equal((await program.http("GET", "/registers/door")).body, "fay's");
}
