import assert from "node:assert/strict";

export default async function (program) {
  const acme = await program.object("Quota", "acme");
  await acme.moveTo("Pacific/Auckland");
  await assert.rejects(() => acme.moveTo("Nowhere/Town"));
  await acme.allow("requests", 20);
  await acme.allow("tokens", 10_000);
  const spend = (amounts) => program.http("POST", "/acme/charges", amounts);
  const usage = async () => (await program.http("GET", "/acme/usage")).body;
  const used = async () => (await usage()).dimensions.map(({ name, used }) => `${name} ${used}`).join(", ");

  // Midnight of a first day of a month, in Auckland.
  const { resetsAt } = await usage();
  const parts = { timeZone: "Pacific/Auckland", day: "numeric", hour: "numeric", minute: "numeric", hourCycle: "h23" };
  assert.match(new Intl.DateTimeFormat("en-GB", parts).format(resetsAt), /^1,? (at )?00:00$/);
  assert.ok(resetsAt > Date.now() && resetsAt < Date.now() + 32 * 86_400_000);

  const spent = await Promise.all(Array.from({ length: 50 }, () => spend({ requests: 1, tokens: 100 })));
  const charges = spent.filter(({ status }) => status === 200);
  assert.equal(charges.length, 20);
  assert.match(spent.find(({ status }) => status === 422).body, /^0 are left of requests until /);
  assert.equal(await used(), "requests 20, tokens 2000");

  const { charge } = charges[0].body;
  assert.equal((await program.http("DELETE", `/acme/charges/${charge}`)).status, 204);
  assert.equal((await program.http("DELETE", `/acme/charges/${charge}`)).status, 404);
  assert.equal(await used(), "requests 19, tokens 1900");
  assert.equal((await spend({ requests: 1, tokens: 9_000 })).status, 422);
  assert.match((await spend({ requests: 1, lamps: 1 })).body, /there is no quota of lamps/);
  assert.equal((await spend({ requests: -1 })).status, 400);
  await program.restart();
  assert.equal(await used(), "requests 19, tokens 1900");

  // The month begins with the first call after the boundary, and what was spent before it is not given back.
  const other = charges[1].body.charge;
  await program.skip(resetsAt - Date.now() + 1000);
  assert.equal((await program.http("DELETE", `/acme/charges/${other}`)).status, 404);
  assert.equal(await used(), "requests 0, tokens 0");
  assert.ok((await usage()).resetsAt > resetsAt + 27 * 86_400_000);
}
