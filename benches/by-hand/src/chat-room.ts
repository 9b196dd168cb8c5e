// Chat rooms as durable objects: every room has a name, a topic and its own history of thirty days; a moderator hears what is reported.

import { zValidator } from "@hono/zod-validator";
import { DurableObject } from "cloudflare:workers";
import { Hono, type Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";

interface Env {
  ChatRoom: DurableObjectNamespace<ChatRoom>;
  Moderator: DurableObjectNamespace<Moderator>;
}

const DAY = 24 * 3_600_000;

/** How long messages are kept, and reports. */
const MESSAGES_ARE_KEPT = 30 * DAY;
const REPORTS_ARE_KEPT = 90 * DAY;

/** When what could not be delivered is tried again. */
const RETRY = 5_000;

/** The name of the one moderator of this house. */
const HOUSE = "house";

/** How many messages `GET …/messages` gives if no number is said. */
const PAGE = 50;

/** One line of a room's history. `imported` is the number that it had in a log. */
type Message = { id: number; imported: number | null; author: string; body: string; at: number };

/** One line of a chat log that is imported. */
type LogLine = { id: number; room: string; author: string; body: string; time: number };

/** What was written in the day before `at`. */
type Digest = { at: number; messages: number; authors: number };

type Verdict = "upheld" | "dismissed";

/** A message that somebody reported. There is no verdict while it is open. */
type Report = { id: number; room: string; message: Message; reason: string; verdict: Verdict | null; at: number };
type ReportRow = Omit<Report, "message"> & { message: string };

const MESSAGE = "id, imported, author, body, at";

/** A chat room. */
export class ChatRoom extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;
  private readonly kv = this.ctx.storage.kv;
  private readonly name = this.ctx.id.name!;
  private posts = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS message (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        imported INTEGER UNIQUE,
        author TEXT NOT NULL,
        body TEXT NOT NULL CHECK (body <> ''),
        at INTEGER NOT NULL,
        came INTEGER NOT NULL
      );
      CREATE INDEX IF NOT EXISTS message_by_time ON message (at);
      CREATE INDEX IF NOT EXISTS message_by_author ON message (author, at DESC);
      CREATE INDEX IF NOT EXISTS message_by_arrival ON message (came);
      CREATE TABLE IF NOT EXISTS outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        message TEXT NOT NULL,
        reason TEXT NOT NULL
      );
    `);
    // A sign that nobody types, ASCII's "enquiry", is answered "acknowledged" while the room sleeps.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("\u0005", "\u0006"));
    if (this.nextDigest() === null) this.setNextDigest(Date.now() + DAY);
  }

  /** Adds a message. */
  post(author: string, body: string) {
    const length = [...body].length;
    if (length === 0) throw new HTTPException(422, { message: "a message needs a body" });
    if (length > 4000) {
      throw new HTTPException(422, { message: `a message has at most 4000 characters, not ${length}` });
    }
    const now = Date.now();
    const insert = `INSERT INTO message (author, body, at, came) VALUES (?, ?, ?, ?) RETURNING ${MESSAGE}`;
    const message = this.sql.exec<Message>(insert, author, body, now, now).one();
    this.broadcast(message);
    this.posts += 1;
    console.log({ room: this.name, length }, "posted");
    return message;
  }

  /** Somebody opens the room in a browser. They hear messages from then on. */
  override fetch(request: Request) {
    const user = new URL(request.url).searchParams.get("user")?.trim() ?? "";
    if (user.length < 1 || user.length > 40) return new Response("a name has 1 to 40 characters", { status: 422 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    server.serializeAttachment(user);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** What they say is a post. One that is refused closes the socket with the reason. */
  override webSocketMessage(socket: WebSocket, text: string | ArrayBuffer) {
    try {
      this.post(socket.deserializeAttachment() as string, String(text));
    } catch (error) {
      if (!(error instanceof HTTPException)) throw error;
      socket.close(1008, error.message);
    }
  }

  /** The newest messages, the newest first. */
  history(limit: number) {
    const query = `SELECT ${MESSAGE} FROM message ORDER BY at DESC, id DESC LIMIT ?`;
    return this.sql.exec<Message>(query, limit).toArray();
  }

  /** Who is here, each once, however many devices they have. */
  present() {
    return [...new Set(this.sockets().map((socket) => socket.deserializeAttachment() as string))].sort();
  }

  /** What somebody wrote here, the newest first. */
  byAuthor(author: string, limit: number) {
    const query = `SELECT ${MESSAGE} FROM message WHERE author = ? ORDER BY at DESC LIMIT ?`;
    return this.sql.exec<Message>(query, author, limit).toArray();
  }

  /** Adds lines of a log, each once, however often it comes; how many were new. */
  import(lines: LogLine[]) {
    const insert = `INSERT INTO message (imported, author, body, at, came) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (imported) DO NOTHING RETURNING ${MESSAGE}`;
    const messages = this.ctx.storage.transactionSync(() =>
      lines.flatMap(({ id, author, body, time }) =>
        this.sql.exec<Message>(insert, id, author, body, time, Date.now()).toArray(),
      ),
    );
    for (const message of messages) this.broadcast(message);
    return messages.length;
  }

  /** Reports a message to the moderator. It is kept until it was heard, and nobody waits for it. */
  report(id: number, reason: string) {
    const [message] = this.sql.exec<Message>(`SELECT ${MESSAGE} FROM message WHERE id = ?`, id);
    if (!message) throw new HTTPException(404, { message: "there is no such message" });
    this.sql.exec("INSERT INTO outbox (message, reason) VALUES (?, ?)", JSON.stringify(message), reason);
    void this.ctx.storage.setAlarm(Date.now());
  }

  /** What the moderator decided on a message that was reported. */
  judge(id: number, verdict: Verdict) {
    if (verdict === "upheld") this.sql.exec("DELETE FROM message WHERE id = ?", id);
  }

  /** What was written on the last day; nothing before the first one has passed. */
  digest() {
    return this.kv.get<Digest>("digest") ?? null;
  }

  /** When the next digest is due. */
  nextDigest() {
    return this.kv.get<number>("nextDigest") ?? null;
  }

  /** Says what the room is about. */
  setTopic(topic: string) {
    this.kv.put("topic", topic);
  }

  /** What the room is about: itself, if nobody named a topic. */
  topic() {
    return this.kv.get<string>("topic") ?? `all about ${this.name}`;
  }

  /** How much was posted since the room last woke. */
  postsSinceWake() {
    return this.posts;
  }

  /** What the room holds. */
  stats() {
    const query = "SELECT count(*) AS messages, count(DISTINCT author) AS authors FROM message";
    return { ...this.sql.exec<{ messages: number; authors: number }>(query).one(), bytes: this.sql.databaseSize };
  }

  /** Copies the newest message to another room; what it is there. */
  async forward(room: string): Promise<Message | null> {
    const [message] = this.history(1);
    return message ? await this.env.ChatRoom.getByName(room).post(message.author, message.body) : null;
  }

  /** Once a day sums it up, and deletes what is old; in between sends reports. */
  override async alarm() {
    const due = this.nextDigest()!;
    if (due <= Date.now()) {
      this.sumUp(due);
      this.sql.exec("DELETE FROM message WHERE came <= ?", Date.now() - MESSAGES_ARE_KEPT);
      this.setNextDigest(due + DAY);
    }
    await this.ctx.storage.setAlarm(Date.now() + RETRY);
    const outbox = "SELECT * FROM outbox ORDER BY id";
    type Row = { id: number; message: string; reason: string };
    for (const { id, message, reason } of this.sql.exec<Row>(outbox).toArray()) {
      await this.env.Moderator.getByName(HOUSE).file(this.name, id, JSON.parse(message) as Message, reason);
      this.sql.exec("DELETE FROM outbox WHERE id = ?", id);
    }
    const [left] = this.sql.exec("SELECT 1 FROM outbox LIMIT 1"); // one that was sent meanwhile
    if (!left) await this.ctx.storage.setAlarm(this.nextDigest()!);
  }

  private sumUp(at: number) {
    const query = `SELECT count(*) AS messages, count(DISTINCT author) AS authors FROM message
      WHERE at >= ? AND at < ?`;
    const counts = this.sql.exec<{ messages: number; authors: number }>(query, at - DAY, at).one();
    this.kv.put<Digest>("digest", { at, ...counts });
    console.log({ room: this.name, ...counts }, "daily digest");
  }

  private setNextDigest(at: number) {
    this.kv.put("nextDigest", at);
    void this.ctx.storage.setAlarm(at);
  }

  private sockets() {
    return this.ctx.getWebSockets().filter((socket) => socket.readyState === WebSocket.OPEN);
  }

  private broadcast(message: Message) {
    const text = JSON.stringify(message);
    for (const socket of this.sockets()) socket.send(text);
  }
}

/** Receives what rooms report, and sends them its verdicts. */
export class Moderator extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS report (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        room TEXT NOT NULL,
        number INTEGER NOT NULL, -- the room's own, so that a report that comes twice is filed once
        message TEXT NOT NULL,
        reason TEXT NOT NULL,
        verdict TEXT,
        told INTEGER NOT NULL DEFAULT 0,
        at INTEGER NOT NULL,
        UNIQUE (room, number)
      );
      CREATE INDEX IF NOT EXISTS report_by_verdict ON report (verdict, told);
      CREATE INDEX IF NOT EXISTS report_by_time ON report (at);
    `);
  }

  /** Files a report. */
  async file(room: string, number: number, message: Message, reason: string) {
    const now = Date.now();
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(now + REPORTS_ARE_KEPT);
    const insert = `INSERT INTO report (room, number, message, reason, at) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (room, number) DO NOTHING`;
    this.sql.exec(insert, room, number, JSON.stringify(message), reason, now);
    console.log({ room }, "reported");
  }

  /** The reports that nobody has decided on, the oldest first. */
  open() {
    return this.reports("verdict IS NULL ORDER BY id");
  }

  /** A report, while it is kept. */
  report(id: number): Report | null {
    return this.reports("id = ?", id)[0] ?? null;
  }

  /** Closes a report and sends the verdict to its room. */
  close(id: number, verdict: Verdict) {
    const report = this.report(id);
    if (!report) throw new HTTPException(404, { message: "there is no such report" });
    if (report.verdict !== null) throw new HTTPException(422, { message: "this report is closed already" });
    this.sql.exec("UPDATE report SET verdict = ? WHERE id = ?", verdict, id);
    void this.ctx.storage.setAlarm(Date.now());
  }

  /** Sends verdicts, and deletes what is old. */
  override async alarm() {
    const toTell = "verdict IS NOT NULL AND told = 0 ORDER BY id";
    await this.ctx.storage.setAlarm(Date.now() + RETRY);
    for (const { id, room, message, verdict } of this.reports(toTell)) {
      await this.env.ChatRoom.getByName(room).judge(message.id, verdict!);
      this.sql.exec("UPDATE report SET told = 1 WHERE id = ?", id);
    }
    this.sql.exec("DELETE FROM report WHERE at <= ?", Date.now() - REPORTS_ARE_KEPT);
    if (this.reports(toTell).length > 0) return; // closed meanwhile
    const { oldest } = this.sql.exec<{ oldest: number | null }>("SELECT min(at) AS oldest FROM report").one();
    if (oldest === null) await this.ctx.storage.deleteAlarm();
    else await this.ctx.storage.setAlarm(oldest + REPORTS_ARE_KEPT);
  }

  private reports(which: string, ...bindings: number[]): Report[] {
    const query = `SELECT id, room, message, reason, verdict, at FROM report WHERE ${which}`;
    const rows = this.sql.exec<ReportRow>(query, ...bindings).toArray();
    return rows.map((row) => ({ ...row, message: JSON.parse(row.message) as Message }));
  }
}

const app = new Hono<{ Bindings: Env }>().basePath("/rooms/:room");

const room = (c: Context<{ Bindings: Env }>) => c.env.ChatRoom.getByName(c.req.param("room")!);

app.get("/", async (c) => {
  if (c.req.header("upgrade") !== "websocket") return c.text("this is for WebSockets", 426);
  return room(c).fetch(c.req.raw);
});

app.post("/messages", zValidator("json", z.object({ author: z.string(), body: z.string() })), async (c) => {
  const { author, body } = c.req.valid("json");
  return c.json(await room(c).post(author, body));
});

const Page = z.object({ author: z.string().optional(), limit: z.coerce.number().int().min(0).default(PAGE) });

app.get("/messages", zValidator("query", Page), async (c) => {
  const { author, limit } = c.req.valid("query");
  return c.json(await (author === undefined ? room(c).history(limit) : room(c).byAuthor(author, limit)));
});

app.get("/present", async (c) => c.json(await room(c).present()));
app.get("/digest", async (c) => c.json(await room(c).digest()));
app.get("/topic", async (c) => c.json(await room(c).topic()));

app.onError((error, c) => {
  const { status } = error as Partial<HTTPException>;
  return status ? c.text(error.message, status) : c.text("something went wrong here", 500);
});

export default app;
