// Streams of the client against a server: streams.mjs ADDRESS
import assert from "node:assert/strict";
import { order, url } from "./house.mjs";
import { connect, RpcError } from "./objects.mjs";

const token = "s3cret";

/** Requests that were sent, and what comes instead of an answer. */
const sent = [];
const instead = [];
const recorded = async (where, init) => {
  sent.push(init.headers);
  const answer = instead.shift();
  if (answer instanceof Error) throw answer;
  return answer ?? fetch(where, init);
};
const feed = connect({ url, token, fetch: recorded }).feed("a");

/** All items, and the error that they end with. */
async function all(stream) {
  const items = [];
  try {
    for await (const item of stream) items.push(item);
    return { items };
  } catch (error) {
    return { items, error };
  }
}

// All items in their order. Nothing is asked before they are wanted, and there is no key.
const stream = feed.words({ count: 1_000, fails: false });
assert.equal(sent.length, 0);
const { items, error: none } = await all(stream);
assert.equal(none, undefined);
assert.deepEqual(items.map(({ words }) => words.user), Array.from({ length: 1_000 }, (_, number) => `user ${number}`));
assert.equal(items[999].words.words, "é\n".repeat(999));
assert.deepEqual(await all(stream), { items: [] }, "it is read once");
assert.equal(sent.length, 1);
assert.equal(sent[0]["Idempotency-Key"], undefined);

// What goes wrong before the first item, and behind the last one.
let { items: before, error } = await all(feed.words({ count: 0, fails: false }));
assert.ok(error instanceof RpcError);
assert.deepEqual([before, error.kind, error.status, error.error], [[], "handler", 422, "Empty"]);
({ items: before, error } = await all(feed.words({ count: 3, fails: true })));
assert.ok(error instanceof RpcError);
assert.deepEqual([before.length, error.kind, error.detail], [3, "invalid", "there are no more"]);
assert.match(error.requestId, /^[0-9a-f-]{36}$/);
({ error } = await all(feed.words({ count: "three", fails: true })));
assert.deepEqual([error.status, error.field], [422, "count"]);

/** Waits until so many streams have ended at the server. */
async function ended(count) {
  while ((await feed.ended()) < count) await new Promise(setImmediate);
}

// Whoever leaves the loop, or aborts, ends it.
for await (const number of feed.forever()) if (number === 3) break;
await ended(1);
const controller = new AbortController();
let last;
const reason = new Error("enough");
await assert.rejects(async () => {
  for await (const number of feed.forever({ signal: controller.signal })) {
    last = number;
    if (number === 5) controller.abort(reason);
  }
}, reason);
assert.equal(last, 5);
await ended(2);
await assert.rejects(feed.forever({ signal: controller.signal }).next(), reason);
const waiting = new AbortController();
instead.push(answer([`{"item":1}\n`], { stays: true }));
const quiet = feed.forever({ signal: waiting.signal });
assert.equal((await quiet.next()).value, 1);
const never = quiet.next();
waiting.abort(reason);
await assert.rejects(never, reason);

/** An answer in these pieces. */
function answer(pieces, { stays = false } = {}) {
  const chunks = pieces.map((piece) => (typeof piece === "string" ? new TextEncoder().encode(piece) : piece));
  const body = new ReadableStream({
    pull(to) {
      if (chunks.length > 0) to.enqueue(chunks.shift());
      else if (!stays) to.close();
    },
  });
  return new Response(body, { headers: { "Content-Type": "application/x-ndjson" } });
}

// However it is cut into pieces; and without its last line it is not whole.
const whole = new TextEncoder().encode(`{"item":"é"}\n{"item":[1,2]}\n{"end":true}\n`);
instead.push(answer(Array.from(whole, (byte) => new Uint8Array([byte]))));
assert.deepEqual(await all(feed.forever()), { items: ["é", [1, 2]] });
for (const [pieces, kind, retryable] of [
  [[`{"item":1}\n`], "unavailable", true],
  [[`{"item":1}\n{"end":tr`], "unavailable", true],
  [[`{"item":1}\n<html>\n`], "internal", false],
]) {
  instead.push(answer(pieces));
  const { items, error } = await all(feed.forever());
  assert.deepEqual([items, error.kind, error.retryable], [[1], kind, retryable]);
}

// It is asked for again until it begins, if that is harmless.
const begun = connect({ url, token, fetch: recorded }).feed("b");
instead.push(new TypeError("fetch failed"), new Response("", { status: 503 }));
assert.equal((await all(feed.words({ count: 2, fails: false }))).items.length, 2);
instead.push(new TypeError("fetch failed"));
({ error } = await all(begun.begin()));
assert.deepEqual([error.kind, error.status], ["unavailable", 0]);
assert.deepEqual(await all(begun.begin()), { items: [1] });

// The server goes in the middle.
const cut = feed.forever();
assert.equal((await cut.next()).value, 0);
await order("stop");
({ error } = await all(cut));
assert.ok(error instanceof RpcError);
assert.equal(error.kind, "unavailable");
await order("start");
assert.deepEqual(await all(begun.begin()), { items: [2] });
process.stdin.destroy();
