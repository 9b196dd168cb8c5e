// The twin of a device: what it measured, what it should be and what it says it is, what it is to do, and what is wrong with it. The device is
// connected by a WebSocket, or is not: its twin is there in any case.

import { DurableObject } from "cloudflare:workers";
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";

interface Env {
  Device: DurableObjectNamespace<Device>;
}

/** The most lines of a list, and the most commands that wait. */
const LONGEST = 1_000;

/** How long a summary is, in milliseconds. */
const SUMMARY = 5 * 60 * 1000;

const DAY = 24 * 3600 * 1000;

/** How long rows are kept, and the column that says from when. */
const KEPT = [
  { table: "reading", column: "at", kept: DAY },
  { table: "summary", column: "start", kept: 90 * DAY },
  { table: "command", column: "at", kept: 30 * DAY },
];

/** How often rows that are not kept any more are deleted, at most. */
const CLEANUP_INTERVAL = 3600 * 1000;

/** The code with which the former connection of a device is closed. */
const CONNECTED_AGAIN = 4001;

/** A value that was measured; when, if it was not just now: a device that was offline tells later what it measured. */
const Sample = z.object({
  sensor: z.string().min(1).max(100, "a sensor has a name of 1 to 100 characters"),
  value: z.number(),
  at: z.int().optional(),
});
type Sample = z.infer<typeof Sample>;

/** What a device says. */
const FromDevice = z.union([
  z.strictObject({ telemetry: z.array(Sample) }),
  z.strictObject({ reported: z.object({ name: z.string(), value: z.string() }) }),
  z.strictObject({ done: z.object({ command: z.int(), outcome: z.string() }) }),
]);

/** What a device is told: a setting that should be so, or something to do, unless it has done it already. */
type ToDevice = { desired: { name: string; value: string } } | { command: Command };

const Threshold = z.object({ low: z.number().nullable(), high: z.number().nullable() });
type Threshold = z.infer<typeof Threshold>;

const Instruction = z.object({ name: z.string(), argument: z.string() });
const Page = z.object({
  limit: z.coerce.number<string>().int().min(0).max(LONGEST, `a list has at most ${LONGEST} lines`),
});
const Span = z.object({ from: z.coerce.number<string>().int(), to: z.coerce.number<string>().int() });

type Reading = { id: number; sensor: string; value: number; at: number };
type Summary = { sensor: string; start: number; count: number; sum: number; low: number; high: number };
type Property = { name: string; desired: string | null; reported: string | null };
type Command = { id: number; name: string; argument: string; outcome: string | null; at: number };
type Alert = { id: number; sensor: string; value: number; began: number; ended: number | null };

/** What is known of a device. */
interface Twin {
  online: boolean;
  /** When it last said something. */
  seen: number | null;
  /** How many commands wait for it. */
  waiting: number;
  properties: Property[];
}

/** The twin of a device. The name of the object is the name of the device. */
export class Device extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS reading (
        id INTEGER PRIMARY KEY,
        sensor TEXT NOT NULL,
        value REAL NOT NULL,
        at INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX IF NOT EXISTS reading_by_sensor ON reading (sensor, at DESC);
      CREATE INDEX IF NOT EXISTS reading_by_at ON reading (at);
      CREATE TABLE IF NOT EXISTS summary (
        sensor TEXT NOT NULL,
        start INTEGER NOT NULL,
        count INTEGER NOT NULL,
        sum REAL NOT NULL,
        low REAL NOT NULL,
        high REAL NOT NULL,
        PRIMARY KEY (sensor, start)
      ) STRICT;
      CREATE INDEX IF NOT EXISTS summary_by_start ON summary (start);
      CREATE TABLE IF NOT EXISTS property (name TEXT PRIMARY KEY, desired TEXT, reported TEXT) STRICT;
      CREATE TABLE IF NOT EXISTS command (
        id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given again, so that a device may remember what it has done
        name TEXT NOT NULL,
        argument TEXT NOT NULL,
        outcome TEXT,
        at INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX IF NOT EXISTS command_by_outcome ON command (outcome);
      CREATE INDEX IF NOT EXISTS command_by_at ON command (at);
      CREATE TABLE IF NOT EXISTS threshold (sensor TEXT PRIMARY KEY, low REAL, high REAL) STRICT;
      CREATE TABLE IF NOT EXISTS alert (
        id INTEGER PRIMARY KEY,
        sensor TEXT NOT NULL,
        value REAL NOT NULL,
        began INTEGER NOT NULL,
        ended INTEGER
      ) STRICT;
      CREATE INDEX IF NOT EXISTS alert_by_sensor ON alert (sensor, ended);
    `);
  }

  /** The device connects. It is told what it missed, the oldest first. */
  override async fetch(): Promise<Response> {
    for (const former of this.ctx.getWebSockets()) former.close(CONNECTED_AGAIN, "the device has connected again");
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    this.isSeen();
    const unlike = "SELECT * FROM property WHERE desired IS NOT NULL AND reported IS NOT desired ORDER BY name";
    for (const { name, desired } of this.sql.exec<Property>(unlike)) {
      tell(server, { desired: { name, value: desired! } });
    }
    for (const command of this.waiting()) tell(server, { command });
    return new Response(null, { status: 101, webSocket: client });
  }

  /** The device says something: one transaction a message. */
  override async webSocketMessage(socket: WebSocket, text: string | ArrayBuffer) {
    const message = parse(text);
    if (!message) return socket.close(1008, "this is nothing that a device says");
    this.isSeen();
    if ("telemetry" in message) return this.measured(message.telemetry);
    if ("reported" in message) {
      const { name, value } = message.reported;
      const report =
        "INSERT INTO property (name, reported) VALUES (?, ?) ON CONFLICT DO UPDATE SET reported = excluded.reported";
      this.sql.exec(report, name, value);
    } else {
      // Nothing, if it was told twice, or so late that nobody waits for it.
      const { command, outcome } = message.done;
      this.sql.exec("UPDATE command SET outcome = ? WHERE id = ? AND outcome IS NULL", outcome, command);
    }
  }

  /** Takes what was measured, each value once for all that is made of it. */
  async measured(samples: Sample[]): Promise<void> {
    await this.awaitCleanup();
    const now = Date.now();
    this.ctx.storage.transactionSync(() => {
      for (const sample of samples) {
        const at = Math.min(sample.at ?? now, now); // the clock of a device may be ahead
        this.summarize(sample.sensor, sample.value, at);
        this.watch(sample.sensor, sample.value, at);
        if (at + DAY > now) {
          const insert = "INSERT INTO reading (sensor, value, at) VALUES (?, ?, ?)";
          this.sql.exec(insert, sample.sensor, sample.value, at);
        }
      }
    });
  }

  /** Has the device do something: now, or when it is connected again. */
  async command(name: string, argument: string): Promise<number> {
    if (this.waiting().length >= LONGEST) {
      throw new HTTPException(422, { message: `${LONGEST} commands wait already` });
    }
    await this.awaitCleanup();
    const insert = "INSERT INTO command (name, argument, at) VALUES (?, ?, ?) RETURNING *";
    const command = this.sql.exec<Command>(insert, name, argument, Date.now()).one();
    for (const socket of this.connected()) tell(socket, { command });
    return command.id;
  }

  /** What came of a command; nothing while it waits. */
  outcome(command: number): string | null {
    const select = "SELECT * FROM command WHERE id = ? AND at > ?";
    const [found] = this.sql.exec<Command>(select, command, Date.now() - 30 * DAY).toArray();
    if (!found) throw new HTTPException(404, { message: "there is no such command" });
    return found.outcome;
  }

  /** Says what a setting should be. The device is told, now or when it is connected again. */
  desire(name: string, value: string) {
    const desire = `
      INSERT INTO property (name, desired) VALUES (?, ?)
      ON CONFLICT DO UPDATE SET desired = excluded.desired RETURNING *
    `;
    const { reported } = this.sql.exec<Property>(desire, name, value).one();
    if (reported === value) return;
    for (const socket of this.connected()) tell(socket, { desired: { name, value } });
  }

  /** What is known of the device. It need not be connected. */
  twin(): Twin {
    return {
      online: this.connected().length > 0,
      seen: this.ctx.storage.kv.get<number>("seen") ?? null,
      waiting: this.waiting().length,
      properties: this.sql.exec<Property>("SELECT * FROM property ORDER BY name").toArray(),
    };
  }

  /** The newest values of a sensor, of the last day. */
  readings(sensor: string, limit: number): Reading[] {
    const select = "SELECT * FROM reading WHERE sensor = ? AND at > ? ORDER BY at DESC LIMIT ?";
    return this.sql.exec<Reading>(select, sensor, Date.now() - DAY, limit).toArray();
  }

  /** What a sensor measured in each five minutes of a span of time, of the last ninety days. */
  history(sensor: string, from: number, to: number): Summary[] {
    const select =
      "SELECT * FROM summary WHERE sensor = ? AND start >= ? AND start < ? AND start > ? ORDER BY start LIMIT ?";
    return this.sql.exec<Summary>(select, sensor, from, to, Date.now() - 90 * DAY, LONGEST).toArray();
  }

  /** Says which values of a sensor are as they should be: less or more is an alert. */
  setThreshold(sensor: string, { low, high }: Threshold) {
    this.sql.exec("INSERT OR REPLACE INTO threshold (sensor, low, high) VALUES (?, ?, ?)", sensor, low, high);
  }

  /** What was wrong, and is, the newest first. */
  alerts(limit: number): Alert[] {
    return this.sql.exec<Alert>("SELECT * FROM alert ORDER BY id DESC LIMIT ?", limit).toArray();
  }

  override async alarm() {
    for (const { table, column, kept } of KEPT) {
      this.sql.exec(`DELETE FROM ${table} WHERE ${column} <= ?`, Date.now() - kept);
    }
    const first = KEPT.map(({ table, column, kept }) => `SELECT min(${column}) + ${kept} AS next FROM ${table}`);
    const select = `SELECT min(next) AS next FROM (${first.join(" UNION ALL ")})`;
    const { next } = this.sql.exec<{ next: number | null }>(select).one();
    if (next !== null) await this.ctx.storage.setAlarm(Math.max(next, Date.now() + CLEANUP_INTERVAL));
  }

  /** Comes before what is written: a crash in between leaves an alarm too many, and not one too few. */
  private async awaitCleanup(): Promise<void> {
    const isSet = (await this.ctx.storage.getAlarm()) !== null;
    if (!isSet) await this.ctx.storage.setAlarm(Date.now() + CLEANUP_INTERVAL);
  }

  private isSeen() {
    this.ctx.storage.kv.put("seen", Date.now());
  }

  /** A socket that is being closed is still among those of the object. */
  private connected(): WebSocket[] {
    return this.ctx.getWebSockets().filter((socket) => socket.readyState === WebSocket.READY_STATE_OPEN);
  }

  /** The commands that are not done, the oldest first. */
  private waiting(): Command[] {
    const select = "SELECT * FROM command WHERE outcome IS NULL AND at > ? ORDER BY id";
    return this.sql.exec<Command>(select, Date.now() - 30 * DAY).toArray();
  }

  /** Adds a value to its five minutes. */
  private summarize(sensor: string, value: number, at: number) {
    const start = Math.floor(at / SUMMARY) * SUMMARY;
    if (start + 90 * DAY <= Date.now()) return; // so late that it would not be kept
    const add = `
      INSERT INTO summary (sensor, start, count, sum, low, high) VALUES (?, ?, 1, ?, ?, ?)
      ON CONFLICT DO UPDATE SET
        count = count + 1, sum = sum + excluded.sum, low = min(low, excluded.low), high = max(high, excluded.high)
    `;
    this.sql.exec(add, sensor, start, value, value, value);
  }

  /** Begins an alert with the first value beyond the threshold, and ends it with the first one within. */
  private watch(sensor: string, value: number, at: number) {
    const [threshold] = this.sql.exec<Threshold>("SELECT low, high FROM threshold WHERE sensor = ?", sensor).toArray();
    if (!threshold) return;
    const { low, high } = threshold;
    const isCrossed = (low !== null && value < low) || (high !== null && value > high);
    const lasts = "SELECT * FROM alert WHERE sensor = ? AND ended IS NULL";
    const [lasting] = this.sql.exec<Alert>(lasts, sensor).toArray();
    if (isCrossed && !lasting) {
      this.sql.exec("INSERT INTO alert (sensor, value, began) VALUES (?, ?, ?)", sensor, value, at);
    } else if (!isCrossed && lasting) {
      this.sql.exec("UPDATE alert SET ended = ? WHERE id = ?", at, lasting.id);
    }
  }
}

function tell(socket: WebSocket, message: ToDevice) {
  socket.send(JSON.stringify(message));
}

/** What a device says, if it is anything. */
function parse(text: string | ArrayBuffer): z.infer<typeof FromDevice> | undefined {
  try {
    return FromDevice.parse(JSON.parse(text as string));
  } catch {
    return undefined;
  }
}

const app = new Hono<{ Bindings: Env }>();

app.get("/:device", async (c) => {
  if (c.req.header("upgrade") !== "websocket") return c.text("a device connects by a WebSocket", 426);
  return c.env.Device.getByName(c.req.param("device")).fetch(c.req.raw);
});

app.get("/:device/twin", async (c) => c.json(await c.env.Device.getByName(c.req.param("device")).twin()));

app.post("/:device/telemetry", zValidator("json", z.array(Sample)), async (c) => {
  await c.env.Device.getByName(c.req.param("device")).measured(c.req.valid("json"));
  return c.body(null, 204);
});

app.post("/:device/commands", zValidator("json", Instruction), async (c) => {
  const { name, argument } = c.req.valid("json");
  return c.json(await c.env.Device.getByName(c.req.param("device")).command(name, argument));
});

app.get("/:device/commands/:id{[0-9]+}", async (c) =>
  c.json(await c.env.Device.getByName(c.req.param("device")).outcome(Number(c.req.param("id")))),
);

app.put("/:device/properties/:name", zValidator("json", z.string()), async (c) => {
  const { device, name } = c.req.param();
  await c.env.Device.getByName(device).desire(name, c.req.valid("json"));
  return c.body(null, 204);
});

app.get("/:device/sensors/:sensor/readings", zValidator("query", Page), async (c) => {
  const { device, sensor } = c.req.param();
  return c.json(await c.env.Device.getByName(device).readings(sensor, c.req.valid("query").limit));
});

app.get("/:device/sensors/:sensor/history", zValidator("query", Span), async (c) => {
  const { device, sensor } = c.req.param();
  const { from, to } = c.req.valid("query");
  return c.json(await c.env.Device.getByName(device).history(sensor, from, to));
});

app.put("/:device/sensors/:sensor/threshold", zValidator("json", Threshold), async (c) => {
  const { device, sensor } = c.req.param();
  await c.env.Device.getByName(device).setThreshold(sensor, c.req.valid("json"));
  return c.body(null, 204);
});

app.get("/:device/alerts", zValidator("query", Page), async (c) =>
  c.json(await c.env.Device.getByName(c.req.param("device")).alerts(c.req.valid("query").limit)),
);

app.onError((error, c) => {
  const { status } = error as Partial<HTTPException>;
  return status ? c.text(error.message, status) : c.text("something went wrong here", 500);
});

export default app;
