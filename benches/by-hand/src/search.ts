// A library of documents, and full-text search over them: the best match first, with a snippet of each.

import { DurableObject } from "cloudflare:workers";
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { z } from "zod";

interface Env {
  Library: DurableObjectNamespace<Library>;
}

const Draft = z.object({
  title: z.string().refine((title) => title.trim() !== "", "a document needs a title"),
  body: z.string(),
});
type Draft = z.infer<typeof Draft>;

const DocumentId = z.object({ id: z.coerce.number<string>().int().min(1) });

const Query = z.object({
  q: z.string().max(4096),
  limit: z.coerce.number<string>().int().min(0).max(100, "a search gives at most 100 hits").default(10),
});

type Document = { id: number; title: string; body: string; at: number };

type Hit = {
  id: number;
  title: string;
  /** Where the words were found, as HTML: the text is escaped, and each found word is in `<mark>`. */
  snippet: string;
  /** The less, the better. It compares hits of one search only. */
  rank: number;
};

/** The documents of one tenant, one project, one person. */
export class Library extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.sql.exec(`
      CREATE VIRTUAL TABLE IF NOT EXISTS document
      USING fts5 (title, body, at UNINDEXED, tokenize = 'porter unicode61')
    `);
  }

  /** Adds documents: all of them, or none. Their numbers. */
  add(drafts: Draft[]): number[] {
    return this.ctx.storage.transactionSync(() =>
      drafts.map(({ title, body }) => {
        this.sql.exec("INSERT INTO document (title, body, at) VALUES (?, ?, ?)", title, body, Date.now());
        // `RETURNING rowid` is -1 where the table is a virtual one.
        return this.sql.exec<{ id: number }>("SELECT last_insert_rowid() AS id").one().id;
      }),
    );
  }

  /** Changes a document; whether it is there. The next search finds it by its new words only. */
  change(id: number, { title, body }: Draft): boolean {
    if (!this.document(id)) return false;
    this.sql.exec("UPDATE document SET title = ?, body = ?, at = ? WHERE rowid = ?", title, body, Date.now(), id);
    return true;
  }

  /** Takes a document out; whether it was there. */
  remove(id: number): boolean {
    const isThere = this.document(id) !== undefined;
    this.sql.exec("DELETE FROM document WHERE rowid = ?", id);
    return isThere;
  }

  document(id: number): Document | undefined {
    return this.sql
      .exec<Document>("SELECT rowid AS id, title, body, at FROM document WHERE rowid = ?", id)
      .toArray()[0];
  }

  /** The documents in which all words of a query occur; `word*` is for all words that begin so. Nothing else in a query has a meaning. */
  search(query: string, limit: number): Hit[] {
    const words = query.match(/[\p{L}\p{M}\p{N}\p{Co}]+\*?/gu);
    if (!words) return [];
    const terms = words.map((word) => (word.endsWith("*") ? `"${word.slice(0, -1)}"*` : `"${word}"`));
    const select = `
      SELECT rowid AS id, title, snippet(document, 1, char(2), char(3), '…', 12) AS snippet, rank
      FROM document WHERE document MATCH ? ORDER BY rank LIMIT ?
    `;
    const hits = this.sql.exec<Hit>(select, terms.join(" "), limit).toArray();
    return hits.map((hit) => ({ ...hit, snippet: html(hit.snippet) }));
  }
}

/** A text with marks, as HTML: the marks are characters that are no markup until the text is escaped. */
function html(marked: string): string {
  return marked
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")
    .replaceAll("\u0002", "<mark>")
    .replaceAll("\u0003", "</mark>");
}

const app = new Hono<{ Bindings: Env }>();

app.post("/:library/documents", zValidator("json", z.array(Draft)), async (c) =>
  c.json(await c.env.Library.getByName(c.req.param("library")).add(c.req.valid("json"))),
);

app.get("/:library/documents/:id", zValidator("param", DocumentId), async (c) => {
  const document = await c.env.Library.getByName(c.req.param("library")).document(c.req.valid("param").id);
  return document ? c.json(document) : c.text("there is no such document", 404);
});

app.put("/:library/documents/:id", zValidator("param", DocumentId), zValidator("json", Draft), async (c) => {
  const library = c.env.Library.getByName(c.req.param("library"));
  const isThere = await library.change(c.req.valid("param").id, c.req.valid("json"));
  return isThere ? c.body(null, 204) : c.text("there is no such document", 404);
});

app.delete("/:library/documents/:id", zValidator("param", DocumentId), async (c) =>
  c.json(await c.env.Library.getByName(c.req.param("library")).remove(c.req.valid("param").id)),
);

app.get("/:library/search", zValidator("query", Query), async (c) => {
  const { q, limit } = c.req.valid("query");
  return c.json(await c.env.Library.getByName(c.req.param("library")).search(q, limit));
});

export default app;
