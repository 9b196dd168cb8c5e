// A counter that many hit at once: split into shards by region, with a limit in front of each region.

import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";

interface Env {
  Gate: DurableObjectNamespace<Gate>;
  Shard: DurableObjectNamespace<Shard>;
}

/** The regions. The first one is that of callers who name none, or one that is not here. */
const REGIONS = ["SFO", "LHR", "NRT", "SYD"] as const;

/** The shards that a counter has in a region. */
const SHARDS = 4;

/** How many hits a second a region takes if nothing else was set. */
const USUAL = 1_000;

type Outcome = { shard: string } | { retryAfter: number };

/** The name of a shard: `likes/LHR/3`. */
const shardName = (counter: string, region: string, number: number) => `${counter}/${region}/${number}`;

/** The gate of a region, after which the object is named. Its limit is a bucket in memory: to refuse costs no disk, and a restart fills it. */
export class Gate extends DurableObject<Env> {
  private perSecond = this.ctx.storage.kv.get<number>("perSecond") ?? USUAL;
  /** When the bucket would be full again. */
  private fullAt = 0;
  private next = 0;

  /** Counts a hit in the next shard of this region. */
  async hit(counter: string): Promise<Outcome> {
    const now = Date.now();
    const fullAt = Math.max(this.fullAt, now) + 1_000 / this.perSecond;
    if (fullAt > now + 1_000) return { retryAfter: fullAt - (now + 1_000) };
    this.fullAt = fullAt;
    this.next = (this.next + 1) % SHARDS;
    const shard = shardName(counter, this.ctx.id.name!, this.next);
    await this.env.Shard.getByName(shard).add();
    return { shard };
  }

  /** Sets how many hits a second may come. */
  setLimit(perSecond: number) {
    if (perSecond < 1) throw new Error("a limit allows at least one hit a second");
    this.ctx.storage.kv.put("perSecond", perSecond);
    this.perSecond = perSecond;
  }
}

/** A part of a counter, which has a queue of its own. */
export class Shard extends DurableObject<Env> {
  /** Counts one, durably. */
  add() {
    const count = this.count() + 1;
    this.ctx.storage.kv.put("count", count);
    return count;
  }

  /** What it counted. */
  count() {
    return this.ctx.storage.kv.get<number>("count") ?? 0;
  }
}

const app = new Hono<{ Bindings: Env }>();

app.post("/counters/:counter/hits", async (c) => {
  const counter = c.req.param("counter");
  if (counter.includes("/")) return c.text("a counter has a name without slashes", 422);
  const region = REGIONS.find((region) => region === c.req.query("region")) ?? REGIONS[0];
  const outcome = await c.env.Gate.getByName(region).hit(counter);
  if ("shard" in outcome) return c.json(outcome);
  c.header("retry-after", String(Math.ceil(outcome.retryAfter / 1000)));
  return c.text(`too many hits in ${region}: try again in ${Math.ceil(outcome.retryAfter)} ms`, 429);
});

/** The sum of a counter's shards. What is counted meanwhile may be in it or not; what was answered before is. */
app.get("/counters/:counter/sum", async (c) => {
  const numbers = [...Array(SHARDS).keys()];
  const shards = REGIONS.flatMap((region) =>
    numbers.map((number) => shardName(c.req.param("counter"), region, number)),
  );
  const counts = await Promise.all(shards.map((shard) => c.env.Shard.getByName(shard).count()));
  return c.json(counts.reduce((sum, count) => sum + count, 0));
});

export default app;
