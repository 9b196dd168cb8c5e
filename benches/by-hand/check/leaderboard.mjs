import assert from "node:assert/strict";

export default async function (program) {
  const submit = (name, points) => program.http("POST", "/tetris/scores", { name, points });
  const get = async (path) => (await program.http("GET", `/tetris/${path}`)).body;

  // 100,000 players, with ties, and the ranks that counting gives.
  const points = Array.from({ length: 100_000 }, (_, n) => Math.imul(n, 2_654_435_761) >>> 12);
  const crowd = points.map((points, n) => ({ name: `player ${n}`, points }));
  const board = await program.object("Leaderboard", "tetris");
  for (let n = 0; n < crowd.length; n += 5_000) await board.submitAll(crowd.slice(n, n + 5_000));
  assert.equal(await get("players"), 100_000);
  const sorted = crowd.toSorted((a, b) => b.points - a.points || (a.name < b.name ? -1 : 1));
  const rank = (points) => 1 + sorted.findIndex((player) => player.points === points);
  for (const n of [0, 1, 777, 50_000, 99_999]) {
    const { name, points } = sorted[n];
    assert.deepEqual(await get(`players/${name}`), { rank: rank(points), name, points });
    const around = sorted.slice(Math.max(0, n - 3), n + 4).map((player) => ({ rank: rank(player.points), ...player }));
    assert.deepEqual(await get(`players/${name}/neighbours?each=3`), around);
  }

  // Ties share a rank, and only the best score counts.
  for (const [name, points] of [
    ["ann", 9],
    ["ben", 7],
    ["cleo", 7],
    ["dora", 5],
    ["ann", 2],
    ["eve", 3],
    ["dora", 6],
  ]) {
    await program.http("POST", "/chess/scores", { name, points: points + 0xffff_fff0 - 9 });
  }
  const top = (await program.http("GET", "/chess/top?limit=10")).body;
  assert.deepEqual(
    top.map(({ rank, name }) => `${rank} ${name}`),
    ["1 ann", "2 ben", "2 cleo", "4 dora", "5 eve"],
  );
  const chess = await program.object("Leaderboard", "chess");
  assert.equal(await chess.remove("ben"), true);
  assert.equal((await program.http("GET", "/chess/players/dora")).body.rank, 3);
  assert.equal((await program.http("GET", "/chess/players/eve")).body.rank, 4);

  assert.equal((await submit("", 1)).status, 400);
  assert.equal((await submit("eve", 2 ** 32)).status, 400);
  assert.equal((await program.http("GET", "/tetris/top?limit=1001")).status, 400);
  assert.equal((await program.http("GET", "/tetris/players/nobody")).status, 404);
}
