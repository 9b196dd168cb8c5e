import assert from "node:assert/strict";

export default async function (program) {
  const http = (method, path, body) => program.http(method, `/servers/eu:1/matches${path}`, body);
  const create = async (seats = 2, goal = 10) => (await http("POST", "", { map: "hills", seats, goal })).body;

  const first = await create();
  assert.deepEqual([first.number, first.winner], [1, null]);
  assert.equal((await http("POST", "", { map: "hills", seats: 65, goal: 1 })).status, 400);
  assert.equal((await create()).number, 2);
  assert.deepEqual(
    (await http("GET", "?after=1&limit=5")).body.map(({ number }) => number),
    [2],
  );

  assert.equal((await http("GET", "/1/game")).status, 404);
  const players = ["ann", "ben", "cid"];
  const joined = await Promise.all(players.map((player) => http("POST", "/1/players", { player })));
  assert.deepEqual(joined.map(({ status }) => status).sort(), [200, 200, 422]);
  assert.equal((await http("POST", "/9/players", { player: "ann" })).body, "there is no such match");
  const [player] = Object.keys((await http("GET", "/1/game")).body.points);
  assert.equal((await http("POST", "/1/points", { player, points: 9 })).body.winner, null);
  assert.equal((await http("POST", "/1/points", { player: "eve", points: 9 })).status, 422);
  assert.equal((await http("POST", "/1/points", { player, points: 1 })).body.winner, player);
  assert.equal((await http("POST", "/1/points", { player, points: 1 })).body, "this match is over");
  await program.until(
    () => http("GET", "/1"),
    ({ body }) => body.winner === player,
  );

  await program.restart();
  assert.equal((await http("DELETE", "/1")).status, 204);
  assert.equal((await http("DELETE", "/1")).status, 404);
  await program.until(
    () => http("GET", "/1/game"),
    ({ status }) => status === 404,
  );
  assert.equal((await http("POST", "/1/players", { player })).status, 404);
  await http("DELETE", "/2");
  assert.equal((await create()).number, 3); // no number is given again
  await program.skip(3_700_000);
  await program.object("Match", "eu:1:1").runAlarm();
  assert.equal((await http("POST", "/1/players", { player })).body, "there is no such match");
}
