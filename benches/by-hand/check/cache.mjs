import assert from "node:assert/strict";

export default async function (program) {
  let origin = await program.object("Origin", "price");
  const read = (query = "") => program.http("GET", `/price${query}`);
  const write = (value) => fetch(new URL("/price", program.url), { method: "PUT", body: value });
  const invalidate = () => program.http("POST", "/price/invalidate");

  await origin.store("10");
  const readers = await Promise.all(Array.from({ length: 100 }, () => read()));
  assert.ok(readers.every(({ body }) => body.value === "10" && !body.isStale));
  assert.equal(await origin.loads(), 1);

  // A write is seen by the next read, which loads nothing, and by those after a restart.
  assert.equal((await write("12")).status, 204);
  assert.equal((await read()).body.value, "12");
  await program.restart();
  assert.equal((await read()).body.value, "12");
  origin = await program.object("Origin", "price");
  assert.equal(await origin.loads(), 1);

  // A load that began before a write does not bring the old value back.
  await invalidate();
  const reading = read();
  await program.until(
    () => origin.loads(),
    (loads) => loads === 2,
  );
  const [old] = await Promise.all([reading, write("13"), write("14")]);
  assert.equal(old.body.value, "12");
  assert.equal((await read()).body.value, "14");

  // Nor does one that began during it, and ends after it.
  const writing = write("15");
  await new Promise((resolve) => setTimeout(resolve, 200));
  await Promise.all([read(), writing]);
  assert.equal((await read()).body.value, "15");

  await origin.setBroken(true);
  await invalidate();
  assert.equal((await read()).status, 502);
  assert.equal((await write("16")).status, 502);
  assert.deepEqual((await read("?stale=ok")).body, { value: "15", isStale: true });
  await origin.setBroken(false);
  assert.deepEqual((await read()).body, { value: "15", isStale: false });
}
