import assert from "node:assert/strict";

export default async function (program) {
  const [lobby, moderator] = [program.object("ChatRoom", "lobby"), program.object("Moderator", "house")];
  const get = async (path) => (await program.http("GET", `/rooms/lobby/${path}`)).body;
  const post = (author, body) => program.http("POST", "/rooms/lobby/messages", { author, body });

  const [ann, phone, ben] = await Promise.all(
    ["ann", "ann", "ben"].map((user) => program.socket(`/rooms/lobby?user=${user}`)),
  );
  assert.deepEqual(await get("present"), ["ann", "ben"]);
  await assert.rejects(program.socket("/rooms/lobby?user="), /422/);
  for (let n = 1; n <= 59; n++) await post("cid", `${n}`);
  ann.send("hello");
  for (const socket of [ann, phone, ben]) {
    for (let n = 1; n <= 59; n++) assert.equal((await socket.next()).body, `${n}`);
    const { id, author, body } = await socket.next();
    assert.deepEqual([id, author, body], [60, "ann", "hello"]);
  }
  const messages = await get("messages");
  assert.deepEqual([messages.length, messages[0].body, messages[49].body], [50, "hello", "11"]);
  assert.equal((await get("messages?author=ann&limit=9")).length, 1);

  assert.deepEqual(
    [(await post("cid", "")).body, (await post("cid", "é".repeat(4000))).status],
    ["a message needs a body", 200],
  );
  ben.send("x".repeat(4001));
  assert.deepEqual(await ben.closed, { code: 1008, reason: "a message has at most 4000 characters, not 4001" });
  phone.close();
  await program.until(
    () => get("present"),
    (users) => users.join() === "ann",
  );
  ann.send("\u0005");
  await ann.next();
  assert.equal(await ann.text(), "\u0006");

  assert.equal(await get("topic"), "all about lobby");
  const line = { id: 7, room: "lobby", author: "dan", body: "once", time: Date.now() };
  assert.deepEqual([await lobby.import([line, { ...line, id: 8 }]), await lobby.import([line])], [2, 0]);
  await assert.rejects(
    lobby.import([
      { ...line, id: 9 },
      { ...line, id: 10, body: "" },
    ]),
  );
  assert.equal((await lobby.stats()).messages, 63);
  assert.equal((await lobby.forward("cellar")).body, "once");

  await lobby.report(60, "too loud");
  await program.restart();
  const [report] = await program.until(
    () => moderator.open(),
    (reports) => reports.length === 1,
  );
  assert.deepEqual([report.room, report.message.body, report.reason], ["lobby", "hello", "too loud"]);
  await moderator.close(report.id, "upheld");
  await assert.rejects(moderator.close(report.id, "dismissed"), /closed already/);
  await program.until(
    () => get("messages?author=ann"),
    (messages) => messages.length === 0,
  );

  assert.equal(await get("digest"), null);
  await program.skip(24 * 3_600_000 + 1_000);
  await lobby.runAlarm();
  assert.deepEqual([(await get("digest")).messages, (await get("digest")).authors], [62, 2]);
  await program.skip(30 * 24 * 3_600_000);
  await lobby.runAlarm();
  assert.equal((await lobby.stats()).messages, 0);
}
