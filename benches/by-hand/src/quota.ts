// Monthly quotas: several dimensions a tenant, refunds, and a month that begins at midnight where the tenant is.

import { DurableObject } from "cloudflare:workers";
import { zValidator } from "@hono/zod-validator";
import { Cron } from "croner";
import { Hono } from "hono";
import { z } from "zod";

interface Env {
  Quota: DurableObjectNamespace<Quota>;
}

const Amounts = z.record(z.string(), z.int().min(0));
type Amounts = z.infer<typeof Amounts>;

/** Something of which a tenant has so much a month. */
type Dimension = { name: string; most: number; used: number };

interface Usage {
  /** When the next month begins. */
  resetsAt: number;
  dimensions: Dimension[];
}

/** Why nothing was spent. */
type Refused =
  | { refused: "exceeded"; dimension: string; left: number; resetsAt: number }
  | { refused: "unknown"; dimension: string };

/** The quota of a tenant, after whom the object is named. */
export class Quota extends DurableObject<Env> {
  private readonly kv = this.ctx.storage.kv;
  private readonly sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS dimension (
        name TEXT PRIMARY KEY,
        most INTEGER NOT NULL,
        used INTEGER NOT NULL DEFAULT 0
      ) STRICT;
      CREATE TABLE IF NOT EXISTS charge (id TEXT PRIMARY KEY, amounts TEXT NOT NULL) STRICT;
    `);
    if (this.kv.get("resetsAt") === undefined) this.awaitNextMonth("UTC");
  }

  /** Sets how much of something there is in a month. What was spent stays spent. */
  allow(name: string, most: number) {
    this.beginMonthIfDue();
    const set = "INSERT INTO dimension (name, most) VALUES (?, ?) ON CONFLICT DO UPDATE SET most = excluded.most";
    this.sql.exec(set, name, most);
  }

  /** Says where the tenant is, such as `Europe/Paris`. The month that runs ends when the next one begins there. */
  moveTo(zone: string) {
    this.beginMonthIfDue();
    this.awaitNextMonth(zone);
    this.kv.put("zone", zone);
  }

  /** Spends some of several dimensions: all of it or nothing. The number is for a refund. */
  spend(amounts: Amounts): { charge: string } | Refused {
    this.beginMonthIfDue();
    for (const [dimension, amount] of Object.entries(amounts)) {
      const find = "SELECT * FROM dimension WHERE name = ?";
      const [found] = this.sql.exec<Dimension>(find, dimension);
      if (!found) return { refused: "unknown", dimension };
      const left = Math.max(0, found.most - found.used);
      if (amount > left) return { refused: "exceeded", dimension, left, resetsAt: this.resetsAt() };
    }
    for (const [dimension, amount] of Object.entries(amounts)) {
      this.sql.exec("UPDATE dimension SET used = used + ? WHERE name = ?", amount, dimension);
    }
    const charge = crypto.randomUUID();
    this.sql.exec("INSERT INTO charge (id, amounts) VALUES (?, ?)", charge, JSON.stringify(amounts));
    return { charge };
  }

  /** Gives back what was spent, once, and only within the month; whether there was such a charge. */
  refund(charge: string): boolean {
    this.beginMonthIfDue();
    const take = "DELETE FROM charge WHERE id = ? RETURNING amounts";
    const [found] = this.sql.exec<{ amounts: string }>(take, charge).toArray();
    if (!found) return false;
    for (const [dimension, amount] of Object.entries(JSON.parse(found.amounts) as Amounts)) {
      this.sql.exec("UPDATE dimension SET used = used - ? WHERE name = ?", amount, dimension);
    }
    return true;
  }

  /** What was spent in this month. */
  usage(): Usage {
    this.beginMonthIfDue();
    const dimensions = this.sql.exec<Dimension>("SELECT * FROM dimension ORDER BY name").toArray();
    return { resetsAt: this.resetsAt(), dimensions };
  }

  override async alarm() {
    this.beginMonthIfDue();
    await this.ctx.storage.setAlarm(this.resetsAt());
  }

  /** A call may come before the alarm of the month does. It begins the month then. */
  private beginMonthIfDue() {
    if (this.resetsAt() > Date.now()) return;
    this.sql.exec("UPDATE dimension SET used = 0");
    this.sql.exec("DELETE FROM charge");
    this.awaitNextMonth(this.kv.get<string>("zone") ?? "UTC");
  }

  private awaitNextMonth(zone: string) {
    const resetsAt = new Cron("0 0 1 * *", { timezone: zone }).nextRun()!.getTime();
    this.kv.put("resetsAt", resetsAt);
    this.ctx.storage.setAlarm(resetsAt);
  }

  private resetsAt(): number {
    return this.kv.get<number>("resetsAt")!;
  }
}

const app = new Hono<{ Bindings: Env }>();

app.post("/:tenant/charges", zValidator("json", Amounts), async (c) => {
  const outcome = await c.env.Quota.getByName(c.req.param("tenant")).spend(c.req.valid("json"));
  if ("charge" in outcome) return c.json(outcome);
  const { dimension } = outcome;
  if (outcome.refused === "unknown") return c.text(`there is no quota of ${dimension}`, 422);
  const resetsAt = new Date(outcome.resetsAt).toISOString();
  return c.text(`${outcome.left} are left of ${dimension} until ${resetsAt}`, 422);
});

app.delete("/:tenant/charges/:charge", async (c) => {
  const { tenant, charge } = c.req.param();
  const isRefunded = await c.env.Quota.getByName(tenant).refund(charge);
  return isRefunded ? c.body(null, 204) : c.text("there is no such charge in this month", 404);
});

app.get("/:tenant/usage", async (c) => c.json(await c.env.Quota.getByName(c.req.param("tenant")).usage()));

export default app;
