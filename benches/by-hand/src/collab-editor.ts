// A document that many edit at once: edits that meet converge. What edits are, and how they are merged, is the business of Yjs, here and in the
// page. The object keeps them in the order in which they came, hands each to everybody else, and now and then writes down what they come to.

import { DurableObject } from "cloudflare:workers";
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import * as Y from "yjs";
import { z } from "zod";

interface Env {
  Document: DurableObjectNamespace<Document>;
}

/** What the text is called inside the document, here and in the page. */
const TEXT = "text";

/** After how many edits they are summed up. */
const SUM_UP_AFTER = 100;

/** How many edits are kept one by one, at least, so that each version of them can be seen. */
const KEPT = 500;

/** How many bytes an edit may have. */
const LARGEST_EDIT = 512 << 10;

/** How many bytes of a snapshot are in a row: no value may have more than 2 MB. */
const PART = 1 << 20;

/** Where somebody is in the text, as Yjs's relative positions. It is kept with the socket, where there is little room. */
const Position = z.string().max(1000);
const Cursor = z.strictObject({ anchor: Position, head: Position });

/** What an editor says as text. Binary messages are edits. */
const Said = z.object({ cursor: Cursor });

const Opened = z.object({ user: z.string().trim().min(1).max(40, "a name has 1 to 40 characters") });

/** What is remembered of an editor while the document sleeps. */
interface Editor {
  id: string;
  user: string;
  cursor?: z.infer<typeof Cursor>;
}

/** What an editor is told as text: that all was sent, that an edit is on disk, where somebody is, or that they left. */
type Told = "ready" | "kept" | { cursor: Editor } | { left: string };

type Edit = { version: number; author: string; update: ArrayBuffer; at: number };

/** A version of the document that can still be seen; the author is nobody if it is a summary of many. */
type Version = { version: number; author: string | null; at: number };

/** A document. */
export class Document extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.sql.exec(`
      CREATE TABLE IF NOT EXISTS edit (
        version INTEGER PRIMARY KEY, -- the newest is always kept, so that numbers only grow
        author TEXT NOT NULL,
        "update" BLOB NOT NULL,
        at INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE IF NOT EXISTS snapshot (
        version INTEGER NOT NULL,
        part INTEGER NOT NULL,
        state BLOB NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (version, part)
      ) STRICT;
    `);
  }

  /** Somebody opens the document. They get all of it in one turn, so that nothing falls between. */
  override async fetch(request: Request): Promise<Response> {
    const { user } = Opened.parse(Object.fromEntries(new URL(request.url).searchParams));
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    server.serializeAttachment({ id: crypto.randomUUID(), user } satisfies Editor);
    for (const update of this.upTo(this.version())) server.send(update);
    for (const other of this.others(server)) {
      const editor = other.deserializeAttachment() as Editor;
      if (editor.cursor) tell(server, { cursor: editor });
    }
    tell(server, "ready");
    return new Response(null, { status: 101, webSocket: client });
  }

  /** An editor says something. An edit is on disk before anybody hears of it. */
  override async webSocketMessage(socket: WebSocket, said: string | ArrayBuffer) {
    const editor = socket.deserializeAttachment() as Editor;
    try {
      if (typeof said === "string") {
        const { cursor } = Said.parse(JSON.parse(said));
        socket.serializeAttachment({ ...editor, cursor } satisfies Editor);
        for (const other of this.others(socket)) tell(other, { cursor: { ...editor, cursor } });
      } else {
        await this.keep(editor.user, said);
        for (const other of this.others(socket)) other.send(said);
        tell(socket, "kept");
      }
    } catch (error) {
      socket.close(1008, error instanceof HTTPException ? error.message : "this is neither an edit nor a cursor");
    }
  }

  /** Somebody has left, and their cursor goes. */
  override async webSocketClose(socket: WebSocket) {
    const { id } = socket.deserializeAttachment() as Editor;
    for (const other of this.others(socket)) tell(other, { left: id });
  }

  override async webSocketError(socket: WebSocket) {
    await this.webSocketClose(socket);
  }

  /** An edit of a program's. */
  async edit(author: string, update: ArrayBuffer): Promise<void> {
    await this.keep(author, update);
    for (const socket of this.others()) socket.send(update);
  }

  /** The text as it is, or as it was. */
  text(version = this.version()): string {
    return this.at(version).getText(TEXT).toString();
  }

  /** The versions that can be seen, the oldest first. */
  history(): Version[] {
    const versions = `
      SELECT version, NULL AS author, at FROM snapshot
      WHERE part = 0 AND version < (SELECT coalesce(min(version), 0) FROM edit)
      UNION ALL SELECT version, author, at FROM edit ORDER BY version
    `;
    return this.sql.exec<Version>(versions).toArray();
  }

  /** Writes down what the edits come to. Those before the newest few hundred go: of them the snapshots are left. */
  override async alarm() {
    const version = this.version();
    const state = Y.encodeStateAsUpdate(this.at(version));
    this.ctx.storage.transactionSync(() => {
      for (let part = 0; part * PART < state.length; part++) {
        const bytes = state.slice(part * PART, (part + 1) * PART);
        const insert = "INSERT OR REPLACE INTO snapshot (version, part, state, at) VALUES (?, ?, ?, ?)";
        this.sql.exec(insert, version, part, bytes, Date.now());
      }
      this.sql.exec("DELETE FROM edit WHERE version <= ?", version - KEPT);
    });
  }

  /** Keeps an edit as the next version. */
  private async keep(author: string, update: ArrayBuffer): Promise<void> {
    if (update.byteLength > LARGEST_EDIT) {
      throw new HTTPException(422, { message: `an edit has at most ${LARGEST_EDIT} bytes` });
    }
    Y.decodeUpdate(new Uint8Array(update)); // throws if it is none
    const insert = `INSERT INTO edit (author, "update", at) VALUES (?, ?, ?) RETURNING version`;
    const { version } = this.sql.exec<{ version: number }>(insert, author, update, Date.now()).one();
    const newest = "SELECT coalesce(max(version), 0) AS version FROM snapshot";
    const summedUp = this.sql.exec<{ version: number }>(newest).one().version;
    if (version - summedUp >= SUM_UP_AFTER && (await this.ctx.storage.getAlarm()) === null) {
      await this.ctx.storage.setAlarm(Date.now() + 1000);
    }
  }

  /** How many edits there ever were: the newest version. */
  private version(): number {
    return this.sql.exec<{ version: number }>("SELECT coalesce(max(version), 0) AS version FROM edit").one().version;
  }

  /** The document as it was. */
  private at(version: number): Y.Doc {
    const doc = new Y.Doc();
    doc.transact(() => {
      for (const update of this.upTo(version)) Y.applyUpdate(doc, update);
    });
    return doc;
  }

  /** What makes a version: the last snapshot before it, and the edits from there. */
  private upTo(version: number): Uint8Array[] {
    const select = `
      SELECT version, state FROM snapshot
      WHERE version = (SELECT max(version) FROM snapshot WHERE version <= ?) ORDER BY part
    `;
    const parts = this.sql.exec<{ version: number; state: ArrayBuffer }>(select, version).toArray();
    const from = parts[0]?.version ?? 0;
    const after = "SELECT * FROM edit WHERE version > ? AND version <= ? ORDER BY version";
    const edits = this.sql.exec<Edit>(after, from, version).toArray();
    if (version > this.version() || edits.length !== version - from) {
      throw new HTTPException(404, { message: "this version can't be seen: the history says which can" });
    }
    const updates = edits.map(({ update }) => new Uint8Array(update));
    return parts.length > 0 ? [joined(parts.map(({ state }) => state)), ...updates] : updates;
  }

  /** The sockets that are open, but one. */
  private others(socket?: WebSocket): WebSocket[] {
    const isOther = (it: WebSocket) => it !== socket && it.readyState === WebSocket.READY_STATE_OPEN;
    return this.ctx.getWebSockets().filter(isOther);
  }
}

function tell(socket: WebSocket, told: Told) {
  socket.send(JSON.stringify(told));
}

function joined(parts: ArrayBuffer[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.byteLength, 0));
  parts.forEach((part, index) => bytes.set(new Uint8Array(part), index * PART));
  return bytes;
}

const app = new Hono<{ Bindings: Env }>();

app.get("/:document", zValidator("query", Opened), async (c) => {
  if (c.req.header("upgrade") !== "websocket") return c.text("a document is opened by a WebSocket", 426);
  return c.env.Document.getByName(c.req.param("document")).fetch(c.req.raw);
});

app.get("/:document/text", async (c) => c.text(await c.env.Document.getByName(c.req.param("document")).text()));

app.get("/:document/versions", async (c) => c.json(await c.env.Document.getByName(c.req.param("document")).history()));

app.get("/:document/versions/:version{[0-9]+}", async (c) =>
  c.text(await c.env.Document.getByName(c.req.param("document")).text(Number(c.req.param("version")))),
);

app.onError((error, c) => {
  const { status } = error as Partial<HTTPException>;
  return status ? c.text(error.message, status) : c.text("something went wrong here", 500);
});

export default app;
