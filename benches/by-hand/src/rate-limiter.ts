// A rate limiter: a durable object for each client, with a log of the hits of each endpoint.

import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";

interface Env {
  RateLimiter: DurableObjectNamespace<RateLimiter>;
}

/** How often an endpoint may be hit: so many times in any window of so many milliseconds. */
interface Limit {
  most: number;
  window: number;
}

const USUAL: Limit = { most: 60, window: 60_000 };

/** How often hits that do not count any more are deleted. */
const CLEANUP_INTERVAL = 60_000;

type Outcome = { allowed: true; remaining: number } | { allowed: false; limit: Limit; retryAfter: number };

export class RateLimiter extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS hit (
        id INTEGER PRIMARY KEY,
        endpoint TEXT NOT NULL,
        at INTEGER NOT NULL,
        until INTEGER NOT NULL
      );
      CREATE INDEX IF NOT EXISTS hit_by_endpoint ON hit (endpoint, until);
      CREATE INDEX IF NOT EXISTS hit_by_until ON hit (until);
    `);
  }

  /** Hits an endpoint, if that is allowed. */
  async hit(endpoint: string): Promise<Outcome> {
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + CLEANUP_INTERVAL);
    const now = Date.now();
    const limit = this.ctx.storage.kv.get<Limit>(`limit/${endpoint}`) ?? USUAL;
    const counted = "SELECT count(*) AS hits FROM hit WHERE endpoint = ? AND until > ?";
    const free = limit.most - this.sql.exec<{ hits: number }>(counted, endpoint, now).one().hits;
    if (free <= 0) {
      // All have to go but `most - 1`.
      const freed = "SELECT until FROM hit WHERE endpoint = ? AND until > ? ORDER BY until LIMIT 1 OFFSET ?";
      const { until } = this.sql.exec<{ until: number }>(freed, endpoint, now, -free).one();
      return { allowed: false, limit, retryAfter: until - now };
    }
    const until = now + limit.window;
    this.sql.exec("INSERT INTO hit (endpoint, at, until) VALUES (?, ?, ?)", endpoint, now, until);
    return { allowed: true, remaining: free - 1 };
  }

  /** Sets the limit of an endpoint. Hits that were counted before count as long as the new window says. */
  setLimit(endpoint: string, limit: Limit) {
    if (limit.most < 1) throw new Error("a limit allows at least one hit");
    if (limit.window < 1) throw new Error("a window is at least a millisecond long");
    this.ctx.storage.kv.put(`limit/${endpoint}`, limit);
    this.sql.exec("UPDATE hit SET until = at + ? WHERE endpoint = ?", limit.window, endpoint);
  }

  override async alarm() {
    this.sql.exec("DELETE FROM hit WHERE until <= ?", Date.now());
    const [hit] = this.sql.exec("SELECT 1 FROM hit LIMIT 1");
    if (hit) await this.ctx.storage.setAlarm(Date.now() + CLEANUP_INTERVAL);
  }
}

const app = new Hono<{ Bindings: Env }>();

app.post("/clients/:client/:endpoint{.+}", async (c) => {
  const { client, endpoint } = c.req.param();
  const outcome = await c.env.RateLimiter.getByName(client).hit(endpoint);
  if (outcome.allowed) return c.json({ remaining: outcome.remaining });
  const { limit, retryAfter } = outcome;
  c.header("retry-after", String(Math.ceil(retryAfter / 1000)));
  return c.text(`more than ${limit.most} hits in ${limit.window} ms: try again in ${retryAfter} ms`, 429);
});

export default app;
