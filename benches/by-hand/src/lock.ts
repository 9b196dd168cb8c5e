// A distributed lock: leases that end by themselves, callers who wait in order, and tokens that fence off who held it too long.

import { zValidator } from "@hono/zod-validator";
import { DurableObject } from "cloudflare:workers";
import { Hono, type Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";

interface Env {
  Lock: DurableObjectNamespace<Lock>;
  Register: DurableObjectNamespace<Register>;
}

/** Who holds a lock, with a token that is greater than that of every grant before, and until when. */
type Grant = { owner: string; token: number; until: number };

/** A caller who waits, and what it is told: its grant, or nothing if it has lost its patience. */
type Waiting = { owner: string; lease: number; tell: (grant: Grant | null) => void };

/** A lock, named after what it protects. */
export class Lock extends DurableObject<Env> {
  private readonly kv = this.ctx.storage.kv;
  /** Who waits. Their calls end with the memory of the object, so that it need not outlive it. */
  private queue: Waiting[] = [];

  /** Takes the lock for as long as the lease says, once all who came before have had it. Both times are in milliseconds. */
  async acquire(owner: string, lease: number, patience: number) {
    const { promise, resolve: tell } = Promise.withResolvers<Grant | null>();
    const waiting = { owner, lease, tell };
    this.queue.push(waiting);
    this.serveFirst();
    const timer = setTimeout(() => {
      this.queue = this.queue.filter((other) => other !== waiting);
      tell(null);
    }, patience);
    const grant = await promise;
    clearTimeout(timer);
    if (grant === null) throw new HTTPException(409, { message: "somebody else holds the lock" });
    return grant;
  }

  /** Lets the lease of a grant begin anew. */
  renew(owner: string, token: number, lease: number) {
    this.checkHeld(owner, token);
    return this.grant(owner, token, lease);
  }

  /** Gives the lock back. Only who holds it can. */
  release(owner: string, token: number) {
    this.checkHeld(owner, token);
    this.kv.delete("grant");
    void this.ctx.storage.deleteAlarm();
    this.serveFirst();
  }

  /** Who holds it now. */
  holder(): Grant | null {
    const grant = this.kv.get<Grant>("grant");
    return grant && grant.until > Date.now() ? grant : null;
  }

  /** A lease has ended. */
  override alarm() {
    this.serveFirst();
  }

  private serveFirst() {
    if (this.holder() !== null) return;
    const first = this.queue.shift();
    if (!first) return;
    const token = (this.kv.get<number>("lastToken") ?? 0) + 1;
    this.kv.put("lastToken", token);
    first.tell(this.grant(first.owner, token, first.lease));
  }

  private grant(owner: string, token: number, lease: number) {
    const grant: Grant = { owner, token, until: Date.now() + lease };
    this.kv.put("grant", grant);
    void this.ctx.storage.setAlarm(grant.until);
    return grant;
  }

  private checkHeld(owner: string, token: number) {
    const holder = this.holder();
    if (holder?.owner !== owner || holder.token !== token) {
      throw new HTTPException(409, { message: "you do not hold the lock any more" });
    }
  }
}

/** A value that only who holds the lock may write. It does not ask the lock: it looks at the token. */
export class Register extends DurableObject<Env> {
  private readonly kv = this.ctx.storage.kv;

  /** Writes the value, unless a later holder of the lock was here before. */
  write(token: number, value: string) {
    const seen = this.kv.get<number>("seen") ?? 0;
    if (token < seen) throw new HTTPException(409, { message: `token ${token} is stale: ${seen} was seen` });
    this.kv.put("seen", token);
    this.kv.put("value", value);
  }

  /** The value. */
  read() {
    return this.kv.get<string>("value") ?? "";
  }
}

const app = new Hono<{ Bindings: Env }>();

type AppContext = Context<{ Bindings: Env }>;
const lock = (c: AppContext) => c.env.Lock.getByName(c.req.param("name")!);
const register = (c: AppContext) => c.env.Register.getByName(c.req.param("name")!);

const Lease = z.int().min(1, "a lease is at least a millisecond long");
const Acquire = z.object({ owner: z.string(), lease: Lease, patience: z.int().min(0) });

app.post("/locks/:name/acquire", zValidator("json", Acquire), async (c) => {
  const { owner, lease, patience } = c.req.valid("json");
  return c.json(await lock(c).acquire(owner, lease, patience));
});

const Held = z.object({ owner: z.string(), token: z.int().min(0) });

app.post("/locks/:name/renew", zValidator("json", Held.extend({ lease: Lease })), async (c) => {
  const { owner, token, lease } = c.req.valid("json");
  return c.json(await lock(c).renew(owner, token, lease));
});

app.post("/locks/:name/release", zValidator("json", Held), async (c) => {
  const { owner, token } = c.req.valid("json");
  await lock(c).release(owner, token);
  return c.body(null, 204);
});

app.get("/locks/:name", async (c) => c.json(await lock(c).holder()));

const Write = z.object({ token: z.int().min(0), value: z.string() });

app.put("/registers/:name", zValidator("json", Write), async (c) => {
  const { token, value } = c.req.valid("json");
  await register(c).write(token, value);
  return c.body(null, 204);
});

app.get("/registers/:name", async (c) => c.json(await register(c).read()));

app.onError((error, c) => {
  const { status } = error as Partial<HTTPException>;
  return status ? c.text(error.message, status) : c.text("something went wrong here", 500);
});

export default app;
