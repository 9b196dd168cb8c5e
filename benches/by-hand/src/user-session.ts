// Sessions of a user, each with a shopping cart, and each with an end of its own: a day after its last use.

import { zValidator } from "@hono/zod-validator";
import { DurableObject } from "cloudflare:workers";
import { Hono, type Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";

interface Env {
  User: DurableObjectNamespace<User>;
}

/** How long a session lives after its last use. */
const LIFETIME = 24 * 3_600_000;

/** The most pieces of one thing in a cart. */
const MOST = 999;

type Session = { id: number; token: string; device: string; begun: number; ends: number };
type CartItem = { session: number; sku: string; quantity: number };
type Device = { id: number; device: string; ends: number };

export class User extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS session (
        id INTEGER PRIMARY KEY,
        token TEXT NOT NULL UNIQUE,
        device TEXT NOT NULL,
        begun INTEGER NOT NULL,
        ends INTEGER NOT NULL
      );
      CREATE INDEX IF NOT EXISTS session_by_end ON session (ends);
      CREATE TABLE IF NOT EXISTS cart_item (
        session INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
        sku TEXT NOT NULL,
        quantity INTEGER NOT NULL,
        PRIMARY KEY (session, sku)
      ) WITHOUT ROWID;
    `);
  }

  /** Begins a session. No path leads here: call it when the password, or whatever else it takes, is checked. */
  async signIn(device: string) {
    const now = Date.now();
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(now + LIFETIME);
    const insert = "INSERT INTO session (token, device, begun, ends) VALUES (?, ?, ?, ?) RETURNING *";
    return this.sql.exec<Session>(insert, crypto.randomUUID(), device, now, now + LIFETIME).one();
  }

  /** Puts something into the cart, or more of it; how many pieces there are now. */
  add(token: string, sku: string, quantity: number) {
    return this.ctx.storage.transactionSync(() => {
      const session = this.use(token);
      const upsert = `INSERT INTO cart_item (session, sku, quantity) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity RETURNING quantity`;
      const pieces = this.sql.exec<{ quantity: number }>(upsert, session, sku, quantity).one().quantity;
      if (pieces < 1 || pieces > MOST) {
        throw new HTTPException(422, { message: `a cart has 1 to ${MOST} pieces of one thing` });
      }
      return pieces;
    });
  }

  /** Takes something out of the cart; whether it was there. */
  remove(token: string, sku: string) {
    return this.sql.exec("DELETE FROM cart_item WHERE session = ? AND sku = ?", this.use(token), sku).rowsWritten > 0;
  }

  /** What lies in the cart. To look is a use as well. */
  cart(token: string) {
    return this.sql.exec<CartItem>("SELECT * FROM cart_item WHERE session = ?", this.use(token)).toArray();
  }

  /** Ends a session now, and its cart. */
  signOut(token: string) {
    this.sql.exec("DELETE FROM session WHERE id = ?", this.use(token));
  }

  /** The sessions of this user, for one of them; the one that ends last comes first. */
  devices(token: string) {
    this.use(token);
    const query = "SELECT id, device, ends FROM session WHERE ends > ? ORDER BY ends DESC, id";
    return this.sql.exec<Device>(query, Date.now()).toArray();
  }

  override async alarm() {
    const now = Date.now();
    this.sql.exec("DELETE FROM session WHERE ends <= ?", now);
    const { next } = this.sql.exec<{ next: number | null }>("SELECT min(ends) AS next FROM session").one();
    if (next !== null) await this.ctx.storage.setAlarm(next);
  }

  /** The number of the session with this secret, which is used now and lives on from here. */
  private use(token: string) {
    const now = Date.now();
    const update = "UPDATE session SET ends = ? WHERE token = ? AND ends > ? RETURNING id";
    const [session] = this.sql.exec<{ id: number }>(update, now + LIFETIME, token, now);
    if (!session) throw new HTTPException(401, { message: "there is no such session, or it has ended: sign in" });
    return session.id;
  }
}

const app = new Hono<{ Bindings: Env }>().basePath("/users/:user/sessions/:token");

const user = (c: Context<{ Bindings: Env }>) => c.env.User.getByName(c.req.param("user")!);

const SKU = "a sku has 1 to 100 characters";
const Item = z.object({ sku: z.string().min(1, SKU).max(100, SKU), quantity: z.int().min(0) });

app.post("/cart", zValidator("json", Item), async (c) => {
  const { sku, quantity } = c.req.valid("json");
  return c.json(await user(c).add(c.req.param("token"), sku, quantity));
});

app.delete("/cart/:sku{.+}", async (c) => c.json(await user(c).remove(c.req.param("token"), c.req.param("sku"))));

app.get("/cart", async (c) => c.json(await user(c).cart(c.req.param("token"))));

app.delete("/", async (c) => {
  await user(c).signOut(c.req.param("token"));
  return c.body(null, 204);
});

app.get("/devices", async (c) => c.json(await user(c).devices(c.req.param("token"))));

app.onError((error, c) => {
  const { status } = error as Partial<HTTPException>;
  return status ? c.text(error.message, status) : c.text("something went wrong here", 500);
});

export default app;
