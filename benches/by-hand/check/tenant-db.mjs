import assert from "node:assert/strict";

/** The first two versions of the program, as far as they write; and one of the time to come. */
const old = (version, steps, insert) => `
  import { DurableObject } from "cloudflare:workers";
  export class Tenant extends DurableObject {
    constructor(ctx, env) {
      super(ctx, env);
      const version = ctx.storage.kv.get("version") ?? 0;
      for (const step of ${JSON.stringify(steps)}.slice(version)) ctx.storage.sql.exec(step);
      ctx.storage.kv.put("version", ${version});
    }
    add(...bindings) {
      this.ctx.storage.sql.exec(${JSON.stringify(insert)}, ...bindings);
    }
  }
  export default {
    async fetch(request, env) {
      const { name, args } = await request.json();
      return Response.json({ result: name && (await env.Tenant.getByName(name).add(...args)) });
    },
  };`;

const STEPS = [
  "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL) STRICT",
  `ALTER TABLE customer ADD COLUMN seats INTEGER NOT NULL DEFAULT 1; CREATE INDEX customer_email ON customer (email)`,
];

export default async function (program) {
  const today = program.source;
  const run = async (source) => {
    program.source = source;
    await program.restart();
    return program.object("Tenant", "acme");
  };
  const get = async (path) => (await program.http("GET", `/acme/customers${path}`)).body;

  const first = await run(old(1, STEPS.slice(0, 1), "INSERT INTO customer (name, email) VALUES (?, ?)"));
  await first.add("Ärzte ohne Namen", "info@example.org");
  const second = await run(old(2, STEPS, "INSERT INTO customer (name, email, seats) VALUES (?, ?, ?)"));
  await second.add("Bäcker Berg", "berg@example.org", 5);

  await run(today);
  const names = (customers) => customers.map(({ id, name, seats }) => `${id} ${name} ${seats}`);
  assert.deepEqual(names(await get("?limit=10")), ["1 Ärzte ohne Namen 1", "2 Bäcker Berg 5"]);
  assert.deepEqual(await get("/1/emails"), ["info@example.org"]);
  assert.deepEqual(names(await get(`?name=${encodeURIComponent("ÄRZTE OHNE NAMEN")}`)), ["1 Ärzte ohne Namen 1"]);

  const emails = ["c@example.org", "berg@example.org"];
  const added = await program.http("POST", "/acme/customers", { name: "Cáfe", seats: 2, emails });
  assert.deepEqual(added.body, { id: 3, name: "Cáfe", seats: 2, folded: "cáfe" });
  assert.deepEqual(names(await get("?email=berg@example.org")), ["2 Bäcker Berg 5", "3 Cáfe 2"]);
  assert.equal((await program.http("POST", "/acme/customers", { name: " ", seats: 2, emails })).status, 400);
  assert.equal((await program.http("POST", "/acme/customers", { name: "D", seats: -1, emails })).status, 400);
  assert.equal((await program.http("GET", "/acme/customers?limit=x")).status, 400);

  await (await run(old(4, [], "SELECT ?"))).add(1);
  const tenant = await run(today);
  await assert.rejects(() => tenant.emails(1), /a newer program wrote this database: it has version 4, known are 3/);
  assert.equal((await program.http("GET", "/acme/customers/1/emails")).status, 500);
}
