// A cache in front of a slow origin: one load for many readers, writes that the next read sees, and old values when the origin fails.

import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";

interface Env {
  Cached: DurableObjectNamespace<Cached>;
  Origin: DurableObjectNamespace<Origin>;
}

/** How long a value is fresh, in milliseconds. */
const FRESH = 60_000;

interface Kept {
  value: string;
  freshUntil: number;
}

interface Read {
  value: string;
  /** Whether it is an old one, because the origin fails. */
  isStale: boolean;
}

/** The cached value of a key, after which the object is named. */
export class Cached extends DurableObject<Env> {
  /** Grows when a write begins and when it ends: a load that began before tells nothing about now. */
  private version = 0;
  private isWritten = false;
  private loading?: Promise<string>;
  /** Writes reach the origin one after the other, so that its last one is the last one here. */
  private lastWrite: Promise<unknown> = Promise.resolve();

  /** The value. If it is not fresh, one reader loads it for all; if that fails, an old one will do where `orStale` says so. */
  async get(orStale: boolean): Promise<Read> {
    try {
      return { value: await this.fresh(), isStale: false };
    } catch (error) {
      const kept = this.kept();
      if (!orStale || !kept) throw error;
      return { value: kept.value, isStale: true };
    }
  }

  /** Writes through: to the origin, then here. Every read that begins after this has returned sees it, or what was written later. */
  async put(value: string): Promise<void> {
    const write = this.lastWrite.then(() => this.write(value));
    this.lastWrite = write.catch(() => {});
    await write;
  }

  /** Says that the origin was written past the cache. The next read loads. */
  invalidate() {
    this.version += 1;
    this.loading = undefined;
    const kept = this.kept();
    if (kept) this.ctx.storage.kv.put<Kept>("kept", { ...kept, freshUntil: 0 });
  }

  private async fresh(): Promise<string> {
    const kept = this.kept();
    if (kept && kept.freshUntil > Date.now()) return kept.value;
    this.loading ??= this.load();
    return this.loading;
  }

  private async load(): Promise<string> {
    const version = this.version;
    try {
      const value = await this.origin().load();
      if (version === this.version && !this.isWritten) this.keep(value);
      return value;
    } finally {
      if (version === this.version) this.loading = undefined;
    }
  }

  private async write(value: string): Promise<void> {
    this.invalidate();
    this.isWritten = true;
    try {
      await this.origin().store(value);
      this.keep(value);
    } finally {
      this.version += 1; // a load that began meanwhile does not count
      this.loading = undefined;
      this.isWritten = false;
    }
  }

  private origin() {
    return this.env.Origin.getByName(this.ctx.id.name!);
  }

  private kept(): Kept | undefined {
    return this.ctx.storage.kv.get<Kept>("kept");
  }

  private keep(value: string) {
    this.ctx.storage.kv.put<Kept>("kept", { value, freshUntil: Date.now() + FRESH });
  }
}

/** What is cached. To read it takes 300 ms, to write it 400; put a database or `fetch` in its place. */
export class Origin extends DurableObject<Env> {
  private readonly kv = this.ctx.storage.kv;

  /** The value as it was when it was asked for. */
  async load(): Promise<string> {
    this.kv.put("loads", this.loads() + 1);
    this.ensureWorks();
    const value = this.kv.get<string>("value") ?? "";
    await scheduler.wait(300);
    return value;
  }

  /** Stores a value, and says so a little later. */
  async store(value: string): Promise<void> {
    await scheduler.wait(350);
    this.ensureWorks();
    this.kv.put("value", value);
    await scheduler.wait(50);
  }

  /** Lets it fail, or work again. */
  setBroken(broken: boolean) {
    this.kv.put("broken", broken);
  }

  /** How often it was asked for its value. */
  loads(): number {
    return this.kv.get<number>("loads") ?? 0;
  }

  private ensureWorks() {
    if (this.kv.get<boolean>("broken")) throw new Error("the origin is broken");
  }
}

const app = new Hono<{ Bindings: Env }>();

/** `GET /{key}`, and with `?stale=ok` an old value will do. */
app.get("/:key", async (c) => {
  const cached = c.env.Cached.getByName(c.req.param("key"));
  return c.json(await cached.get(c.req.query("stale") === "ok"));
});

app.put("/:key", async (c) => {
  await c.env.Cached.getByName(c.req.param("key")).put(await c.req.text());
  return c.body(null, 204);
});

app.post("/:key/invalidate", async (c) => {
  await c.env.Cached.getByName(c.req.param("key")).invalidate();
  return c.body(null, 204);
});

app.onError((_, c) => c.text("the origin does not answer", 502));

export default app;
