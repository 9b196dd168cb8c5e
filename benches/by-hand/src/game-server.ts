// A game server that knows its matches, and matches that play by themselves. A match comes into being when the first player
// joins: it asks its server what it is. So there is no match without a row, and a row costs nothing but itself.

import { zValidator } from "@hono/zod-validator";
import { DurableObject } from "cloudflare:workers";
import { Hono, type Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";

interface Env {
  GameServer: DurableObjectNamespace<GameServer>;
  Match: DurableObjectNamespace<Match>;
}

/** When what could not be delivered is tried again. */
const RETRY = 5_000;

/** How long a match that was removed remembers it. */
const CLOSED_IS_KEPT = 3_600_000;

/** A match, as its server knows it. */
type Listing = { number: number; map: string; seats: number; goal: number; winner: string | null; created: number };

/** How a match stands. */
type Game = { map: string; seats: number; goal: number; points: Map<string, number>; winner: string | null };

/** The name of a match: that of its server, and its number there. */
const matchName = (server: string, number: number) => `${server}:${number}`;

/** A server of matches. It never waits for one of them. */
export class GameServer extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;
  private readonly kv = this.ctx.storage.kv;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS listing (
        number INTEGER PRIMARY KEY,
        map TEXT NOT NULL,
        seats INTEGER NOT NULL,
        goal INTEGER NOT NULL,
        winner TEXT,
        created INTEGER NOT NULL
      );
      CREATE TABLE IF NOT EXISTS to_close (number INTEGER PRIMARY KEY);
    `);
  }

  /** Opens a match. It is a row, and nothing else, until somebody joins. */
  create(map: string, seats: number, goal: number) {
    // A deleted row's number would be given again by SQLite, and with it the name of the match.
    const number = (this.kv.get<number>("created") ?? 0) + 1;
    this.kv.put("created", number);
    const insert = "INSERT INTO listing (number, map, seats, goal, created) VALUES (?, ?, ?, ?, ?) RETURNING *";
    return this.sql.exec<Listing>(insert, number, map, seats, goal, Date.now()).one();
  }

  /** Its matches, in the order of their numbers, those after a number. */
  matches(after: number, limit: number) {
    const query = "SELECT * FROM listing WHERE number > ? ORDER BY number LIMIT ?";
    return this.sql.exec<Listing>(query, after, Math.min(limit, 1_000)).toArray();
  }

  /** One of them. */
  listing(number: number) {
    const [listing] = this.sql.exec<Listing>("SELECT * FROM listing WHERE number = ?", number);
    if (!listing) throw new HTTPException(404, { message: "there is no such match" });
    return listing;
  }

  /** Ends a match, whether it goes on or not. */
  remove(number: number) {
    this.listing(number);
    this.sql.exec("DELETE FROM listing WHERE number = ?", number);
    this.sql.exec("INSERT INTO to_close (number) VALUES (?)", number);
    void this.ctx.storage.setAlarm(Date.now());
  }

  /** A match says who has won. If it was removed meanwhile, nobody cares. */
  finished(number: number, winner: string) {
    this.sql.exec("UPDATE listing SET winner = ? WHERE number = ?", winner, number);
  }

  /** Closes the matches that were removed. */
  override async alarm() {
    await this.ctx.storage.setAlarm(Date.now() + RETRY);
    for (const { number } of this.sql.exec<{ number: number }>("SELECT number FROM to_close").toArray()) {
      await this.env.Match.getByName(matchName(this.ctx.id.name!, number)).close();
      this.sql.exec("DELETE FROM to_close WHERE number = ?", number);
    }
    const [left] = this.sql.exec("SELECT 1 FROM to_close LIMIT 1"); // one that was removed meanwhile
    if (!left) await this.ctx.storage.deleteAlarm();
  }
}

/** A match of a server, whose name it has with its number: `eu:7`. */
export class Match extends DurableObject<Env> {
  private readonly kv = this.ctx.storage.kv;

  /** Takes a seat. The first player brings the match into being, if its server has it. */
  async join(player: string) {
    if (this.mayBegin()) {
      const { server, number } = this.origin();
      const { map, seats, goal } = await this.env.GameServer.getByName(server).listing(number);
      // Meanwhile another player may have begun it, or the server may have removed it.
      if (this.mayBegin()) this.kv.put<Game>("game", { map, seats, goal, points: new Map(), winner: null });
    }
    const game = this.game();
    if (!game.points.has(player)) {
      if (game.points.size >= game.seats)
        throw new HTTPException(422, { message: `all ${game.seats} seats are taken` });
      game.points.set(player, 0);
      this.kv.put("game", game);
    }
    return game;
  }

  /** A player makes points. Who reaches the goal has won. */
  score(player: string, points: number) {
    const game = this.game();
    if (game.winner !== null) throw new HTTPException(422, { message: "this match is over" });
    const before = game.points.get(player);
    if (before === undefined) throw new HTTPException(422, { message: "who plays has to join first" });
    game.points.set(player, before + points);
    if (before + points >= game.goal) {
      game.winner = player;
      this.kv.put("toReport", player);
      void this.ctx.storage.setAlarm(Date.now());
    }
    this.kv.put("game", game);
    return game;
  }

  /** How the match stands. */
  game() {
    const game = this.kv.get<Game>("game");
    if (!game) throw new HTTPException(404, { message: "nobody plays this match" });
    return game;
  }

  /** The server has removed the match. Who asked the server just before that must not begin it again: so this is kept for a while. */
  close() {
    const forgetAt = Date.now() + CLOSED_IS_KEPT;
    this.kv.delete("game");
    this.kv.delete("toReport");
    this.kv.put("forgetAt", forgetAt);
    void this.ctx.storage.setAlarm(forgetAt);
  }

  /** Reports the winner; or, after a match was closed, forgets it. */
  override async alarm() {
    const winner = this.kv.get<string>("toReport");
    if (winner !== undefined) {
      await this.ctx.storage.setAlarm(Date.now() + RETRY);
      const { server, number } = this.origin();
      await this.env.GameServer.getByName(server).finished(number, winner);
      this.kv.delete("toReport");
    }
    const forgetAt = this.kv.get<number>("forgetAt");
    if (forgetAt === undefined) await this.ctx.storage.deleteAlarm();
    else if (forgetAt > Date.now()) await this.ctx.storage.setAlarm(forgetAt);
    else await this.ctx.storage.deleteAll();
  }

  private mayBegin() {
    return this.kv.get("game") === undefined && this.kv.get("forgetAt") === undefined;
  }

  private origin() {
    const [, server, number] = /^(.*):(\d+)$/s.exec(this.ctx.id.name!)!;
    return { server: server!, number: Number(number) };
  }
}

const app = new Hono<{ Bindings: Env }>().basePath("/servers/:server/matches");

type AppContext = Context<{ Bindings: Env }>;
const server = (c: AppContext) => c.env.GameServer.getByName(c.req.param("server")!);
const match = (c: AppContext) =>
  c.env.Match.getByName(matchName(c.req.param("server")!, Number(c.req.param("number"))));

const json = (game: Game) => ({ ...game, points: Object.fromEntries(game.points) });

const NewMatch = z.object({
  map: z.string(),
  seats: z.int().min(1).max(64, "a match has 1 to 64 seats"),
  goal: z.int().min(1, "a match has a goal"),
});

app.post("/", zValidator("json", NewMatch), async (c) => {
  const { map, seats, goal } = c.req.valid("json");
  return c.json(await server(c).create(map, seats, goal));
});

const Page = z.object({ after: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(0) });

app.get("/", zValidator("query", Page), async (c) => {
  const { after, limit } = c.req.valid("query");
  return c.json(await server(c).matches(after, limit));
});

app.get("/:number{[0-9]+}", async (c) => c.json(await server(c).listing(Number(c.req.param("number")))));

app.delete("/:number{[0-9]+}", async (c) => {
  await server(c).remove(Number(c.req.param("number")));
  return c.body(null, 204);
});

const Player = z.object({ player: z.string().trim().min(1, "a player has a name") });

app.post("/:number{[0-9]+}/players", zValidator("json", Player), async (c) =>
  c.json(json(await match(c).join(c.req.valid("json").player))),
);

const Score = z.object({ player: z.string(), points: z.int().min(0) });

app.post("/:number{[0-9]+}/points", zValidator("json", Score), async (c) => {
  const { player, points } = c.req.valid("json");
  return c.json(json(await match(c).score(player, points)));
});

app.get("/:number{[0-9]+}/game", async (c) => c.json(json(await match(c).game())));

app.onError((error, c) => {
  const { status } = error as Partial<HTTPException>;
  return status ? c.text(error.message, status) : c.text("something went wrong here", 500);
});

export default app;
