// Runs the hand-written programs on workerd, each with its check: `check/<name>.mjs` gets a `Program` and throws if a rule does not hold.
//
// A check may also export `options`, further options of miniflare (`bindings`, `outboundService`).

import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import WebSocket from "ws";

/** A program that runs. Its durable objects are bound under the names of their classes. */
class Program {
  constructor(source, classes, folder, options) {
    Object.assign(this, { source, classes, folder, options, log: "", skipped: 0 });
  }

  async start() {
    const durableObjects = this.classes.map((className) => [className, { className, useSQLite: true }]);
    this.miniflare = new Miniflare({
      modules: [{ type: "ESModule", path: "program.js", contents: this.source }],
      compatibilityDate: "2026-07-30",
      durableObjects: Object.fromEntries(durableObjects),
      durableObjectsPersist: this.folder,
      handleRuntimeStdio: (_, errors) => errors.on("data", (text) => (this.log += text)),
      ...this.options,
    });
    this.url = await this.miniflare.ready;
    await this.skip(0);
  }

  async stop() {
    await this.miniflare.dispose();
  }

  /** Stops the server and starts it again over the same storage: what was only in memory is gone. */
  async restart() {
    await this.stop();
    await this.start();
  }

  /** A request, and its answer: `status`, `headers`, and the body, as what it is in JSON if it is JSON. */
  async http(method, path, body, headers = {}) {
    if (body !== undefined) headers = { "content-type": "application/json", ...headers };
    const answer = await fetch(new URL(path, this.url), { method, headers, body: JSON.stringify(body) });
    const text = await answer.text();
    const isJson = answer.headers.get("content-type")?.includes("json");
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
  }

  /** Sets the clock of the program forward. Alarms do not hear of it: `object(…).runAlarm()` runs one. */
  async skip(milliseconds) {
    this.skipped += milliseconds;
    await this.http("POST", CALL, { skip: this.skipped });
  }

  /** A durable object by name, for methods that HTTP does not expose. What it throws has its `message` and `status`. */
  object(className, name) {
    const call = async (method, args) => {
      const { body } = await this.http("POST", CALL, { className, name, method, args });
      if (body.error) throw Object.assign(new Error(body.error), { status: body.status });
      return body.result;
    };
    return new Proxy({}, { get: (_, method) => (method === "then" ? undefined : (...args) => call(method, args)) });
  }

  /** An open WebSocket. `next()` is its next message, as JSON; `closed` its code and reason at the end. */
  async socket(path, headers = {}) {
    const socket = new WebSocket(new URL(path, this.url), { headers });
    const messages = [];
    const readers = [];
    socket.on("message", (data) => {
      const reader = readers.shift();
      reader ? reader(String(data)) : messages.push(String(data));
    });
    socket.closed = new Promise((resolve) =>
      socket.on("close", (code, reason) => resolve({ code, reason: String(reason) })),
    );
    socket.text = () => new Promise((resolve) => (messages.length ? resolve(messages.shift()) : readers.push(resolve)));
    socket.next = async () => JSON.parse(await socket.text());
    await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
    return socket;
  }

  /** Asks until the answer is one that is waited for, for things that happen by themselves. */
  async until(ask, isIt, seconds = 10) {
    for (const end = Date.now() + seconds * 1000; ;) {
      const answer = await ask();
      if (isIt(answer)) return answer;
      if (Date.now() > end) throw new Error(`still ${JSON.stringify(answer)} after ${seconds} s`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Where the checks reach methods of durable objects. */
const CALL = "/call-of-a-check";

/** The program as it is, this one path beside it, and a clock that can be set forward. */
const worker = (name, classes) => `
  import program, * as all from "./src/${name}.ts";
  ${classes.map((name) => `export class ${name} extends all.${name} { runAlarm() { return this.alarm(); } }`).join(" ")}
  const clock = Date;
  let skipped = 0;
  globalThis.Date = class extends clock {
    constructor(...at) { at.length ? super(...at) : super(Date.now()); }
    static now() { return clock.now() + skipped; }
  };
  export default {
    ...program,
    async fetch(request, env, ctx) {
      if (new URL(request.url).pathname !== "${CALL}") return program.fetch(request, env, ctx);
      const { skip, className, name, method, args } = await request.json();
      if (skip !== undefined) return Response.json({ result: (skipped = skip) });
      try {
        return Response.json({ result: await env[className].getByName(name)[method](...args) });
      } catch (error) {
        return Response.json({ error: String(error.message), status: error.status });
      }
    },
  };`;

async function check(name) {
  const source = await readFile(`src/${name}.ts`, "utf8");
  const classes = [...source.matchAll(/^export class (\w+) extends DurableObject/gm)].map((found) => found[1]);
  const bundle = await build({
    stdin: { contents: worker(name, classes), resolveDir: "." },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:*", "node:*"],
    logLevel: "warning",
  });
  const { default: rules, options } = await import(`./check/${name}.mjs`);
  const folder = await mkdtemp(join(tmpdir(), `by-hand-${name}-`));
  const program = new Program(bundle.outputFiles[0].text, classes, folder, options);
  try {
    await program.start();
    await rules(program);
  } catch (error) {
    console.error(program.log); // only now: what a check provokes is logged too
    throw error;
  } finally {
    await program.stop();
    await rm(folder, { recursive: true });
  }
}

const all = (await readdir("src")).map((file) => file.replace(/\.ts$/, ""));
let failed = 0;
for (const name of process.argv.length > 2 ? process.argv.slice(2) : all) {
  try {
    await check(name);
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}`);
    console.error(error);
  }
}
process.exitCode = failed > 0 ? 1 : 0;
