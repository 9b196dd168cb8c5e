// Leader election: members of a group are heard, one of them leads, and its term fences off those who led before.

import { zValidator } from "@hono/zod-validator";
import { DurableObject } from "cloudflare:workers";
import { Hono, type Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";

interface Env {
  Group: DurableObjectNamespace<Group>;
}

/** A member that was not heard for so long is gone. Members send a heartbeat at least twice in this time. */
const PATIENCE = 5_000;

/** Who leads, with its fencing token, until when. */
type Leader = { name: string; term: number; until: number };

/** Who was elected last. It leads for as long as it is a member. */
type Elected = { name: string | null; term: number };

export class Group extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS member (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, heard INTEGER NOT NULL);
      CREATE INDEX IF NOT EXISTS member_by_heard ON member (heard);
    `);
  }

  /** Says that a member is there, and learns who leads. Who was gone, or is new, joins behind the others. */
  heartbeat(name: string) {
    this.elect(); // a leader who comes too late does not lead any more
    const upsert =
      "INSERT INTO member (name, heard) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET heard = excluded.heard";
    this.sql.exec(upsert, name, Date.now());
    return this.elect();
  }

  /** Gives leadership up, and leaves the group. The member that has been there longest follows at once. */
  release(name: string, term: number) {
    const leader = this.leader();
    if (leader?.name !== name || leader.term !== term) {
      throw new HTTPException(409, { message: "you do not lead this group in this term" });
    }
    this.sql.exec("DELETE FROM member WHERE name = ?", name);
    this.elect();
  }

  /** Who leads, if anybody does. */
  leader(): Leader | null {
    const { name, term } = this.elected();
    const query = "SELECT heard FROM member WHERE name = ? AND heard > ?";
    const [leader] = this.sql.exec<{ heard: number }>(query, name, Date.now() - PATIENCE);
    return name !== null && leader ? { name, term, until: leader.heard + PATIENCE } : null;
  }

  /** Who is there, in the order in which they would lead. */
  members() {
    const query = "SELECT name FROM member WHERE heard > ? ORDER BY id";
    return [...this.sql.exec<{ name: string }>(query, Date.now() - PATIENCE)].map(({ name }) => name);
  }

  /** The leader should have been heard by now. */
  override alarm() {
    this.elect();
  }

  private elected() {
    return this.ctx.storage.kv.get<Elected>("elected") ?? { name: null, term: 0 };
  }

  /** If the leader is gone, the member that has been there longest leads, in a new term. */
  private elect() {
    this.sql.exec("DELETE FROM member WHERE heard <= ?", Date.now() - PATIENCE);
    if (this.leader() === null) {
      const [name = null] = this.members();
      const { term } = this.elected();
      this.ctx.storage.kv.put<Elected>("elected", { name, term: name === null ? term : term + 1 });
    }
    const leader = this.leader();
    if (leader) void this.ctx.storage.setAlarm(leader.until);
    return leader;
  }
}

const app = new Hono<{ Bindings: Env }>().basePath("/groups/:group");

const group = (c: Context<{ Bindings: Env }>) => c.env.Group.getByName(c.req.param("group")!);

const Member = z.object({ name: z.string().min(1, "a member has a name") });

app.post("/heartbeat", zValidator("json", Member), async (c) =>
  c.json(await group(c).heartbeat(c.req.valid("json").name)),
);

app.post("/release", zValidator("json", z.object({ name: z.string(), term: z.int() })), async (c) => {
  const { name, term } = c.req.valid("json");
  await group(c).release(name, term);
  return c.body(null, 204);
});

app.get("/leader", async (c) => c.json(await group(c).leader()));

app.get("/members", async (c) => c.json(await group(c).members()));

app.onError((error, c) => {
  const { status } = error as Partial<HTTPException>;
  return status ? c.text(error.message, status) : c.text("something went wrong here", 500);
});

export default app;
