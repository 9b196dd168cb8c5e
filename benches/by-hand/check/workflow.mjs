import assert from "node:assert/strict";

export default async function (program) {
  const [shelf, bank, carrier] = [
    ["Warehouse", "lamp"],
    ["Bank", "bank"],
    ["Carrier", "carrier"],
  ].map(([kind, name]) => program.object(kind, name));
  await shelf.deliver(10);
  await bank.deposit("ann", 10_000);
  const holdings = async () => [await shelf.left(), await bank.balance("ann"), await carrier.underway()];
  const purchase = { item: "lamp", quantity: 2, cents: 4_000, account: "ann", address: "Rose Lane 3" };
  const place = (order, changes) => program.http("PUT", `/orders/${order}`, { ...purchase, ...changes });
  const progress = async (order) => (await program.http("GET", `/orders/${order}`)).body;
  const end = (order, is) =>
    program.until(
      () => progress(order),
      ({ state }) => state.is === is,
      30,
    );
  const told = ({ log }) => log.map(({ step, outcome }) => `${step} ${outcome.failed ?? Object.keys(outcome)[0]}`);

  // Placed twice, each step is taken once.
  await Promise.all([place("1"), place("1")]);
  assert.deepEqual(told(await end("1", "complete")), ["reserve done", "charge done", "ship done"]);
  assert.deepEqual(await holdings(), [8, 6_000, 1]);
  assert.equal((await place("1", { quantity: 3 })).status, 409);

  // Nor does a partner do it twice, or after it was undone.
  assert.deepEqual(await shelf.reserve("1", 2), { receipt: "2 put aside for 1" });
  await bank.refund("never");
  assert.deepEqual(await bank.charge("never", "ann", 1), { refused: "this was undone before" });
  assert.deepEqual(await holdings(), [8, 6_000, 1]);

  // A refusal undoes what came before it.
  await place("2", { address: "nowhere" });
  const cancelled = await end("2", "cancelled");
  assert.equal(cancelled.log[2].outcome.failed, "the carrier does not go there");
  assert.deepEqual(
    cancelled.log.slice(3).map(({ step, outcome }) => `${step} ${outcome}`),
    ["charge undone", "reserve undone"],
  );
  await place("3", { quantity: 9 });
  assert.equal((await end("3", "cancelled")).log[0].outcome.failed, "only 8 of them are left");
  assert.deepEqual(await holdings(), [8, 6_000, 1]);

  // A partner who is away is tried again, over a restart too.
  await carrier.setClosed(true);
  await place("4");
  await end("4", "taking");
  await program.until(
    async () => (await progress("4")).log.length,
    (length) => length === 2,
  );
  await program.restart();
  await carrier.setClosed(false);
  await end("4", "complete");
  assert.deepEqual(await holdings(), [6, 2_000, 2]);

  // One who stays away is undone; and where that does not work either, somebody has to look.
  await carrier.setClosed(true);
  await bank.deposit("ann", 4_000);
  await place("5");
  const order = program.object("Order", "5");
  await program.until(
    async () => (await progress("5")).log.length,
    (length) => length === 2,
  );
  for (let attempt = 0; attempt < 6; attempt++) await order.runAlarm();
  assert.deepEqual((await progress("5")).state, { is: "undoing", step: "ship" });
  assert.equal((await program.http("POST", "/orders/5/resume")).status, 422);
  for (let attempt = 0; attempt < 101; attempt++) await order.runAlarm();
  assert.deepEqual((await progress("5")).state, { is: "stuck", step: "ship" });
  await carrier.setClosed(false);
  assert.equal((await program.http("POST", "/orders/5/resume")).status, 204);
  await end("5", "cancelled");
  assert.deepEqual(await holdings(), [6, 6_000, 2]);

  assert.equal((await place("6", { quantity: 0 })).status, 400);
  assert.equal((await program.http("GET", "/orders/6")).status, 404);
}
