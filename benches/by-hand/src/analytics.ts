// Counters, totals and time series: what is sent counts at once, in the total of its metric, for its label, and in its minute.
// Raw points live for a day; minutes become hours after two.

import { zValidator } from "@hono/zod-validator";
import { DurableObject } from "cloudflare:workers";
import { Hono, type Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";

interface Env {
  Analytics: DurableObjectNamespace<Analytics>;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long minutes are kept before they become hours. */
const MINUTES_ARE_KEPT = 2 * DAY;

/** The most buckets of a series, and the most lines of a list. */
const LONGEST = 10_000;

/** The largest value, up or down, so that no sum overflows before nine million points of it. */
const LARGEST = 1_000_000_000_000;

const LENGTH = { minute: MINUTE, hour: HOUR };
type Span = keyof typeof LENGTH;

type Point = { id: number; metric: string; label: string; value: number; at: number };
type Total = { metric: string; count: number; sum: number };
type Share = { metric: string; label: string; count: number; sum: number };
type Bucket = { metric: string; span: Span; start: number; count: number; sum: number };

const Name = z.string().min(1).max(200, "a metric and a label have 1 to 200 characters");
const Sample = z.object({ metric: Name, label: Name, value: z.int().min(-LARGEST).max(LARGEST) });
type Sample = z.infer<typeof Sample>;

export class Analytics extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS point (
        id INTEGER PRIMARY KEY,
        metric TEXT NOT NULL,
        label TEXT NOT NULL,
        value INTEGER NOT NULL,
        at INTEGER NOT NULL
      );
      CREATE INDEX IF NOT EXISTS point_by_metric ON point (metric, at DESC);
      CREATE INDEX IF NOT EXISTS point_by_time ON point (at);
      CREATE TABLE IF NOT EXISTS total (metric TEXT PRIMARY KEY, count INTEGER NOT NULL, sum INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS share (
        metric TEXT NOT NULL,
        label TEXT NOT NULL,
        count INTEGER NOT NULL,
        sum INTEGER NOT NULL,
        PRIMARY KEY (metric, label)
      ) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS share_by_sum ON share (metric, sum DESC, label);
      CREATE TABLE IF NOT EXISTS bucket (
        metric TEXT NOT NULL,
        span TEXT NOT NULL,
        start INTEGER NOT NULL,
        count INTEGER NOT NULL,
        sum INTEGER NOT NULL,
        PRIMARY KEY (metric, span, start)
      ) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS bucket_by_time ON bucket (span, start);
    `);
  }

  /** Takes points: all of them, or none. They count at once. */
  async record(samples: Sample[]) {
    const now = Date.now();
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(now + HOUR);
    this.ctx.storage.transactionSync(() => {
      for (const { metric, label, value } of samples) {
        const adds = "DO UPDATE SET count = count + 1, sum = sum + excluded.sum";
        this.sql.exec(`INSERT INTO total VALUES (?, 1, ?) ON CONFLICT ${adds}`, metric, value);
        this.sql.exec(`INSERT INTO share VALUES (?, ?, 1, ?) ON CONFLICT ${adds}`, metric, label, value);
        const bucket = `INSERT INTO bucket VALUES (?, 'minute', ?, 1, ?) ON CONFLICT ${adds}`;
        this.sql.exec(bucket, metric, startOf("minute", now), value);
        const point = "INSERT INTO point (metric, label, value, at) VALUES (?, ?, ?, ?)";
        this.sql.exec(point, metric, label, value, now);
      }
    });
  }

  /** All that was ever sent of a metric; `null` if nothing was. */
  total(metric: string): Total | null {
    return this.sql.exec<Total>("SELECT * FROM total WHERE metric = ?", metric).toArray()[0] ?? null;
  }

  /** The labels of a metric with the largest sums; equal ones by their names. */
  top(metric: string, limit: number) {
    const query = "SELECT * FROM share WHERE metric = ? ORDER BY sum DESC, label LIMIT ?";
    return this.sql.exec<Share>(query, metric, limit).toArray();
  }

  /** The newest points of a metric that are there. */
  points(metric: string, limit: number) {
    const query = "SELECT * FROM point WHERE metric = ? AND at > ? ORDER BY at DESC, id DESC LIMIT ?";
    return this.sql.exec<Point>(query, metric, Date.now() - DAY, limit).toArray();
  }

  /** The buckets of a metric that begin in a span of time, in their order; with those in which nothing arrived, if that is asked. */
  series(metric: string, span: Span, from: number, to: number, zeros: boolean) {
    [from, to] = [startFrom(span, from), startFrom(span, to)];
    const buckets = (to - from) / LENGTH[span];
    if (buckets > LONGEST) {
      throw new HTTPException(422, { message: `a series has at most ${LONGEST} buckets, not ${buckets}` });
    }
    const series = new Map<number, Bucket>();
    for (let start = from; zeros && start < to; start += LENGTH[span]) {
      series.set(start, { metric, span, start, count: 0, sum: 0 });
    }
    // Hours are made of those that were rolled up, and of minutes that were not.
    const query = `SELECT metric, ?1 AS span, start - start % ?2 AS start, sum(count) AS count, sum(sum) AS sum FROM bucket
      WHERE metric = ?3 AND span IN ('minute', ?1) AND start >= ?4 AND start < ?5 GROUP BY 3 ORDER BY 3`;
    for (const bucket of this.sql.exec<Bucket>(query, span, LENGTH[span], metric, from, to)) {
      series.set(bucket.start, bucket);
    }
    return [...series.values()];
  }

  /** The newest buckets, the one that is not over yet among them, and those in which nothing arrived. */
  latest(metric: string, span: Span, buckets: number) {
    const end = startOf(span, Date.now()) + LENGTH[span];
    return this.series(metric, span, end - buckets * LENGTH[span], end, true);
  }

  /** Minutes that are old become hours, and points of yesterday go. It is one transaction, so that nothing counts twice or not at all. */
  override async alarm() {
    const now = Date.now();
    const before = startOf("hour", now - MINUTES_ARE_KEPT);
    this.ctx.storage.transactionSync(() => {
      const rollUp = `INSERT INTO bucket
        SELECT metric, 'hour', start - start % ?1, sum(count), sum(sum) FROM bucket
        WHERE span = 'minute' AND start < ?2 GROUP BY metric, start - start % ?1
        ON CONFLICT DO UPDATE SET count = count + excluded.count, sum = sum + excluded.sum`;
      this.sql.exec(rollUp, HOUR, before);
      this.sql.exec("DELETE FROM bucket WHERE span = 'minute' AND start < ?", before);
      this.sql.exec("DELETE FROM point WHERE at <= ?", now - DAY);
    });
    await this.ctx.storage.setAlarm(now + HOUR);
  }
}

/** The bucket that a time lies in. */
const startOf = (span: Span, at: number) => Math.floor(at / LENGTH[span]) * LENGTH[span];

/** The first bucket that begins at a time or after it. */
const startFrom = (span: Span, at: number) => Math.ceil(at / LENGTH[span]) * LENGTH[span];

const app = new Hono<{ Bindings: Env }>().basePath("/sites/:site");

const site = (c: Context<{ Bindings: Env }>) => c.env.Analytics.getByName(c.req.param("site")!);

app.post("/points", zValidator("json", z.array(Sample)), async (c) => {
  await site(c).record(c.req.valid("json"));
  return c.body(null, 204);
});

app.get("/:metric/total", async (c) => c.json(await site(c).total(c.req.param("metric"))));

const Limit = z.object({ limit: z.coerce.number().int().min(0).max(LONGEST, `a list has at most ${LONGEST} lines`) });

app.get("/:metric/top", zValidator("query", Limit), async (c) =>
  c.json(await site(c).top(c.req.param("metric"), c.req.valid("query").limit)),
);

app.get("/:metric/points", zValidator("query", Limit), async (c) =>
  c.json(await site(c).points(c.req.param("metric"), c.req.valid("query").limit)),
);

const Span = z.enum(["minute", "hour"]);
const Time = z.coerce.number().int();
const Period = z.object({ span: Span, from: Time, to: Time, gaps: z.enum(["skip", "zero"]) });

app.get("/:metric/series", zValidator("query", Period), async (c) => {
  const { span, from, to, gaps } = c.req.valid("query");
  return c.json(await site(c).series(c.req.param("metric"), span, from, to, gaps === "zero"));
});

const Newest = z.object({ span: Span, buckets: z.coerce.number().int().min(0) });

app.get("/:metric/latest", zValidator("query", Newest), async (c) => {
  const { span, buckets } = c.req.valid("query");
  return c.json(await site(c).latest(c.req.param("metric"), span, buckets));
});

app.onError((error, c) => {
  const { status } = error as Partial<HTTPException>;
  return status ? c.text(error.message, status) : c.text("something went wrong here", 500);
});

export default app;
