import assert from "node:assert/strict";

export default async function (program) {
  const get = async (path) => (await program.http("GET", `/pump/${path}`)).body;
  const send = (method, path, body) => program.http(method, `/pump/${path}`, body);
  const connect = () => program.socket("/pump");

  // What is asked of a device that is offline waits for it, over a restart too; and is told again until it is done.
  assert.equal((await send("POST", "commands", { name: "flush", argument: "30 s" })).body, 1);
  await send("PUT", "properties/speed", "low");
  await program.restart();
  const lost = await connect();
  assert.deepEqual((await lost.next()).desired, { name: "speed", value: "low" });
  assert.equal((await lost.next()).command.id, 1);
  const device = await connect();
  assert.equal((await lost.closed).code, 4001);
  await device.next();
  assert.deepEqual((({ at, ...command }) => command)((await device.next()).command), {
    id: 1,
    name: "flush",
    argument: "30 s",
    outcome: null,
  });
  device.send(JSON.stringify({ reported: { name: "speed", value: "low" } }));
  device.send(JSON.stringify({ done: { command: 1, outcome: "flushed" } }));
  device.send(JSON.stringify({ done: { command: 1, outcome: "twice" } }));
  await program.until(
    () => get("twin"),
    ({ waiting }) => waiting === 0,
  );
  assert.equal(await get("commands/1"), "flushed");
  await send("POST", "commands", { name: "stop", argument: "" });
  assert.equal((await device.next()).command.id, 2);
  const { online, seen, waiting, properties } = await get("twin");
  assert.ok(online && seen > 0 && waiting === 1);
  assert.deepEqual(properties, [{ name: "speed", desired: "low", reported: "low" }]);

  // Telemetry: values, summaries of five minutes, and alerts.
  await send("PUT", "sensors/bar/threshold", { low: null, high: 6 });
  const minute = 60_000;
  const now = Date.now();
  const values = [
    [5, -11],
    [7, -10.9],
    [8, -10.8],
    [6, -5],
  ].map(([value, ago]) => ({ value, at: now + ago * minute, sensor: "bar" }));
  device.send(JSON.stringify({ telemetry: values }));
  const readings = await program.until(
    () => get("sensors/bar/readings?limit=10"),
    ({ length }) => length === 4,
  );
  assert.deepEqual(
    readings.map(({ value }) => value),
    [6, 8, 7, 5],
  );
  const history = await get(`sensors/bar/history?from=${now - 60 * minute}&to=${now}`);
  assert.equal(
    history.reduce((sum, summary) => sum + summary.sum, 0),
    26,
  );
  assert.ok(history.every(({ start }) => start % (5 * minute) === 0));
  assert.deepEqual(await get("alerts?limit=10"), [
    { id: 1, sensor: "bar", value: 7, began: values[1].at, ended: values[3].at },
  ]);

  // Values vanish after a day, commands after thirty, summaries after ninety; numbers of commands are never given again.
  const twin = program.object("Device", "pump");
  for (const [days, kept] of [
    [2, "0 1"],
    [29, "0 0"],
    [60, "0 0"],
  ]) {
    await program.skip(days * 86_400_000);
    const left = async () => `${(await get("sensors/bar/readings?limit=10")).length} ${(await get("twin")).waiting}`;
    assert.equal(await left(), kept);
    await twin.runAlarm();
    assert.equal(await left(), kept);
  }
  assert.deepEqual(await get(`sensors/bar/history?from=0&to=${now}`), []);
  assert.equal((await send("POST", "commands", { name: "go", argument: "" })).body, 3);

  device.send("nonsense");
  assert.equal((await device.closed).code, 1008);
  assert.equal(
    (
      await program.until(
        () => get("twin"),
        ({ online }) => !online,
      )
    ).online,
    false,
  );
  assert.equal((await send("POST", "telemetry", [{ sensor: "", value: 1 }])).status, 400);
  assert.equal((await send("GET", "alerts?limit=1001")).status, 400);
  assert.equal((await send("GET", "commands/1")).status, 404);
  assert.equal((await send("GET", "../pump")).status, 426);
}
