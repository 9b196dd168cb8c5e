import assert from "node:assert/strict";

export default async function (program) {
  const ann = program.object("User", "ann");
  const [phone, browser] = [await ann.signIn("phone"), await ann.signIn("browser")];
  const at = (session, path) => `/users/ann/sessions/${session.token}${path}`;

  const add = (sku, quantity) => program.http("POST", at(phone, "/cart"), { sku, quantity });
  assert.equal((await add("tea", 2)).body, 2);
  assert.equal((await add("tea", 3)).body, 5);
  const tooMany = await add("tea", 995);
  assert.deepEqual([tooMany.status, tooMany.body], [422, "a cart has 1 to 999 pieces of one thing"]);
  assert.equal((await add("cup", 0)).status, 422);
  assert.equal((await add("", 1)).status, 400);
  assert.equal((await add("cup", 1.5)).status, 400);
  assert.deepEqual((await program.http("GET", at(phone, "/cart"))).body, [
    { session: phone.id, sku: "tea", quantity: 5 },
  ]);
  assert.deepEqual((await program.http("GET", at(browser, "/cart"))).body, []);

  await program.restart();
  const devices = (await program.http("GET", at(phone, "/devices"))).body;
  assert.deepEqual(
    devices.map(({ device }) => device),
    ["phone", "browser"],
  );
  assert.ok(devices[0].ends > phone.ends && !("token" in devices[0]));
  assert.equal((await program.http("DELETE", at(phone, "/cart/tea"))).body, true);
  assert.equal((await program.http("DELETE", at(phone, "/cart/tea"))).body, false);
  assert.equal((await program.http("DELETE", at(phone, ""))).status, 204);
  const gone = await program.http("GET", at(phone, "/cart"));
  assert.deepEqual([gone.status, gone.body], [401, "there is no such session, or it has ended: sign in"]);

  await program.skip(23 * 3_600_000);
  assert.equal((await program.http("GET", at(browser, "/cart"))).status, 200); // it lives for another day
  await program.skip(23 * 3_600_000);
  const late = await ann.signIn("late");
  await program.skip(2 * 3_600_000);
  assert.equal((await program.http("GET", at(browser, "/cart"))).status, 401);
  await ann.runAlarm();
  assert.deepEqual((await program.http("GET", at(late, "/devices"))).body[0].device, "late");
}
