import assert from "node:assert/strict";

export default async function (program) {
  const get = async (path) => (await program.http("GET", `/team/${path}`)).body;
  const set = (name, when, channel = "general") =>
    program.http("POST", "/team/events", { event: { name, channel, text: `${name}!` }, when });
  const notices = async () => (await get("channels/general/notices?limit=1000")).map(({ event }) => event);
  const pending = async () => (await get("events")).map(({ name }) => name);
  const posted = (count) => program.until(notices, ({ length }) => length >= count);
  const scheduler = program.object("Scheduler", "team");
  await program.http("PUT", "/team/channels/general");

  // Once, in order; one that was cancelled does not come, and a restart loses and doubles none.
  const start = Date.now();
  await set("gone", { at: start + 2100 });
  assert.equal((await program.http("DELETE", "/team/events/gone")).body, true);
  assert.equal((await program.http("DELETE", "/team/events/gone")).body, false);
  for (const [name, after] of Object.entries({ c: 2400, a: 2000, b: 2200 })) await set(name, { at: start + after });
  assert.deepEqual(await pending(), ["a", "b", "c"]);
  await program.restart();
  await posted(3);
  assert.deepEqual(await notices(), ["a", "b", "c"]);

  // Repeating, in phase however late; set again it keeps its phase.
  const first = (await set("tick", { every: 60 })).body;
  await program.skip(10 * 60_000 + 5_000);
  assert.equal((await set("tick", { every: 60 })).body, first);
  await scheduler.runAlarm();
  assert.deepEqual(await notices(), ["a", "b", "c", "tick"]);
  assert.equal((await get("events"))[0].due, first + 10 * 60_000);
  const stand_up = (await set("stand-up", { cron: { expression: "30 9 * * MON-FRI", zone: "Europe/Paris" } })).body;
  const paris = { timeZone: "Europe/Paris", hour: "numeric", minute: "numeric" };
  assert.equal(new Intl.DateTimeFormat("en-GB", paris).format(stand_up), "09:30");
  await program.http("DELETE", "/team/events/tick");

  // Poison is tried again, then set aside; others go on.
  await set("poison", { after: 0 }, "nowhere");
  for (const [attempt, seconds] of [0, 2, 4, 8].entries()) {
    assert.equal((await get("events")).find(({ name }) => name === "poison").failures, attempt);
    await program.skip(seconds * 1000 + 50);
    await scheduler.runAlarm();
  }
  assert.deepEqual(await pending(), ["stand-up"]);
  const [aside] = await get("set-aside?limit=10");
  assert.equal(`${aside.event.name}: ${aside.error}`, 'poison: there is no channel "nowhere"');
  assert.equal((await program.http("POST", `/team/set-aside/${aside.id}/post`)).status, 422);
  await program.http("PUT", "/team/channels/nowhere");
  assert.equal((await program.http("POST", `/team/set-aside/${aside.id}/post`)).status, 204);
  assert.equal((await program.http("POST", `/team/set-aside/${aside.id}/post`)).status, 404);
  assert.equal((await get("channels/nowhere/notices?limit=1"))[0].text, "poison!");

  // Notices vanish after thirty days, and their numbers are never given again.
  await program.http("DELETE", "/team/events/stand-up");
  await program.skip(31 * 86_400_000);
  assert.deepEqual(await notices(), []);
  await scheduler.runAlarm();
  await set("late", { after: 0 });
  await scheduler.runAlarm();
  assert.equal((await get("channels/general/notices?limit=1"))[0].id, 6);

  const bad = [
    { every: 0 },
    { cron: { expression: "x" } },
    { cron: { expression: "0 0 * * *", zone: "No/Where" } },
    {},
  ];
  for (const when of bad) assert.equal((await set("bad", when)).status, 400);
  assert.equal((await set("", { after: 1 })).status, 400);
  assert.equal((await program.http("GET", "/team/set-aside?limit=1001")).status, 400);
}
