import assert from "node:assert/strict";

export default async function (program) {
  const as = (user) => ({ "cf-access-authenticated-user-email": user });
  const http = (method, path, body, user = "ann") => program.http(method, `/users/ann${path}`, body, as(user));
  const connect = (device) => program.socket(`/users/ann?device=${device}`, as("ann"));
  const deliver = async (body) => (await http("POST", "/letters", { body }, "ben")).body;

  await http("PUT", "/profile", { name: "Ann", about: "" });
  await http("PUT", "/settings", { name: "theme", value: "dark" });
  const [phone, tablet] = [await connect("phone"), await connect("tablet")];
  const hello = { profile: { name: "Ann", about: "" }, settings: { theme: "dark" }, unread: 0, devices: ["phone"] };
  assert.deepEqual(await phone.next(), { hello });
  assert.deepEqual((await tablet.next()).hello.devices, ["phone", "tablet"]);
  assert.deepEqual(await phone.next(), { devices: ["phone", "tablet"] });

  const ids = [await deliver("one"), await deliver("two"), await deliver("three")];
  for (const device of [phone, tablet]) {
    const { letter, unread } = (await device.next()).arrived;
    assert.deepEqual([letter.sender, letter.body, letter.read, unread], ["ben", "one", false, 1]);
    await device.next();
    await device.next();
  }
  phone.send(JSON.stringify({ read: [ids[0], 99] }));
  assert.deepEqual(await tablet.next(), { read: { letters: [ids[0], 99], unread: 2 } });
  tablet.send(JSON.stringify({ set: { name: "theme" } }));
  assert.deepEqual(
    [await tablet.next(), (await phone.next()).read.unread],
    [{ setting: { name: "theme", value: null } }, 2],
  );
  assert.deepEqual((await http("GET", "/settings")).body, {});

  const page = (await http("GET", "/letters?limit=2")).body;
  assert.deepEqual([page.letters.map(({ body }) => body), page.next], [["three", "two"], ids[1]]);
  await deliver("four");
  const last = (await http("GET", `/letters?limit=2&before=${page.next}`)).body;
  assert.deepEqual([last.letters.map(({ body, read }) => [body, read]), last.next], [[["one", true]], null]);
  assert.equal((await http("GET", "/letters?limit=101")).status, 400);

  assert.equal((await phone.next()).setting.name, "theme");
  assert.equal((await phone.next()).arrived.letter.body, "four");
  phone.send("ping");
  assert.equal(await phone.text(), "pong");
  tablet.send('{"set":{"name":""}}');
  assert.equal((await tablet.closed).code, 1008);
  await program.until(
    () => http("GET", "/devices"),
    ({ body }) => body.join() === "phone",
  );
  assert.ok((await http("GET", "/seen")).body > 0);
  assert.equal((await http("GET", "/profile", undefined, "ben")).status, 403);
  await program.restart();
  assert.equal((await http("GET", "/letters/unread")).body, 3);
}
