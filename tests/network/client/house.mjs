// What the programs that use live queries and sockets have in common.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as dial, createServer } from "node:net";
import { createInterface } from "node:readline";

export const address = process.argv[2];
export const url = `http://${address}`;
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Has something done with the server: `stop` or `start`. */
export async function order(what) {
  process.stdout.write(`${what}\n`);
  assert.equal((await answers.next()).value, "done");
}

/** What was told, one by one. */
export class Told {
  #all = [];
  #waiting = [];

  /** To be called with what is told. */
  take = (value) => {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(value);
    else this.#all.push(value);
  };

  async next() {
    if (this.#all.length > 0) return this.#all.shift();
    return await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("nothing is told")), 20_000);
      this.#waiting.push((value) => {
        clearTimeout(late);
        resolve(value);
      });
    });
  }

  /** That nothing waits to be looked at. */
  empty() {
    assert.deepEqual(this.#all, []);
  }
}

/** WebSockets of which one sees how many were made, and what they sent. */
export function seen() {
  const [made, sent] = [new Told(), new Told()];
  class Seen extends WebSocket {
    constructor(...args) {
      super(...args);
      made.take(this);
    }

    send(data) {
      super.send(data);
      sent.take(data);
    }
  }
  return { webSocket: Seen, made, sent };
}

/** A way to the server that can fall silent, without an end. */
export class Way {
  #server;
  #sockets = new Set();
  #silent = false;
  /** How many connections there were, and how many were open for WebSockets. */
  upgrades = 0;

  static async open() {
    const way = new Way();
    const [host, port] = address.split(":");
    way.#server = createServer((near) => {
      const far = dial({ host, port: Number(port) });
      for (const [from, to] of [[near, far], [far, near]]) {
        way.#sockets.add(from);
        from.silenced = false;
        from.on("data", (bytes) => {
          if (from === near && /^upgrade: websocket/im.test(bytes.toString("latin1"))) way.upgrades += 1;
          if (!near.silenced) to.write(bytes);
        });
        from.on("close", () => {
          way.#sockets.delete(from);
          if (!near.silenced) to.destroy();
        });
        from.on("error", () => {});
      }
      near.silenced = false;
      way.near = near;
    });
    way.#server.listen(0, "127.0.0.1");
    await once(way.#server, "listening");
    way.url = `http://127.0.0.1:${way.#server.address().port}`;
    return way;
  }

  /** From now on nothing comes through what is open. What is opened later is not concerned. */
  silence() {
    for (const socket of this.#sockets) socket.silenced = true;
  }

  close() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
