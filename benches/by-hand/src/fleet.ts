// A tree of managers and agents, in which a path such as `/team/project/task` is an object. There is one class: whoever has
// children is a manager. A node knows its children by name; what they do, they do by themselves.

import { zValidator } from "@hono/zod-validator";
import { DurableObject } from "cloudflare:workers";
import { Hono, type Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";

interface Env {
  Node: DurableObjectNamespace<Node>;
}

/** The path of the root, which is always there. */
const ROOT = "/";

/** How long a path may be: as long as the name of a durable object. */
const LONGEST = 1_024;

/** When what could not be delivered is tried again. */
const RETRY = 5_000;

/** How long those who are gone are remembered. */
const ENDED_IS_KEPT = 3_600_000;

/** A child, as its manager knows it. Its `life` says which of those that ever had this name it is. */
type Child = { name: string; life: string; status: string; ending: number };

/** What nodes tell each other, once it is on disk, until it was heard. It may be heard twice. */
type Message =
  | { type: "begin"; life: string }
  | { type: "end"; life: string }
  | { type: "gone"; name: string; life: string }
  | { type: "heard"; name: string; life: string; status: string };

/** A manager or an agent, whose name is its path. */
export class Node extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;
  private readonly kv = this.ctx.storage.kv;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.createTables();
  }

  /** Makes a child, and gives its path. */
  async create(name: string) {
    const path = childPath(this.path(), name);
    if (this.kv.get("ending")) throw new HTTPException(409, { message: "this node is being deleted" });
    const child = this.child(name);
    if (child) {
      const message = child.ending ? "the last one of this name is being deleted" : "this name is taken";
      throw new HTTPException(409, { message });
    }
    const life = crypto.randomUUID();
    this.sql.exec("INSERT INTO child (name, life) VALUES (?, ?)", name, life);
    this.send(path, { type: "begin", life });
    // The message would do; this call is for the caller, who may want to go on with the child at once.
    const begun = await this.env.Node.getByName(path).begin(life);
    if (!begun) throw new HTTPException(404, { message: "it was deleted meanwhile" });
    return path;
  }

  /** The node and its children. */
  info() {
    const children = this.sql.exec<Child>("SELECT * FROM child ORDER BY name").toArray();
    return {
      path: this.path(),
      status: this.status(),
      children: children.map((child) => ({ ...child, ending: child.ending === 1 })),
    };
  }

  /** Says what it is doing. Its manager hears of it. */
  report(status: string) {
    const { manager, name } = split(this.path());
    this.kv.put("status", status);
    const life = this.life();
    if (life) this.send(manager, { type: "heard", name, life, status });
  }

  /** Deletes a child with everything below it. That is done when the child is not listed any more. */
  delete(name: string) {
    this.path();
    const child = this.child(name);
    if (!child) throw nobody();
    this.dismiss(child);
  }

  /** The manager has a row for this node; whether it still had it when this came. */
  begin(life: string) {
    if (this.ended().includes(life)) return false;
    this.kv.put("life", life);
    return true;
  }

  /** What another node has sent. */
  receive(message: Message) {
    switch (message.type) {
      case "begin":
        return void this.begin(message.life);
      case "end":
        return this.end(message.life);
      case "gone":
        this.sql.exec("DELETE FROM child WHERE name = ? AND life = ?", message.name, message.life);
        return this.departIfAlone();
      case "heard": {
        const { name, life, status } = message;
        this.sql.exec("UPDATE child SET status = ? WHERE name = ? AND life = ?", status, name, life);
      }
    }
  }

  /** Sends what waits to be sent; and an hour after somebody has gone from this path, nothing is left of it. */
  override async alarm() {
    await this.ctx.storage.setAlarm(Date.now() + RETRY);
    const outbox = "SELECT * FROM outbox ORDER BY id";
    for (const { id, path, message } of this.sql
      .exec<{ id: number; path: string; message: string }>(outbox)
      .toArray()) {
      await this.env.Node.getByName(path).receive(JSON.parse(message) as Message);
      this.sql.exec("DELETE FROM outbox WHERE id = ?", id);
    }
    const [left] = this.sql.exec("SELECT 1 FROM outbox LIMIT 1"); // one that was sent meanwhile
    if (left) return;
    const forgetAt = this.kv.get<number>("forgetAt");
    if (forgetAt !== undefined && forgetAt > Date.now()) return this.ctx.storage.setAlarm(forgetAt);
    await this.ctx.storage.deleteAlarm();
    if (forgetAt === undefined) return;
    this.kv.delete("ended");
    this.kv.delete("forgetAt");
    if (!this.life()) {
      await this.ctx.storage.deleteAll();
      this.createTables(); // the object may be used again before it goes from memory
    }
  }

  private createTables() {
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS child (
        name TEXT PRIMARY KEY,
        life TEXT NOT NULL,
        status TEXT NOT NULL DEFAULT 'new',
        ending INTEGER NOT NULL DEFAULT 0
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        path TEXT NOT NULL,
        message TEXT NOT NULL
      );
    `);
  }

  /** Where this node is, if there is one. */
  private path() {
    const path = this.ctx.id.name!;
    if (path !== ROOT && !this.life()) throw nobody();
    return path;
  }

  private life() {
    return this.kv.get<string>("life");
  }

  private status() {
    return this.kv.get<string>("status") ?? "new";
  }

  /** Those who had this path within the last hour. What was asked for them meanwhile comes too late. */
  private ended() {
    return this.kv.get<string[]>("ended") ?? [];
  }

  private child(name: string) {
    return this.sql.exec<Child>("SELECT * FROM child WHERE name = ?", name).toArray()[0];
  }

  private send(path: string, message: Message) {
    this.sql.exec("INSERT INTO outbox (path, message) VALUES (?, ?)", path, JSON.stringify(message));
    void this.ctx.storage.setAlarm(Date.now());
  }

  private dismiss(child: Child) {
    if (child.ending) return;
    this.sql.exec("UPDATE child SET ending = 1 WHERE name = ?", child.name);
    this.send(childPath(this.path(), child.name), { type: "end", life: child.life });
  }

  private end(life: string) {
    if (this.life() !== life) return this.depart(life); // a message that was heard before
    this.kv.put("ending", true);
    for (const child of this.sql.exec<Child>("SELECT * FROM child").toArray()) this.dismiss(child);
    this.departIfAlone();
  }

  private departIfAlone() {
    const life = this.life();
    const [child] = this.sql.exec("SELECT 1 FROM child LIMIT 1");
    if (!life || child || !this.kv.get("ending")) return;
    for (const key of ["life", "ending", "status"]) this.kv.delete(key);
    this.depart(life);
  }

  private depart(life: string) {
    const { manager, name } = split(this.ctx.id.name!);
    this.kv.put("ended", [...this.ended(), life]);
    this.kv.put("forgetAt", Date.now() + ENDED_IS_KEPT);
    this.send(manager, { type: "gone", name, life });
  }
}

/** The path of a child. Nothing is ever resolved in a path; and no name is let in that could be taken for another one, or for two. */
function childPath(parent: string, name: string) {
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/.test(name)) {
    const message = "a name has 1 to 64 letters, digits, '-', '_' and '.' in it, and does not begin with '.'";
    throw new HTTPException(422, { message });
  }
  const path = parent === ROOT ? `/${name}` : `${parent}/${name}`;
  if (path.length > LONGEST) throw new HTTPException(422, { message: `a path has at most ${LONGEST} characters` });
  return path;
}

/** The parent's path, and the name that it knows this path by. */
function split(path: string) {
  const slash = path.lastIndexOf("/");
  return { manager: path.slice(0, slash) || ROOT, name: path.slice(slash + 1) };
}

const nobody = () => new HTTPException(404, { message: "there is nobody at this path" });

/** A path is one segment, percent-encoded: `/nodes/%2Fteam%2Fproject`. */
const app = new Hono<{ Bindings: Env }>().basePath("/nodes/:path");

const node = (c: Context<{ Bindings: Env }>) => c.env.Node.getByName(c.req.param("path")!);

app.get("/", async (c) => c.json(await node(c).info()));

app.post("/children", zValidator("json", z.object({ name: z.string() })), async (c) =>
  c.json(await node(c).create(c.req.valid("json").name)),
);

app.delete("/children/:name", async (c) => {
  await node(c).delete(c.req.param("name"));
  return c.body(null, 204);
});

const Status = z.object({ status: z.string().max(200, "a status has at most 200 characters") });

app.put("/status", zValidator("json", Status), async (c) => {
  await node(c).report(c.req.valid("json").status);
  return c.body(null, 204);
});

app.onError((error, c) => {
  const { status } = error as Partial<HTTPException>;
  return status ? c.text(error.message, status) : c.text("something went wrong here", 500);
});

export default app;
