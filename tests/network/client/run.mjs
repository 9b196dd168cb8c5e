// The client against a server: run.mjs URL TOKEN
import assert from "node:assert/strict";
import { connect, RpcError } from "./objects.mjs";

const [url, token] = process.argv.slice(2);

/** Requests that were sent, and what comes instead of an answer. */
const sent = [];
const instead = [];
const recorded = async (where, init) => {
  sent.push({ where, headers: init.headers });
  const answer = instead.shift();
  if (answer instanceof Error) throw answer;
  return answer ?? fetch(where, init);
};
const objects = connect({ url, token: () => token, fetch: recorded });
const book = objects.described("a/b é?#");

// Results of all kinds.
const entry = await book.write({ text: "hello", bytes: [1, 2], note: "first" });
assert.deepEqual(entry, {
  id: 1,
  writtenAt: 1000,
  tags: ["hello"],
  "reply-to": { id: 0, writtenAt: 1000, tags: ["first"], "reply-to": null, extra: { any: [1, "thing"] }, kind: { picture: { width: 3, alt: null } } },
  extra: { any: [1, "thing"] },
  kind: { picture: { width: 3, alt: null } },
});
assert.equal(await book.count(), 1);
assert.equal(await book.count({ of: 4 }), 5);
assert.equal(await book.clear(), null);
assert.deepEqual(await book.pages(), [{ items: ["a"], next: 2 }, { items: ["plain"], next: null }]);
const id = await book.id_of();
assert.match(id, /^[0-9a-f]{64}$/);
assert.equal(await objects.described({ id }).id_of(), id);
const uuid = "00000000-0000-0000-0000-000000000007";
const map = { one: "plain", two: { pair: [1, "w"] }, three: { link: "l" }, four: { picture: { width: 1, alt: "x" } } };
for (const event of [{ type: "Opened" }, { type: "Written", data: entry }, { type: "Moved", data: [1, -2] }]) {
  for (const loose of [7, "seven"]) {
    assert.deepEqual(await book.mirror({ ids: [uuid, id, 5], map, event, loose }), [[uuid, id, 5], map, event, loose]);
  }
}
// Whole numbers are exact up to 2^53.
assert.deepEqual((await book.mirror({ ids: [uuid, id, 2 ** 53], map, event: { type: "Opened" }, loose: 1 }))[0][2], 2 ** 53);

// Errors.
const failed = async (call) => {
  const outcome = await call.outcome();
  assert.equal(outcome.ok, false);
  assert.ok(outcome.error instanceof RpcError && outcome.error instanceof Error);
  return outcome.error;
};
let error = await failed(book.write({ text: "", bytes: [] }));
assert.deepEqual([error.kind, error.status, error.detail, error.error], ["handler", 422, "there is nothing in it", "Empty"]);
error = await failed(book.write({ text: "much too long", bytes: [] }));
assert.deepEqual([error.error, error.retryable, error.message], [{ TooLong: { most: 10 } }, false, "it is longer than 10"]);
assert.deepEqual([error.status, error.retryAfter], [413, undefined]);
error = await failed(book.write({ text: "a", bytes: Array.from(new TextEncoder().encode("refuse")) }));
assert.deepEqual([error.kind, error.error, error.detail], ["invalid", undefined, "these are refused"]);
error = await failed(book.write({ text: 7, bytes: [] }));
assert.deepEqual([error.kind, error.status, error.field], ["invalid", 422, "text"]);
assert.match(error.requestId, /^[0-9a-f-]{36}$/);
await assert.rejects(book.write({ text: "", bytes: [] }), (thrown) => thrown instanceof RpcError && thrown.error === "Empty");
error = await failed(connect({ url, token: "wrong" }).described("a").count());
assert.deepEqual([error.kind, error.status], ["denied", 401]);
await assert.rejects(book.write({ text: 1n, bytes: [] }), TypeError);
for (const name of ["", ".", ".."]) assert.throws(() => objects.described(name), TypeError);
assert.deepEqual(await objects.described("by-id").count(), 0);

// Without an answer: tried again under one key, and applied once.
sent.length = 0;
assert.equal(await objects.described("shaky").shaky(), 1);
assert.equal(sent.length, 3);
const keys = sent.map(({ headers }) => headers["Idempotency-Key"]);
assert.match(keys[0], /^[0-9a-f-]{36}$/);
assert.deepEqual(new Set(keys).size, 1);

const lobby = objects.described("lobby");
for (const answer of [
  new TypeError("fetch failed"),
  new Response("busy", { status: 503, headers: { "Retry-After": "0" } }),
  new Response("busy", { status: 429 }),
]) {
  sent.length = 0;
  instead.push(answer);
  assert.equal(await lobby.count(), 0);
  assert.deepEqual(sent.map(({ headers }) => headers["Idempotency-Key"]), [undefined, undefined]);
}
// What writes is not tried again without a key.
sent.length = 0;
instead.push(new TypeError("fetch failed"));
error = await failed(lobby.write({ text: "a", bytes: [] }, { retries: 0 }));
assert.deepEqual([error.kind, error.status, error.retryable, sent.length], ["unavailable", 0, true, 1]);
assert.ok(error.cause instanceof TypeError);
assert.equal(sent[0].headers["Idempotency-Key"], undefined);
// Nor what failed for good, nor for ever.
sent.length = 0;
instead.push(new Response("<html>", { status: 500 }));
error = await failed(lobby.count());
assert.deepEqual([error.kind, error.status, sent.length], ["internal", 500, 1]);
sent.length = 0;
instead.push(...Array.from({ length: 3 }, () => new Response("", { status: 503 })));
error = await failed(lobby.count({}, { retries: 2 }));
assert.deepEqual([error.kind, error.status, sent.length], ["unavailable", 503, 3]);
// Nor a method's own error, whatever its status.
const told = { kind: "handler", detail: "later", status: 429, retryable: true, retry_after: 3, error: null };
for (const status of [429, 503]) {
  sent.length = 0;
  instead.push(new Response(JSON.stringify(told), { status, headers: { "Retry-After": "3" } }));
  error = await failed(lobby.count());
  assert.deepEqual([error.error, error.status, error.retryable, error.retryAfter, sent.length], [null, status, true, 3000, 1]);
}
// A key of one's own.
const again = () => lobby.write({ text: "once", bytes: [] }, { idempotencyKey: "mine" });
assert.deepEqual((await again()).id, (await again()).id);

// Given up.
error = await failed(lobby.sleep({ timeout: 50 }));
assert.deepEqual([error.kind, error.status, error.retryable], ["deadline", 0, true]);
const controller = new AbortController();
const sleeping = lobby.sleep({ signal: controller.signal });
controller.abort(new Error("enough"));
await assert.rejects(sleeping, /enough/);
await assert.rejects(lobby.sleep({ signal: controller.signal }).outcome(), /enough/);
instead.push(new Response("", { status: 503, headers: { "Retry-After": "60" } }));
error = await failed(lobby.count({}, { timeout: 50 }));
assert.deepEqual([error.kind, error.status], ["deadline", 0], "it does not wait longer than it may");
