// Tries a page: harness.mjs STEPS PROGRAM BROWSER DRIVER. STEPS is a module with
//
// - `serve(address)`, the arguments with which PROGRAM serves at an address, its data below the folder that it is run in;
// - as default, the steps: they are given what `stage` says.
//
// Nothing sleeps for a result: each step waits until a page shows it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [stepsFile, program, executablePath, driver] = process.argv.slice(2);
const pictures = process.env.PAGE_PICTURES;
const { chromium } = createRequire(join(driver, "package.json"))("playwright-core");
const { serve, default: steps } = await import(pathToFileURL(resolve(stepsFile)));
/** How long a page may take to show something, in milliseconds. */
const PATIENCE = 60_000;

/** Below the ports that systems draw for connections: while the server is killed, nobody is given its port. */
async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const holder = createServer().listen(port, "127.0.0.1");
    const isFree = await once(holder, "listening").then(() => true, () => false);
    if (!isFree) continue;
    holder.close();
    await once(holder, "close");
    return port;
  }
}

/** A server on a folder, which can be killed and started again at the same place. */
class Server {
  #address;
  #folder;
  #process;

  constructor(address, folder) {
    this.#address = address;
    this.#folder = folder;
    this.url = `http://${address}`;
  }

  /** Starts it, and waits until it answers. */
  async start() {
    this.#process = spawn(program, serve(this.#address), { cwd: this.#folder, stdio: ["ignore", "ignore", "inherit"] });
    for (const signal = AbortSignal.timeout(PATIENCE); ; await new Promise((next) => setTimeout(next, 20))) {
      assert.ok(this.#isRunning(), "the server ended by itself");
      assert.ok(!signal.aborted, "the server does not answer");
      if (await fetch(this.url, { signal }).then(() => true, () => false)) return;
    }
  }

  async kill() {
    if (!this.#isRunning()) return;
    const gone = once(this.#process, "exit");
    this.stop();
    await gone;
  }

  /** Kills it, and does not wait. */
  stop() {
    this.#process?.kill("SIGKILL");
  }

  /** Calls a method of an object as a program would: `call("ChatRoom/lobby/post", { … })`. */
  async call(way, args = {}) {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(`${this.url}/rpc/${way}`, { method: "POST", headers, body: JSON.stringify(args) });
    assert.equal(response.status, 200, `${way}: ${response.statusText}`);
    return await response.json();
  }

  #isRunning() {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null;
  }
}

// Also where this ends in the midst of something: no server outlives its test.
process.on("exit", () => server.stop());

const folder = await mkdtemp(join(tmpdir(), `${basename(program)}-`));
const server = new Server(`127.0.0.1:${await freePort()}`, folder);
const contexts = [];
const faults = [];
let browser;

const stage = {
  server,
  /** A page of somebody who has no other one. What goes wrong in it, and each dialog, is a fault at the end. */
  async visit(path = "/", options = {}) {
    const context = await browser.newContext(options);
    contexts.push(context);
    context.setDefaultTimeout(PATIENCE);
    context.on("weberror", (wrong) => faults.push(wrong.error()));
    context.on("dialog", (dialog) => {
      faults.push(`a dialog: ${dialog.message()}`);
      return dialog.dismiss();
    });
    const page = await context.newPage();
    await page.goto(server.url + path);
    return page;
  },
  /** For who looks at the page: by day and by night, on a screen and on a phone. */
  async picture(page, name) {
    if (!pictures) return;
    const usual = page.viewportSize();
    for (const [size, viewport] of Object.entries({ wide: usual, phone: { width: 360, height: 740 } })) {
      await page.setViewportSize(viewport);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: join(pictures, `${basename(program)}-${name}-${size}-${colorScheme}.png`) });
      }
    }
    await page.emulateMedia({ colorScheme: null });
    await page.setViewportSize(usual);
  },
};

try {
  await server.start();
  browser = await chromium.launch({ executablePath, timeout: PATIENCE });
  await steps(stage);
  assert.deepEqual(faults, []);
} catch (error) {
  for (const page of contexts.flatMap((context) => context.pages())) {
    const shown = await page.evaluate(() => document.body.innerText).catch((error) => error.message);
    console.error(`${page.url()} shows:\n${shown}\n`);
  }
  if (faults.length > 0) console.error("faults:", faults);
  throw error;
} finally {
  await browser?.close();
  await server.kill();
  await rm(folder, { recursive: true, force: true });
}
