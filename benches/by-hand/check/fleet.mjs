import assert from "node:assert/strict";

export default async function (program) {
  const at = (path) => `/nodes/${encodeURIComponent(path)}`;
  const create = (path, name) => program.http("POST", `${at(path)}/children`, { name });
  const info = async (path) => (await program.http("GET", at(path))).body;

  assert.deepEqual(await info("/"), { path: "/", status: "new", children: [] });
  assert.equal((await create("/", "team")).body, "/team");
  for (const name of ["a", "b", "c"]) assert.equal((await create("/team", name)).body, `/team/${name}`);
  for (const name of ["x", "y"]) await create("/team/a", name);
  assert.deepEqual([(await create("/team", "a")).status, (await create("/nowhere", "a")).status], [409, 404]);
  for (const name of ["", "..", ".x", "a/b", "a%2Fb", "é", "x".repeat(65)]) {
    assert.equal((await create("/team", name)).status, 422, name);
  }
  assert.equal((await program.http("GET", at("/team/../team"))).body, "there is nobody at this path");

  assert.equal((await program.http("PUT", `${at("/team/a/x")}/status`, { status: "busy" })).status, 204);
  await program.until(
    () => info("/team/a"),
    ({ children }) => children[0].status === "busy",
  );
  assert.equal((await program.http("PUT", `${at("/team/a")}/status`, { status: "x".repeat(201) })).status, 400);

  assert.equal((await program.http("DELETE", `${at("/")}/children/team`)).status, 204);
  await program.restart(); // in the middle
  await program.until(
    () => info("/"),
    ({ children }) => children.length === 0,
  );
  for (const path of ["/team", "/team/a", "/team/a/y"]) assert.equal((await program.http("GET", at(path))).status, 404);

  assert.equal((await create("/", "team")).body, "/team"); // another one under the old name
  assert.deepEqual((await info("/team")).children, []);
  await program.skip(3_700_000);
  await program.object("Node", "/team").runAlarm();
  await program.object("Node", "/team/a").runAlarm();
  assert.equal((await create("/team", "a")).status, 200);
  assert.deepEqual((await info("/team/a")).children, []);
}
