import assert from "node:assert/strict";

export default async function (program) {
  const upstream = await program.object("Upstream", "upstream");
  const ask = (question) => program.http("GET", `/lookups/${question}`);
  const askAtOnce = (question) => Promise.all(Array.from({ length: 100 }, () => ask(question)));

  const answers = await askAtOnce("why");
  assert.equal(await upstream.calls(), 1);
  assert.ok(answers.every(({ status, body }) => status === 200 && body === "why? Answer 1."));
  await program.restart();
  assert.equal((await ask("why")).body, "why? Answer 1.");

  assert.equal((await program.http("DELETE", "/lookups/why")).status, 204);
  assert.equal((await ask("why")).body, "why? Answer 2.");

  const again = await program.object("Upstream", "upstream");
  await again.setBroken(true);
  const failures = await askAtOnce("when");
  assert.ok(failures.every(({ status, body }) => status === 502 && body === "upstream does not answer"));
  assert.equal(await again.calls(), 3);
  await again.setBroken(false);
  assert.equal((await ask("when")).body, "when? Answer 4.");
}
