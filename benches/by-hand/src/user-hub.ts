// An object a user: profile, settings, inbox, and the devices that hear of all of it.
// A device is a WebSocket: it is told how things are when it connects, and of each change from then on.

import { zValidator } from "@hono/zod-validator";
import { DurableObject } from "cloudflare:workers";
import { Hono, type Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";

interface Env {
  UserHub: DurableObjectNamespace<UserHub>;
}

/** Under which keys settings are kept. */
const SETTING = "setting/";

/** What a user says about themselves. */
const Profile = z.object({ name: z.string().max(100), about: z.string().max(2_000) });
type Profile = z.infer<typeof Profile>;

const Setting = z.object({
  name: z.string().min(1).max(100, "a setting has a name of at most 100 characters"),
  value: z.string().nullish(),
});
const Letters = z.array(z.int()).max(1_000, "at most 1000 letters can be read at once");

/** What a device says. All of it can be called, too. */
const Command = z.union([z.strictObject({ read: Letters }), z.strictObject({ set: Setting })]);

type Letter = { id: number; sender: string; body: string; read: boolean; at: number };
type LetterRow = Omit<Letter, "read"> & { read: number };

/** What a device is told. */
type Event =
  | { hello: { profile: Profile; settings: Record<string, string>; unread: number; devices: string[] } }
  | { profile: Profile }
  | { setting: { name: string; value: string | null } }
  | { arrived: { letter: Letter; unread: number } }
  | { read: { letters: number[]; unread: number } }
  | { devices: string[] };

/** All that one user has. */
export class UserHub extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;
  private readonly kv = this.ctx.storage.kv;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS letter (
        id INTEGER PRIMARY KEY,
        sender TEXT NOT NULL,
        body TEXT NOT NULL,
        read INTEGER NOT NULL DEFAULT 0,
        at INTEGER NOT NULL
      );
      CREATE INDEX IF NOT EXISTS letter_by_read ON letter (read);
    `);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Changes the profile. */
  setProfile(profile: Profile) {
    this.kv.put("profile", profile);
    this.tell({ profile });
  }

  /** The profile. */
  profile() {
    return this.kv.get<Profile>("profile") ?? { name: "", about: "" };
  }

  /** Changes a setting; without a value it is removed. */
  set(name: string, value: string | null) {
    if (value === null) this.kv.delete(SETTING + name);
    else this.kv.put(SETTING + name, value);
    this.tell({ setting: { name, value } });
  }

  /** All settings. */
  settings() {
    const settings = [...this.kv.list<string>({ prefix: SETTING })];
    return Object.fromEntries(settings.map(([key, value]) => [key.slice(SETTING.length), value]));
  }

  /** Leaves a letter. */
  deliver(sender: string, body: string) {
    const insert = "INSERT INTO letter (sender, body, at) VALUES (?, ?, ?) RETURNING *";
    const letter = fromRow(this.sql.exec<LetterRow>(insert, sender, body, Date.now()).one());
    this.tell({ arrived: { letter, unread: this.unread() } });
    return letter.id;
  }

  /** A page of the inbox: what came before a letter, the newest first. A page goes on where the last one ended, whatever came meanwhile. */
  inbox(before: number, limit: number) {
    const query = "SELECT * FROM letter WHERE id < ? ORDER BY id DESC LIMIT ?";
    const letters = this.sql
      .exec<LetterRow>(query, before, limit + 1)
      .toArray()
      .map(fromRow);
    const hasMore = letters.length > limit;
    if (hasMore) letters.pop();
    return { letters, next: hasMore ? letters.at(-1)!.id : null };
  }

  /** Marks letters as read. Those that are read already, or are not there, are no matter. */
  read(letters: number[]) {
    const update = "UPDATE letter SET read = 1 WHERE read = 0 AND id IN (SELECT value FROM json_each(?)) RETURNING id";
    const changed = this.sql.exec(update, JSON.stringify(letters)).toArray();
    if (changed.length > 0) this.tell({ read: { letters, unread: this.unread() } });
  }

  /** How many letters are unread. */
  unread() {
    return this.sql.exec<{ unread: number }>("SELECT count(*) AS unread FROM letter WHERE read = 0").one().unread;
  }

  /** The devices that are connected. */
  devices() {
    return [...new Set(this.sockets().map((socket) => socket.deserializeAttachment() as string))].sort();
  }

  /** When a device last came or went. */
  seen() {
    return this.kv.get<number>("seen") ?? null;
  }

  /** A device connects. */
  override async fetch(request: Request) {
    const name = new URL(request.url).searchParams.get("device") ?? "";
    if (name.length < 1 || name.length > 40) {
      return new Response("a device has a name of 1 to 40 characters", { status: 422 });
    }
    const { 0: client, 1: device } = new WebSocketPair();
    this.ctx.acceptWebSocket(device);
    device.serializeAttachment(name);
    this.kv.put("seen", Date.now());
    const devices = this.devices();
    this.tell({ devices }, device);
    const hello = { profile: this.profile(), settings: this.settings(), unread: this.unread(), devices };
    device.send(JSON.stringify({ hello } satisfies Event));
    return new Response(null, { status: 101, webSocket: client });
  }

  /** A device says something. What it says wrongly closes it with the reason. */
  override webSocketMessage(device: WebSocket, text: string | ArrayBuffer) {
    try {
      const command = Command.parse(JSON.parse(String(text)));
      if ("read" in command) this.read(command.read);
      else this.set(command.set.name, command.set.value ?? null);
    } catch (error) {
      const reason = error instanceof z.ZodError ? error.issues[0]!.message : "this is no JSON";
      device.close(1008, reason);
    }
  }

  /** A device has gone. */
  override webSocketClose() {
    this.kv.put("seen", Date.now());
    this.tell({ devices: this.devices() });
  }

  private sockets() {
    return this.ctx.getWebSockets().filter((socket) => socket.readyState === WebSocket.OPEN);
  }

  private tell(event: Event, except?: WebSocket) {
    const text = JSON.stringify(event);
    for (const socket of this.sockets()) if (socket !== except) socket.send(text);
  }
}

const fromRow = (row: LetterRow): Letter => ({ ...row, read: row.read === 1 });

type HubEnv = { Bindings: Env; Variables: { principal: string } };
const app = new Hono<HubEnv>().basePath("/users/:user");

/** From outside only the user gets in, as Cloudflare Access names it. Whoever has a name may leave a letter. */
app.use(async (c, next) => {
  const principal = c.req.header("cf-access-authenticated-user-email");
  const isLetter = c.req.method === "POST" && c.req.path.endsWith("/letters");
  if (!principal || (principal !== c.req.param("user") && !isLetter)) return c.text("this hub is somebody else's", 403);
  c.set("principal", principal);
  await next();
});

const hub = (c: Context<HubEnv>) => c.env.UserHub.getByName(c.req.param("user")!);

app.put("/profile", zValidator("json", Profile), async (c) => {
  await hub(c).setProfile(c.req.valid("json"));
  return c.body(null, 204);
});
app.get("/profile", async (c) => c.json(await hub(c).profile()));

app.put("/settings", zValidator("json", Setting), async (c) => {
  const { name, value } = c.req.valid("json");
  await hub(c).set(name, value ?? null);
  return c.body(null, 204);
});
app.get("/settings", async (c) => c.json(await hub(c).settings()));

const LONG = "a letter has 1 to 10000 characters";
app.post("/letters", zValidator("json", z.object({ body: z.string().min(1, LONG).max(10_000, LONG) })), async (c) =>
  c.json(await hub(c).deliver(c.get("principal"), c.req.valid("json").body)),
);

const Page = z.object({
  before: z.coerce.number().int().default(Number.MAX_SAFE_INTEGER),
  limit: z.coerce.number().int().min(1).max(100, "a page has 1 to 100 letters"),
});
app.get("/letters", zValidator("query", Page), async (c) => {
  const { before, limit } = c.req.valid("query");
  return c.json(await hub(c).inbox(before, limit));
});

app.post("/letters/read", zValidator("json", Letters), async (c) => {
  await hub(c).read(c.req.valid("json"));
  return c.body(null, 204);
});

app.get("/letters/unread", async (c) => c.json(await hub(c).unread()));
app.get("/devices", async (c) => c.json(await hub(c).devices()));
app.get("/seen", async (c) => c.json(await hub(c).seen()));

app.get("/", async (c) => {
  if (c.req.header("upgrade") !== "websocket") return c.text("this is for WebSockets", 426);
  return hub(c).fetch(c.req.raw);
});

app.onError((error, c) => {
  const { status } = error as Partial<HTTPException>;
  return status ? c.text(error.message, status) : c.text("something went wrong here", 500);
});

export default app;
