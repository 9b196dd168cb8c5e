// A leaderboard: the best score of each player, the top of all, and the rank of anybody among any number of players.
//
// To count who is better is a scan. So the table `tally` has, for each beginning of a score that occurs, the number of players whose score
// begins so: a score has 32 bits, eight digits of four. To write a score changes eight rows, to rank one adds up at most fifteen for each digit.

import { DurableObject } from "cloudflare:workers";
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { z } from "zod";

interface Env {
  Leaderboard: DurableObjectNamespace<Leaderboard>;
}

/** How many digits of a score are left out at the end. */
const LEVELS = "json_each('[0, 1, 2, 3, 4, 5, 6, 7]')";
const WHOLE = 0;
const FIRST_DIGIT = 7;

const Player = z.object({ name: z.string().min(1).max(40), points: z.int().min(0).max(0xffff_ffff) });
type Player = z.infer<typeof Player>;

const Top = z.object({ limit: z.coerce.number<string>().int().min(0).max(1000, "a page has at most 1000 lines") });

const Neighbours = z.object({
  each: z.coerce.number<string>().int().min(0).max(500, "there are at most 500 neighbours on each side"),
});

interface Standing extends Player {
  /** One more than there are better players: who has the same score has the same rank. */
  rank: number;
}

/** A board. */
export class Leaderboard extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS player (name TEXT PRIMARY KEY, points INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS player_by_points ON player (points DESC, name);
      CREATE TABLE IF NOT EXISTS tally (
        level INTEGER NOT NULL,
        prefix INTEGER NOT NULL,
        players INTEGER NOT NULL,
        PRIMARY KEY (level, prefix)
      ) STRICT, WITHOUT ROWID;
    `);
  }

  /** Takes a score. It counts if it is the best one of this player. */
  submit(score: Player): Standing {
    this.submitAll([score]);
    return this.rank([this.player(score.name)!])[0]!;
  }

  /** Takes many scores: all of them, or none. */
  submitAll(scores: Player[]) {
    this.ctx.storage.transactionSync(() => {
      for (const { name, points } of scores) {
        const best = this.player(name);
        if (best && best.points >= points) continue;
        if (best) this.count(best.points, -1);
        this.count(points, 1);
        this.sql.exec("INSERT OR REPLACE INTO player (name, points) VALUES (?, ?)", name, points);
      }
    });
  }

  /** Takes a player off the board; whether there was one. */
  remove(name: string): boolean {
    const player = this.player(name);
    if (!player) return false;
    this.ctx.storage.transactionSync(() => {
      this.sql.exec("DELETE FROM player WHERE name = ?", name);
      this.count(player.points, -1);
    });
    return true;
  }

  /** How many players there are. */
  players(): number {
    const sum = "SELECT coalesce(sum(players), 0) AS players FROM tally WHERE level = ?";
    return this.sql.exec<{ players: number }>(sum, FIRST_DIGIT).one().players;
  }

  /** The best players; those of one rank by their names. */
  top(limit: number): Standing[] {
    return this.rank(this.select("ORDER BY points DESC, name LIMIT ?", limit));
  }

  /** Where a player stands. */
  standing(name: string): Standing | undefined {
    const player = this.player(name);
    return player && this.rank([player])[0];
  }

  /** A player, so many before, and so many behind. Each side is two ranges of the index: the same score, then other ones. */
  neighbours(name: string, each: number): Standing[] {
    const player = this.player(name);
    if (!player) return [];
    const { points } = player;
    const before = this.select("WHERE points = ? AND name < ? ORDER BY name DESC LIMIT ?", points, name, each);
    const better = "WHERE points > ? ORDER BY points, name DESC LIMIT ?";
    before.push(...this.select(better, points, each - before.length));
    const behind = this.select("WHERE points = ? AND name > ? ORDER BY name LIMIT ?", points, name, each);
    const worse = "WHERE points < ? ORDER BY points DESC, name LIMIT ?";
    behind.push(...this.select(worse, points, each - behind.length));
    return this.rank([...before.reverse(), player, ...behind]);
  }

  private select(rest: string, ...bindings: (string | number)[]): Player[] {
    return this.sql.exec<Player>(`SELECT name, points FROM player ${rest}`, ...bindings).toArray();
  }

  private player(name: string): Player | undefined {
    return this.select("WHERE name = ?", name)[0];
  }

  /** Gives players that follow each other on the board their ranks: the first by the tally, each next one by those before it. */
  private rank(players: Player[]): Standing[] {
    const standings: Standing[] = [];
    for (const player of players) {
      const before = standings.at(-1);
      let rank: number;
      if (!before) rank = 1 + this.better(player.points);
      else if (before.points === player.points) rank = before.rank;
      else rank = before.rank + this.tied(before.points);
      standings.push({ rank, ...player });
    }
    return standings;
  }

  private tied(points: number): number {
    const select = "SELECT players FROM tally WHERE level = ? AND prefix = ?";
    return this.sql.exec<{ players: number }>(select, WHOLE, points).one().players;
  }

  /** How many players are better: for each digit those with a larger one after the same beginning. */
  private better(points: number): number {
    const sum = `
      SELECT coalesce(sum(players), 0) AS players FROM ${LEVELS} CROSS JOIN tally
      ON level = value AND prefix > ?1 >> (4 * value) AND prefix <= (?1 >> (4 * value)) | 15
    `;
    return this.sql.exec<{ players: number }>(sum, points).one().players;
  }

  /** Counts a player of a score, or one less. */
  private count(points: number, change: 1 | -1) {
    const count = `
      INSERT INTO tally (level, prefix, players) SELECT value, ?1 >> (4 * value), ?2 FROM ${LEVELS} WHERE true
      ON CONFLICT DO UPDATE SET players = players + excluded.players
    `;
    this.sql.exec(count, points, change);
    const rows = `SELECT value, ?1 >> (4 * value) FROM ${LEVELS}`;
    if (change < 0) this.sql.exec(`DELETE FROM tally WHERE (level, prefix) IN (${rows}) AND players = 0`, points);
  }
}

const app = new Hono<{ Bindings: Env }>();

app.post("/:board/scores", zValidator("json", Player), async (c) =>
  c.json(await c.env.Leaderboard.getByName(c.req.param("board")).submit(c.req.valid("json"))),
);

app.get("/:board/players", async (c) => c.json(await c.env.Leaderboard.getByName(c.req.param("board")).players()));

app.get("/:board/top", zValidator("query", Top), async (c) =>
  c.json(await c.env.Leaderboard.getByName(c.req.param("board")).top(c.req.valid("query").limit)),
);

app.get("/:board/players/:name", async (c) => {
  const { board, name } = c.req.param();
  const standing = await c.env.Leaderboard.getByName(board).standing(name);
  return standing ? c.json(standing) : c.text("there is no such player", 404);
});

app.get("/:board/players/:name/neighbours", zValidator("query", Neighbours), async (c) => {
  const { board, name } = c.req.param();
  return c.json(await c.env.Leaderboard.getByName(board).neighbours(name, c.req.valid("query").each));
});

export default app;
