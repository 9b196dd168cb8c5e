// Sockets of the client against a server: sockets.mjs ADDRESS
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { order, seen, Told, url, Way } from "./house.mjs";
import { connect, RpcError } from "./objects.mjs";

const token = "s3cret";
const none = (what) => assert.fail(what);
const objects = connect({ url, token });
const talk = objects.talk("a/b é?#");

/** A socket, and what it is told. */
function opened(object, options = {}) {
  const [opens, messages, closes, errors] = [new Told(), new Told(), new Told(), new Told()];
  const told = { onOpen: opens.take, onMessage: messages.take, onClose: closes.take, onError: errors.take };
  return { socket: object.socket({ ...told, ...options }), opens, messages, closes, errors };
}

// Messages both ways, with their types.
const ann = opened(talk, { path: "/a%2Fb/c?d", query: { user: "ann & co" } });
assert.equal(ann.socket.isOpen, false);
assert.throws(() => ann.socket.send({ type: "Words", data: "early" }), (error) => error instanceof RpcError && error.kind === "unavailable");
await ann.opens.next();
assert.equal(ann.socket.isOpen, true);
assert.deepEqual(await ann.messages.next(), { welcome: { user: "ann & co", path: "/a/b/c?d" } });
const ben = opened(talk, { query: { user: "ben" } });
assert.deepEqual(await ben.messages.next(), { welcome: { user: "ben", path: "/" } });
ben.socket.send({ type: "Words", data: "hi" });
for (const one of [ann, ben]) assert.deepEqual(await one.messages.next(), { words: { user: "ben", words: "hi" } });

// Who is there is a live query: it hears of sockets that come and go, though nothing is written.
const present = new Told();
const watch = talk.present.watch(present.take, { onError: none });
assert.deepEqual(await present.next(), ["ann & co", "ben"]);
const cid = opened(talk, { query: { user: "cid" } });
assert.deepEqual(await present.next(), ["ann & co", "ben", "cid"]);
cid.socket.close();
assert.deepEqual(await present.next(), ["ann & co", "ben"]);
cid.closes.empty();

// What is no message is told, and the socket goes on.
ben.socket.send({ type: "Words", data: "garbage" });
const unread = await ben.errors.next();
assert.deepEqual([unread.kind, unread.detail], ["internal", "a message of the object can't be read"]);
ben.socket.send({ type: "Words", data: "well" });
for (const one of [ann, ben]) assert.deepEqual(await one.messages.next(), { words: { user: "ben", words: "well" } });

// What is refused is final; so is 1000. Any other end is not.
ben.socket.send({ type: "Words", data: "" });
assert.deepEqual(await ben.closes.next(), { code: 1008, reason: "say something", final: true });
assert.deepEqual(await present.next(), ["ann & co"]);
assert.throws(() => ben.socket.send({ type: "Words", data: "late" }), RpcError);
const dan = opened(talk, { query: { user: "dan" } });
await dan.messages.next();
await present.next();
dan.socket.send({ type: "Leave", data: 1000 });
assert.deepEqual(await dan.closes.next(), { code: 1000, reason: "as you like", final: true });
const eve = opened(talk, { query: { user: "eve" } });
await eve.messages.next();
await eve.opens.next();
eve.socket.send({ type: "Leave", data: 4001 });
assert.deepEqual(await eve.closes.next(), { code: 4001, reason: "as you like", final: false });
await eve.opens.next();
assert.deepEqual(await eve.messages.next(), { welcome: { user: "eve", path: "/" } });
// Who does not want that closes it when it is told.
const fay = opened(talk, { query: { user: "fay" }, onClose: () => fay.socket.close() });
await fay.messages.next();
eve.socket.send({ type: "Dismiss", data: { user: "fay", code: 4001 } });
eve.socket.send({ type: "Words", data: "gone" });
assert.deepEqual(await eve.messages.next(), { words: { user: "eve", words: "gone" } });
eve.socket.close(4002, "bye");
assert.throws(() => eve.socket.close(1001), TypeError);
assert.throws(() => eve.socket.close(1000, "x".repeat(124)), TypeError);
for (let who = []; who.join() !== "ann & co"; who = await present.next());
watch.close();

// The server goes, and comes back: so do sockets, and what they were sent in vain was said to be.
await ann.messages.next();
await order("stop");
const end = await ann.closes.next();
assert.deepEqual(end, { code: 1001, reason: "the server stops", final: false });
assert.throws(() => ann.socket.send({ type: "Words", data: "nobody" }), RpcError);
await order("start");
await ann.opens.next();
assert.deepEqual((await ann.messages.next()).welcome.user, "ann & co");
ann.socket.send({ type: "Words", data: "back" });
assert.deepEqual(await ann.messages.next(), { words: { user: "ann & co", words: "back" } });
ann.socket.close();

// Given up by a signal.
const controller = new AbortController();
const gus = opened(talk, { query: { user: "gus" }, signal: controller.signal });
await gus.messages.next();
controller.abort();
assert.equal(gus.socket.isOpen, false);
assert.throws(() => talk.socket({ signal: controller.signal }), { name: "AbortError" });

// A signal that outlives its sockets does not hold on to them, whoever has closed them.
const { signal } = new AbortController();
const kim = opened(talk, { query: { user: "kim" }, signal });
const lou = opened(talk, { query: { user: "lou" }, signal });
await kim.opens.next();
await lou.opens.next();
assert.equal(getEventListeners(signal, "abort").length, 2);
kim.socket.close();
lou.socket.send({ type: "Leave", data: 1000 });
await lou.closes.next();
assert.equal(getEventListeners(signal, "abort").length, 0);

// Credentials that are refused are told once, and it is tried again.
let given = "wrong";
const hal = opened(connect({ url, token: () => given }).talk("a"), { query: { user: "hal" } });
const denial = await hal.errors.next();
assert.deepEqual([denial.kind, denial.status], ["denied", 401]);
assert.deepEqual(await hal.closes.next(), { code: 1006, reason: "", final: false });
given = token;
await hal.opens.next();
hal.errors.empty();
hal.socket.close();

// Bytes and text as they are.
const echo = opened(objects.echo("e"));
await echo.opens.next();
echo.socket.send(new Uint8Array([1, 2]));
assert.deepEqual(await echo.messages.next(), new Uint8Array([1, 2]));
echo.socket.send("text");
assert.equal(await echo.messages.next(), "text");
echo.socket.close();
const parrot = opened(objects.parrot("p"));
await parrot.opens.next();
parrot.socket.send(`"quoted"`);
assert.equal(await parrot.messages.next(), `"quoted"`);
parrot.socket.close();
const radio = opened(objects.radio("r"));
assert.deepEqual(await radio.messages.next(), new TextEncoder().encode("beep"));
radio.socket.close();

// The configured answer is the heartbeat: a connection that is silent is noticed, and nobody is told of the answers.
const way = await Way.open();
const { webSocket, sent } = seen();
const ida = opened(connect({ url: way.url, token, heartbeat: 200, webSocket }).talk("far"), { query: { user: "ida" } });
await ida.messages.next();
await ida.opens.next();
for (let questions = 0; questions < 3; questions += 1) assert.equal(await sent.next(), "ping");
assert.equal(way.upgrades, 1, "the server answers");
ida.messages.empty();
way.silence();
assert.deepEqual(await ida.closes.next(), { code: 1006, reason: "", final: false });
await ida.opens.next();
ida.socket.close();
way.close();

// Nothing leads out of the object.
for (const path of ["/../b", "..", "/a/../../b", "/%2e%2e/b"]) assert.throws(() => talk.socket({ path }), TypeError);
process.stdin.destroy();
