// Orders that go through several steps, once each, and are undone if one of them fails. An `Order` is the workflow: it remembers where it is, and
// its alarm takes it one step further. A warehouse, a bank and a carrier are whom the steps are asked of.

import { DurableObject } from "cloudflare:workers";
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";

interface Env {
  Order: DurableObjectNamespace<Order>;
  Warehouse: DurableObjectNamespace<Warehouse>;
  Bank: DurableObjectNamespace<Bank>;
  Carrier: DurableObjectNamespace<Carrier>;
}

const something = z.int().min(1, "an order is for something, and for some money").max(0xffff_ffff);

/** What a customer wants. */
const Purchase = z.object({
  item: z.string(),
  quantity: something,
  cents: something,
  account: z.string(),
  address: z.string(),
});
type Purchase = z.infer<typeof Purchase>;

/** The steps are taken in this order, and undone in the reverse one. */
const STEPS = ["reserve", "charge", "ship"] as const;
type Step = (typeof STEPS)[number];

/** Where an order is. A person has to look at one that is stuck, as this step could not be undone, and to resume it. */
type State = { is: "taking" | "undoing" | "stuck"; step: Step } | { is: "complete" | "cancelled" };

/** What became of a step. */
type Outcome = { done: string } | { failed: string } | "undone" | { notUndone: string };

interface Progress {
  purchase: Purchase;
  state: State;
  log: { at: number; step: Step; outcome: Outcome }[];
}

/** What a partner says: it is no use to ask again where it refuses. That it does not answer is an error. */
type Answer = { receipt: string } | { refused: string };

/** How often a step is tried again: about a minute, and four days. */
const TAKE_RETRIES = 5;
const UNDO_RETRIES = 100;

/** An order: a workflow that is taken on by its alarm, whatever crashes in between. */
export class Order extends DurableObject<Env> {
  private readonly kv = this.ctx.storage.kv;
  private readonly name = this.ctx.id.name!;

  /** Places the order. Who did not hear the answer may ask again. */
  place(purchase: Purchase): Progress {
    const placed = this.kv.get<Progress>("progress");
    if (!placed) return this.enter({ purchase, log: [] }, { is: "taking", step: STEPS[0] });
    if (JSON.stringify(placed.purchase) !== JSON.stringify(purchase)) {
      throw new HTTPException(409, { message: "this order is for something else" });
    }
    return placed;
  }

  /** Where the order is, and what happened so far. */
  progress(): Progress {
    const progress = this.kv.get<Progress>("progress");
    if (!progress) throw new HTTPException(404, { message: "nothing was ordered under this name" });
    return progress;
  }

  /** Goes on with an order that is stuck. */
  resume() {
    const progress = this.progress();
    if (progress.state.is !== "stuck") throw new HTTPException(422, { message: "this order is not stuck" });
    this.enter(progress, { is: "undoing", step: progress.state.step });
  }

  /** Takes or undoes one step. It runs again if a crash cuts it off, and the partner does nothing twice. */
  override async alarm() {
    const { purchase, state } = this.progress();
    if (state.is === "taking") await this.take(state.step, purchase);
    else if (state.is === "undoing") await this.undo(state.step, purchase);
  }

  private async take(step: Step, purchase: Purchase): Promise<void> {
    let answer: Answer;
    try {
      answer = await this.ask(step, purchase);
    } catch (error) {
      if (this.tryAgain(TAKE_RETRIES)) return;
      // The step may have been taken all the same: so it is undone, too.
      return this.note(step, { failed: (error as Error).message }, { is: "undoing", step });
    }
    if ("refused" in answer) return this.note(step, { failed: answer.refused }, undoingBefore(step));
    const next = STEPS[STEPS.indexOf(step) + 1];
    this.note(step, { done: answer.receipt }, next ? { is: "taking", step: next } : { is: "complete" });
  }

  private async undo(step: Step, purchase: Purchase): Promise<void> {
    try {
      await this.askToUndo(step, purchase);
    } catch (error) {
      if (this.tryAgain(UNDO_RETRIES)) return;
      return this.note(step, { notUndone: (error as Error).message }, { is: "stuck", step });
    }
    this.note(step, "undone", undoingBefore(step));
  }

  /** Partners know an order by its name: asked again, they do nothing and say the same. */
  private async ask(step: Step, { item, quantity, account, cents, address }: Purchase): Promise<Answer> {
    const { Warehouse, Bank, Carrier } = this.env;
    if (step === "reserve") return Warehouse.getByName(item).reserve(this.name, quantity);
    if (step === "charge") return Bank.getByName("bank").charge(this.name, account, cents);
    return Carrier.getByName("carrier").collect(this.name, address);
  }

  /** Undoes a step, also if it was never taken: then it never will be. */
  private async askToUndo(step: Step, { item }: Purchase): Promise<void> {
    const { Warehouse, Bank, Carrier } = this.env;
    if (step === "reserve") return Warehouse.getByName(item).release(this.name);
    if (step === "charge") return Bank.getByName("bank").refund(this.name);
    return Carrier.getByName("carrier").returnParcel(this.name);
  }

  /** Sets the alarm once more, after 2, 4, 8 seconds and so on up to an hour, unless it was set so often already. */
  private tryAgain(retries: number): boolean {
    const failures = (this.kv.get<number>("failures") ?? 0) + 1;
    if (failures > retries) return false;
    this.kv.put("failures", failures);
    this.ctx.storage.setAlarm(Date.now() + Math.min(2 ** failures * 1000, 3_600_000));
    return true;
  }

  /** Writes down what became of a step, and goes on: with no `await` in between, all of it is written at once. */
  private note(step: Step, outcome: Outcome, next: State) {
    const progress = this.progress();
    progress.log.push({ at: Date.now(), step, outcome });
    this.enter(progress, next);
  }

  /** Changes the state, and sets the alarm that goes with it. */
  private enter({ purchase, log }: Omit<Progress, "state">, state: State): Progress {
    const progress = { purchase, state, log };
    this.kv.put<Progress>("progress", progress);
    this.kv.delete("failures");
    if (state.is === "taking" || state.is === "undoing") this.ctx.storage.setAlarm(Date.now());
    return progress;
  }
}

/** What is left to be done when the steps before one have to be undone, the last one first. */
function undoingBefore(step: Step): State {
  const before = STEPS[STEPS.indexOf(step) - 1];
  return before ? { is: "undoing", step: before } : { is: "cancelled" };
}

// Each partner knows an order by its name, and remembers it: what it is asked again it does not do again, and what was undone before it was
// done is never done. A service that you do not run takes an idempotency key for this.

const UNDONE: Answer = { refused: "this was undone before" };

/** The shelf of one item, which is its name. */
export class Warehouse extends DurableObject<Env> {
  private readonly kv = this.ctx.storage.kv;

  /** More of the item came in; how many there are. */
  deliver(quantity: number): number {
    this.kv.put("left", this.left() + quantity);
    return this.left();
  }

  /** Puts some of the item aside. */
  reserve(order: string, quantity: number): Answer {
    const receipt = `${quantity} put aside for ${order}`;
    const reserved = this.kv.get<number>(`order/${order}`);
    if (reserved !== undefined) return reserved > 0 ? { receipt } : UNDONE;
    const left = this.left() - quantity;
    if (left < 0) return { refused: `only ${this.left()} of them are left` };
    this.kv.put("left", left);
    this.kv.put(`order/${order}`, quantity);
    return { receipt };
  }

  /** Puts it back. */
  release(order: string) {
    this.deliver(this.kv.get<number>(`order/${order}`) ?? 0);
    this.kv.put(`order/${order}`, 0);
  }

  left(): number {
    return this.kv.get<number>("left") ?? 0;
  }
}

interface Charge {
  owner: string;
  /** Nothing once it is refunded, or if it was before it was done. */
  cents: number;
}

/** A bank. */
export class Bank extends DurableObject<Env> {
  private readonly kv = this.ctx.storage.kv;

  /** Pays into an account, which it opens if there is none; what is in it. */
  deposit(owner: string, cents: number): number {
    this.kv.put(`account/${owner}`, this.balance(owner) + cents);
    return this.balance(owner);
  }

  /** Takes money for an order. */
  charge(order: string, owner: string, cents: number): Answer {
    const receipt = `${cents} cents taken from ${owner} for ${order}`;
    const charge = this.kv.get<Charge>(`charge/${order}`);
    if (charge) return charge.cents > 0 ? { receipt } : UNDONE;
    const left = this.balance(owner) - cents;
    if (left < 0) return { refused: "there is not enough money in the account" };
    this.kv.put(`account/${owner}`, left);
    this.kv.put<Charge>(`charge/${order}`, { owner, cents });
    return { receipt };
  }

  /** Gives it back. */
  refund(order: string) {
    const { owner, cents } = this.kv.get<Charge>(`charge/${order}`) ?? { owner: "", cents: 0 };
    if (cents > 0) this.deposit(owner, cents);
    this.kv.put<Charge>(`charge/${order}`, { owner, cents: 0 });
  }

  balance(owner: string): number {
    return this.kv.get<number>(`account/${owner}`) ?? 0;
  }
}

/** A carrier, who has an office that closes. */
export class Carrier extends DurableObject<Env> {
  private readonly kv = this.ctx.storage.kv;

  /** Collects a parcel, if it is for a place where the carrier goes. */
  collect(order: string, address: string): Answer {
    this.ensureOpen();
    if (address === "nowhere") return { refused: "the carrier does not go there" };
    const underway = this.kv.get<boolean>(`parcel/${order}`);
    if (underway === false) return UNDONE;
    this.kv.put(`parcel/${order}`, true);
    return { receipt: `parcel ${order} to ${address}` };
  }

  /** Brings a parcel back. */
  returnParcel(order: string) {
    this.ensureOpen();
    this.kv.put(`parcel/${order}`, false);
  }

  /** How many parcels go to customers. */
  underway(): number {
    return [...this.kv.list<boolean>({ prefix: "parcel/" })].filter(([, underway]) => underway).length;
  }

  /** Opens or closes the office. While it is closed it does not answer. */
  setClosed(closed: boolean) {
    this.kv.put("closed", closed);
  }

  private ensureOpen() {
    if (this.kv.get<boolean>("closed")) throw new Error("the carrier's office is closed");
  }
}

const app = new Hono<{ Bindings: Env }>();

app.put("/orders/:order", zValidator("json", Purchase), async (c) =>
  c.json(await c.env.Order.getByName(c.req.param("order")).place(c.req.valid("json"))),
);

app.get("/orders/:order", async (c) => c.json(await c.env.Order.getByName(c.req.param("order")).progress()));

app.post("/orders/:order/resume", async (c) => {
  await c.env.Order.getByName(c.req.param("order")).resume();
  return c.body(null, 204);
});

app.onError((error, c) => {
  const { status } = error as Partial<HTTPException>;
  return status ? c.text(error.message, status) : c.text("something went wrong here", 500);
});

export default app;
