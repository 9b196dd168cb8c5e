// Live queries of the client against a server: live.mjs ADDRESS
import assert from "node:assert/strict";
import { order, seen, Told, url, Way } from "./house.mjs";
import { connect, RpcError } from "./objects.mjs";

const token = "s3cret";
const none = (error) => assert.fail(error);

/** Every WebSocket that is made. */
const made = [];
class Seen extends WebSocket {
  constructor(...args) {
    super(...args);
    made.push(this);
  }
}
const connections = new Told();
const objects = connect({ url, token: async () => token, webSocket: Seen, onConnection: connections.take });
const talk = objects.talk("a/b é?#");

// The answer at once, and each one that is another.
const last = new Told();
const watch = talk.last.watch({ most: 2 }, last.take, { onError: none });
assert.deepEqual(await last.next(), []);
assert.equal(await connections.next(), "open");
await talk.add({ line: "one" });
assert.deepEqual(await last.next(), ["one"]);
await talk.add({ line: "two" });
assert.deepEqual(await last.next(), ["one", "two"]);
assert.deepEqual(await talk.last({ most: 1 }), ["two"], "it is a call too");

// Many over one connection; by id too. What is closed is told nothing.
const counts = new Told();
const controller = new AbortController();
talk.count.watch(counts.take, { onError: none, signal: controller.signal });
const { count } = objects.talk("other");
const others = new Told();
const other = count.watch(others.take, { onError: none });
assert.equal(await counts.next(), 2);
assert.equal(await others.next(), 0);
assert.equal(made.length, 1);
controller.abort();
await talk.add({ line: "three" });
assert.deepEqual(await last.next(), ["two", "three"]);
counts.empty();
assert.throws(() => talk.count.watch(none, { signal: controller.signal }), { name: "AbortError" });
assert.throws(() => talk.last.watch({ most: 1n }, none), TypeError);

// An error is told once, with its type, and then what comes after it. What a callback throws is its own.
const errors = new Told();
const thrown = new Told();
process.on("uncaughtException", thrown.take);
const answers = new Told();
const failing = talk.last.watch(
  { most: 1 },
  (answer) => {
    answers.take(answer);
    throw new Error("mine");
  },
  { onError: errors.take },
);
watch.close();
assert.deepEqual(await answers.next(), ["three"]);
assert.equal((await thrown.next()).message, "mine");
await talk.close({ closed: true });
const error = await errors.next();
assert.ok(error instanceof RpcError);
assert.deepEqual([error.kind, error.status, error.error, error.detail], ["handler", 422, "Empty", "there is nothing in it"]);
await talk.add({ line: "unseen" });
await talk.close({ closed: false });
assert.deepEqual(await answers.next(), ["unseen"]);
await thrown.next();
process.off("uncaughtException", thrown.take);
errors.empty();
failing.close();
talk.last.watch({ most: "two" }, none, { onError: errors.take }).close();
const wrong = talk.last.watch({ most: "two" }, none, { onError: errors.take });
const refused = await errors.next();
assert.deepEqual([refused.kind, refused.status, refused.field], ["invalid", 422, "most"]);
wrong.close();

// What may be tried again is.
const moods = new Told();
const moody = talk.moody.watch(moods.take, { onError: none });
assert.equal(await moods.next(), 2);
moody.close();

// The server goes, and comes back: what is the same is not told again, and what has changed meanwhile is.
const back = new Told();
const present = new Told();
const watches = [talk.count.watch(back.take, { onError: none }), talk.present.watch(present.take, { onError: none })];
assert.equal(await back.next(), 4);
assert.deepEqual(await present.next(), []);
connections.empty();
await order("stop");
assert.equal(await connections.next(), "lost");
await order("start");
assert.equal(await connections.next(), "open", "it is told once that it is lost, however often it was tried");
await objects.talk("other").add({ line: "one" });
assert.equal(await others.next(), 1);
await talk.add({ line: "five" });
assert.equal(await back.next(), 5);
back.empty();
present.empty();

// When nothing is watched any more the connection is closed; and opened again when it is needed.
const connection = made.at(-1);
assert.equal(connection.readyState, WebSocket.OPEN);
const closed = new Promise((resolve) => connection.addEventListener("close", resolve));
for (const each of [other, ...watches]) each.close();
const { code } = await closed;
assert.equal(code, 1000);
assert.equal(await connections.next(), "closed");
const before = made.length;
const once = talk.count.watch(back.take, { onError: none });
assert.equal(await back.next(), 5);
assert.equal(made.length, before + 1);
// What is closed and watched anew at once keeps it.
once.close();
const anew = talk.count.watch(back.take, { onError: none });
assert.equal(await back.next(), 5);
assert.equal(made.length, before + 1);
assert.equal(await connections.next(), "open");
connections.empty();
anew.close();

// Credentials that are refused are told, once; and with better ones it goes on.
let given = "wrong";
const renewed = connect({ url, token: () => given }).talk("a");
const denied = new Told();
const granted = new Told();
const trying = renewed.count.watch(granted.take, { onError: denied.take });
const denial = await denied.next();
assert.deepEqual([denial.kind, denial.status], ["denied", 401]);
given = token;
assert.equal(await granted.next(), 0);
denied.empty();
trying.close();

// A connection that is silent, and does not end, is noticed; one that is only quiet is kept.
const way = await Way.open();
const { webSocket, sent } = seen();
const far = connect({ url: way.url, token, heartbeat: 200, webSocket }).talk("far");
const heard = new Told();
const distant = far.count.watch(heard.take, { onError: none });
assert.equal(await heard.next(), 0);
for (let questions = 0; questions < 3; ) if ((await sent.next()) === `{"id":0}`) questions += 1;
assert.equal(way.upgrades, 1, "the server answers");
way.silence();
await objects.talk("far").add({ line: "unheard" });
assert.equal(await heard.next(), 1);
assert.equal(way.upgrades, 2);
distant.close();
way.close();

// Where nobody is there, it is waited, and nothing is wrong.
await order("stop");
const patient = new Told();
const tries = seen();
const waiting = connect({ url, token, webSocket: tries.webSocket }).talk("a").count.watch(patient.take, { onError: none });
for (let number = 0; number < 3; number += 1) await tries.made.next();
await order("start");
assert.equal(await patient.next(), 0);
waiting.close();
assert.throws(() => connect().talk("a").count.watch(none), /say where the server is/);
process.stdin.destroy();
