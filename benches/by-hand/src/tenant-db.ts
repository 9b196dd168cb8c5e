// The database of a tenant, as the third version of its program has it: a customer has any number of addresses, and is found by name whatever
// the case. What the first two versions wrote is read here.

import { DurableObject } from "cloudflare:workers";
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { z } from "zod";

interface Env {
  Tenant: DurableObjectNamespace<Tenant>;
}

const u32 = z.int().min(0).max(0xffff_ffff);

const NewCustomer = z.object({
  name: z.string().refine((name) => name.trim() !== "", "a customer needs a name"),
  seats: u32,
  emails: z.array(z.string()),
});
type NewCustomer = z.infer<typeof NewCustomer>;

const Search = z.union([
  z.object({ name: z.string() }),
  z.object({ email: z.string() }),
  z.object({ limit: z.coerce.number<string>().pipe(u32) }),
]);

type Customer = {
  id: number;
  name: string;
  /** How many people it pays for. Since version 2. */
  seats: number;
  /** The name in lower case, to be found by. Since version 3. */
  folded: string;
};

/** What makes of each version of the database the next one. They are only added to. */
const MIGRATIONS = [
  (sql: SqlStorage) => {
    sql.exec("CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL) STRICT");
  },
  (sql: SqlStorage) => {
    sql.exec(`
      ALTER TABLE customer ADD COLUMN seats INTEGER NOT NULL DEFAULT 1;
      CREATE INDEX customer_email ON customer (email);
    `);
  },
  (sql: SqlStorage) => {
    sql.exec(`
      CREATE TABLE address (
        id       INTEGER PRIMARY KEY,
        customer INTEGER NOT NULL REFERENCES customer ON DELETE CASCADE,
        email    TEXT    NOT NULL
      ) STRICT;
      CREATE INDEX address_customer ON address (customer);
      CREATE INDEX address_email ON address (email);
      INSERT INTO address (customer, email) SELECT id, email FROM customer ORDER BY id;
      DROP INDEX customer_email;
      ALTER TABLE customer DROP COLUMN email;
      ALTER TABLE customer ADD COLUMN folded TEXT NOT NULL DEFAULT '';
      CREATE INDEX customer_folded ON customer (folded);
    `);
    // What SQL can't do, since its `lower` knows ASCII only.
    for (const { id, name } of sql.exec<{ id: number; name: string }>("SELECT id, name FROM customer").toArray()) {
      sql.exec("UPDATE customer SET folded = ? WHERE id = ?", name.toLowerCase(), id);
    }
  },
];

export class Tenant extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const version = ctx.storage.kv.get<number>("version") ?? 0;
    if (version > MIGRATIONS.length) {
      throw new Error(`a newer program wrote this database: it has version ${version}, known are ${MIGRATIONS.length}`);
    }
    ctx.storage.transactionSync(() => {
      for (const migrate of MIGRATIONS.slice(version)) migrate(this.sql);
      if (version < MIGRATIONS.length) ctx.storage.kv.put("version", MIGRATIONS.length);
    });
  }

  /** Adds a customer. */
  add({ name, seats, emails }: NewCustomer): Customer {
    return this.ctx.storage.transactionSync(() => {
      const insert = "INSERT INTO customer (name, seats, folded) VALUES (?, ?, ?) RETURNING id, name, seats, folded";
      const customer = this.sql.exec<Customer>(insert, name, seats, name.toLowerCase()).one();
      for (const email of emails) {
        this.sql.exec("INSERT INTO address (customer, email) VALUES (?, ?)", customer.id, email);
      }
      return customer;
    });
  }

  /** The customers of a name, whatever its case. */
  byName(name: string): Customer[] {
    const select = "SELECT * FROM customer WHERE folded = ? ORDER BY id";
    return this.sql.exec<Customer>(select, name.toLowerCase()).toArray();
  }

  /** The customers with an address. */
  byEmail(email: string): Customer[] {
    const select = `
      SELECT customer.* FROM address JOIN customer ON customer.id = address.customer
      WHERE address.email = ? ORDER BY customer.id
    `;
    return this.sql.exec<Customer>(select, email).toArray();
  }

  /** The addresses of a customer. */
  emails(customer: number): string[] {
    const select = "SELECT email FROM address WHERE customer = ? ORDER BY id";
    return Array.from(this.sql.exec<{ email: string }>(select, customer), ({ email }) => email);
  }

  /** All customers, in the order in which they came. */
  customers(limit: number): Customer[] {
    return this.sql.exec<Customer>("SELECT * FROM customer ORDER BY id LIMIT ?", limit).toArray();
  }
}

const app = new Hono<{ Bindings: Env }>();

app.post("/:tenant/customers", zValidator("json", NewCustomer), async (c) =>
  c.json(await c.env.Tenant.getByName(c.req.param("tenant")).add(c.req.valid("json"))),
);

/** `GET /{tenant}/customers?name=…`, `?email=…`, or `?limit=…` for all. */
app.get("/:tenant/customers", zValidator("query", Search), async (c) => {
  const tenant = c.env.Tenant.getByName(c.req.param("tenant"));
  const search = c.req.valid("query");
  if ("name" in search) return c.json(await tenant.byName(search.name));
  if ("email" in search) return c.json(await tenant.byEmail(search.email));
  return c.json(await tenant.customers(search.limit));
});

app.get("/:tenant/customers/:id{[0-9]+}/emails", async (c) =>
  c.json(await c.env.Tenant.getByName(c.req.param("tenant")).emails(Number(c.req.param("id")))),
);

export default app;
