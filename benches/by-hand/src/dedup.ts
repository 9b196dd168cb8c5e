// Single flight: identical requests that come at once share one call of what is behind, and its result is kept for a while.

import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";

interface Env {
  Lookup: DurableObjectNamespace<Lookup>;
  Upstream: DurableObjectNamespace<Upstream>;
}

interface Kept {
  answer: string;
  until: number;
}

/** How long an answer is kept, in milliseconds. */
const KEPT = 60_000;

/** A request, after which the object is named: those of one name are identical. */
export class Lookup extends DurableObject<Env> {
  private flight?: Promise<string>;

  /** The answer. Upstream is asked once, however many callers there are. */
  async get(): Promise<string> {
    const kept = this.ctx.storage.kv.get<Kept>("kept");
    if (kept && kept.until > Date.now()) return kept.answer;
    this.flight ??= this.ask().finally(() => (this.flight = undefined));
    return this.flight;
  }

  /** Forgets the answer that is kept. */
  forget() {
    this.ctx.storage.kv.delete("kept");
  }

  private async ask(): Promise<string> {
    const question = this.ctx.id.name!;
    const answer = await this.env.Upstream.getByName("upstream").ask(question);
    this.ctx.storage.kv.put<Kept>("kept", { answer, until: Date.now() + KEPT });
    return answer;
  }
}

/** What is slow, costs money, and is asked once. Here it is an object that counts; put `fetch` in its place. */
export class Upstream extends DurableObject<Env> {
  private readonly kv = this.ctx.storage.kv;

  async ask(question: string): Promise<string> {
    const call = this.calls() + 1;
    this.kv.put("calls", call);
    const broken = this.kv.get<boolean>("broken");
    await scheduler.wait(300);
    if (broken) throw new Error("upstream is broken");
    return `${question}? Answer ${call}.`;
  }

  /** Lets it fail, or work again. */
  setBroken(broken: boolean) {
    this.kv.put("broken", broken);
  }

  /** How often it was asked. */
  calls(): number {
    return this.kv.get<number>("calls") ?? 0;
  }
}

const app = new Hono<{ Bindings: Env }>();

app.get("/lookups/:question", async (c) => c.text(await c.env.Lookup.getByName(c.req.param("question")).get()));

app.delete("/lookups/:question", async (c) => {
  await c.env.Lookup.getByName(c.req.param("question")).forget();
  return c.body(null, 204);
});

app.onError((_, c) => c.text("upstream does not answer", 502));

export default app;
