// A scheduler for other programs: events that come once, again and again, or by the calendar. When one comes, a notice is posted in its channel,
// where programs read. One that can't be posted is tried again, then set aside.

import { DurableObject } from "cloudflare:workers";
import { zValidator } from "@hono/zod-validator";
import { Cron } from "croner";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";

interface Env {
  Scheduler: DurableObjectNamespace<Scheduler>;
}

/** How long notices are kept, in milliseconds. */
const KEPT = 30 * 24 * 3600 * 1000;

/** How often an event is tried again before it is set aside. */
const RETRIES = 3;

const Name = z.string().min(1).max(100, "a name has 1 to 100 characters");

const Event = z.object({ name: Name, channel: z.string(), text: z.string() });
type Event = z.infer<typeof Event>;

const Seconds = z.int().max(0xffff_ffff);

type Calendar = { expression: string; zone: string };
const Calendar = z
  .object({ expression: z.string(), zone: z.string().default("UTC") })
  .refine(
    (cron) => nextOf(cron) !== null,
    "this is no cron expression of five fields that ever comes, or no time zone",
  );

/** When an event comes: once, at a time or after so many seconds; every so many seconds; or by the calendar. */
const When = z.union([
  z.strictObject({ at: z.int().min(0).max(8.64e15) }),
  z.strictObject({ after: Seconds.min(0) }),
  z.strictObject({ every: Seconds.min(1) }),
  z.strictObject({ cron: Calendar }),
]);
type When = z.infer<typeof When>;

const Page = z.object({
  after: z.coerce.number<string>().int().default(0),
  limit: z.coerce.number<string>().int().min(0).max(1000, "a list has at most 1000 lines"),
});

const Numbered = z.object({ scheduler: z.string(), id: z.coerce.number<string>().int() });

/** An event that is to come: `at` is its time, `due` when it is tried next, which is later after a failure. */
type Waiting = { name: string; event: string; every: string; at: number; due: number; failures: number };
type Pending = { name: string; due: number; failures: number };
type Notice = { id: number; channel: string; event: string; text: string; at: number };
type SetAside = { id: number; event: string; error: string; at: number };

/** The events of one team, one tenant, one program. */
export class Scheduler extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS channel (name TEXT PRIMARY KEY) STRICT;
      CREATE TABLE IF NOT EXISTS notice (
        id INTEGER PRIMARY KEY AUTOINCREMENT, -- it only grows, also when older notices have vanished
        channel TEXT NOT NULL,
        event TEXT NOT NULL,
        text TEXT NOT NULL,
        at INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX IF NOT EXISTS notice_by_channel ON notice (channel, id);
      CREATE INDEX IF NOT EXISTS notice_by_at ON notice (at);
      CREATE TABLE IF NOT EXISTS waiting (
        name TEXT PRIMARY KEY,
        event TEXT NOT NULL,
        every TEXT NOT NULL, -- the period or the calendar of one that repeats
        at INTEGER NOT NULL,
        due INTEGER NOT NULL,
        failures INTEGER NOT NULL DEFAULT 0
      ) STRICT;
      CREATE INDEX IF NOT EXISTS waiting_by_due ON waiting (due);
      CREATE TABLE IF NOT EXISTS set_aside (
        id INTEGER PRIMARY KEY,
        event TEXT NOT NULL,
        error TEXT NOT NULL,
        at INTEGER NOT NULL
      ) STRICT;
    `);
  }

  /** Makes a channel, if it is not there. */
  open(channel: string) {
    this.sql.exec("INSERT OR IGNORE INTO channel (name) VALUES (?)", channel);
  }

  /** Sets an event, in place of the one of the same name; when it comes first. One that is set again with the same period keeps its phase. */
  async set(event: Event, when: When): Promise<number> {
    const every = "every" in when || "cron" in when ? JSON.stringify(when) : "";
    const find = "SELECT * FROM waiting WHERE name = ? AND every = ? AND every <> ''";
    const [former] = this.sql.exec<Waiting>(find, event.name, every).toArray();
    const at = former?.at ?? first(when);
    const set = "INSERT OR REPLACE INTO waiting (name, event, every, at, due) VALUES (?, ?, ?, ?, ?)";
    this.sql.exec(set, event.name, JSON.stringify(event), every, at, at);
    await this.setAlarm();
    return at;
  }

  /** Takes an event back; whether it was still to come. */
  async cancel(name: string): Promise<boolean> {
    const [cancelled] = this.sql.exec("DELETE FROM waiting WHERE name = ? RETURNING name", name).toArray();
    await this.setAlarm();
    return cancelled !== undefined;
  }

  /** The events to come, in their order. */
  pending(): Pending[] {
    return this.sql.exec<Pending>("SELECT name, due, failures FROM waiting ORDER BY due, rowid").toArray();
  }

  /** The notices of a channel after one that was read already, in the order in which they came. */
  notices(channel: string, after: number, limit: number): Notice[] {
    const select = "SELECT * FROM notice WHERE channel = ? AND id > ? AND at > ? ORDER BY id LIMIT ?";
    return this.sql.exec<Notice>(select, channel, after, Date.now() - KEPT, limit).toArray();
  }

  /** The events that could not be posted, the oldest first. */
  setAside(limit: number): (Omit<SetAside, "event"> & { event: Event })[] {
    const events = this.sql.exec<SetAside>("SELECT * FROM set_aside ORDER BY id LIMIT ?", limit).toArray();
    return events.map((aside) => ({ ...aside, event: JSON.parse(aside.event) as Event }));
  }

  /** Posts one of them after all. It stays where it is if that fails again. */
  async postAgain(id: number): Promise<void> {
    const [aside] = this.sql.exec<SetAside>("SELECT * FROM set_aside WHERE id = ?", id).toArray();
    if (!aside) throw new HTTPException(404, { message: "no such event is set aside" });
    this.post(JSON.parse(aside.event));
    this.discard(id);
    await this.setAlarm();
  }

  /** Forgets one of them; whether it was there. */
  discard(id: number): boolean {
    return this.sql.exec("DELETE FROM set_aside WHERE id = ? RETURNING id", id).toArray().length > 0;
  }

  /** There is one alarm for all: the events that are due are posted, and notices that are old go. */
  override async alarm() {
    const now = Date.now();
    this.sql.exec("DELETE FROM notice WHERE at <= ?", now - KEPT);
    const due = "SELECT * FROM waiting WHERE due <= ? ORDER BY due, rowid";
    for (const waiting of this.sql.exec<Waiting>(due, now).toArray()) this.come(waiting);
    await this.setAlarm();
  }

  /** An event has come. If it can't be posted it is tried again after 2, 4 and 8 seconds. */
  private come(waiting: Waiting) {
    try {
      this.post(JSON.parse(waiting.event));
    } catch (error) {
      if (waiting.failures < RETRIES) {
        const due = Date.now() + 2000 * 2 ** waiting.failures;
        this.sql.exec("UPDATE waiting SET failures = failures + 1, due = ? WHERE name = ?", due, waiting.name);
        return;
      }
      const setAside = "INSERT INTO set_aside (event, error, at) VALUES (?, ?, ?)";
      this.sql.exec(setAside, waiting.event, (error as Error).message, Date.now());
    }
    if (waiting.every === "") {
      this.sql.exec("DELETE FROM waiting WHERE name = ?", waiting.name);
    } else {
      const next = following(waiting);
      this.sql.exec("UPDATE waiting SET failures = 0, at = ?, due = ? WHERE name = ?", next, next, waiting.name);
    }
  }

  private post({ name, channel, text }: Event) {
    const [found] = this.sql.exec("SELECT 1 FROM channel WHERE name = ?", channel).toArray();
    if (!found) throw new HTTPException(422, { message: `there is no channel "${channel}"` });
    const insert = "INSERT INTO notice (channel, event, text, at) VALUES (?, ?, ?, ?)";
    this.sql.exec(insert, channel, name, text, Date.now());
  }

  /** Sets the alarm for what comes first. */
  private async setAlarm(): Promise<void> {
    const first = `
      SELECT min(next) AS next
      FROM (SELECT min(due) AS next FROM waiting UNION ALL SELECT min(at) + ? AS next FROM notice)
    `;
    const { next } = this.sql.exec<{ next: number | null }>(first, KEPT).one();
    await (next === null ? this.ctx.storage.deleteAlarm() : this.ctx.storage.setAlarm(next));
  }
}

/** When an event comes first. */
function first(when: When): number {
  if ("at" in when) return when.at;
  if ("after" in when) return Date.now() + when.after * 1000;
  if ("every" in when) return Date.now() + when.every * 1000;
  return nextOf(when.cron)!;
}

/** When a repeating event comes next, in phase: periods in which nobody was there are left out. */
function following({ every, at }: Waiting): number {
  const when: { every: number } | { cron: Calendar } = JSON.parse(every);
  if ("cron" in when) return nextOf(when.cron)!;
  const period = when.every * 1000;
  return at + (Math.floor((Date.now() - at) / period) + 1) * period;
}

/** The next time of a calendar; `null` if there is none, or it is none. */
function nextOf({ expression, zone }: Calendar): number | null {
  try {
    return new Cron(expression, { timezone: zone, mode: "5-part" }).nextRun()?.getTime() ?? null;
  } catch {
    return null;
  }
}

const app = new Hono<{ Bindings: Env }>();

app.put(
  "/:scheduler/channels/:channel",
  zValidator("param", z.object({ scheduler: z.string(), channel: Name })),
  async (c) => {
    const { scheduler, channel } = c.req.valid("param");
    await c.env.Scheduler.getByName(scheduler).open(channel);
    return c.body(null, 204);
  },
);

app.get("/:scheduler/channels/:channel/notices", zValidator("query", Page), async (c) => {
  const { after, limit } = c.req.valid("query");
  const { scheduler, channel } = c.req.param();
  return c.json(await c.env.Scheduler.getByName(scheduler).notices(channel, after, limit));
});

app.post("/:scheduler/events", zValidator("json", z.object({ event: Event, when: When })), async (c) => {
  const { event, when } = c.req.valid("json");
  return c.json(await c.env.Scheduler.getByName(c.req.param("scheduler")).set(event, when));
});

app.get("/:scheduler/events", async (c) => c.json(await c.env.Scheduler.getByName(c.req.param("scheduler")).pending()));

app.delete("/:scheduler/events/:name", async (c) => {
  const { scheduler, name } = c.req.param();
  return c.json(await c.env.Scheduler.getByName(scheduler).cancel(name));
});

app.get("/:scheduler/set-aside", zValidator("query", Page), async (c) =>
  c.json(await c.env.Scheduler.getByName(c.req.param("scheduler")).setAside(c.req.valid("query").limit)),
);

app.post("/:scheduler/set-aside/:id/post", zValidator("param", Numbered), async (c) => {
  const { scheduler, id } = c.req.valid("param");
  await c.env.Scheduler.getByName(scheduler).postAgain(id);
  return c.body(null, 204);
});

app.delete("/:scheduler/set-aside/:id", zValidator("param", Numbered), async (c) => {
  const { scheduler, id } = c.req.valid("param");
  return c.json(await c.env.Scheduler.getByName(scheduler).discard(id));
});

app.onError((error, c) => {
  const { status } = error as Partial<HTTPException>;
  return status ? c.text(error.message, status) : c.text("something went wrong here", 500);
});

export default app;
