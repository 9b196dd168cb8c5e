«/** How to reach the objects. */
export interface ConnectOptions {
  /** Where the server is, such as `https://example.com`. Without it, where the page came from. */
  url?: string | URL;
  /** A bearer token, or what gives one for each request. */
  token?: string | (() => string | undefined | Promise<string | undefined>);
  /** Instead of the global one. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** How long a call may take, with all of its tries, in milliseconds: 30,000. */
  timeout?: number;
  /** How often a call is tried again that was not answered: 4. With 0, calls that write have no key unless they are given one. */
  retries?: number;
}

/** What can be said of one call. */
export interface CallOptions {
  /** Applies the call once under this key. Without it a key is drawn for each call that writes. */
  idempotencyKey?: string;
  /** Gives the call up. What has begun on the server goes on. */
  signal?: AbortSignal;
  /** As of `connect`. */
  timeout?: number;
  /** As of `connect`. */
  retries?: number;
}

/** An object by its name, or by its id. */
export type Which = string | { id: ObjectId };

/** 64 hexadecimal digits. */
export type ObjectId = string;

/** A UUID with its hyphens. */
export type Uuid = string;

/** Milliseconds since 1970-01-01T00:00:00Z: `new Date(timestamp)`. */
export type Timestamp = number;

/** How long something takes, in ISO 8601, such as `PT1M30S`; `1m 30s` is taken too. */
export type Period = string;

declare const row: unique symbol;

/** The key of a row: a number that is of one table. `idOf<"Message">(7)` makes one. */
export type Id<Row extends string> = number & { readonly [row]: Row };

/** What kind of error it is. */
export type ErrorKind = KINDS;

/** How a call ended. */
export type Outcome<T, E> = { ok: true; value: T } | { ok: false; error: RpcError<E> };

/** The result of a call on its way. It was sent already. */
export interface Call<T, E = never> extends Promise<T> {
  /** How the call ends, with the type of the method's own error. It rejects only if the call is given up. */
  outcome(): Promise<Outcome<T, E>>;
}

/** What it means to call a method again: nothing; that a key is needed; or that it is not done. */
type Again = "harmless" | "keyed" | "once";

/** What is made of an answer. */
type Read<T> = (response: Response) => Promise<T>;

interface Problem {
  kind: ErrorKind;
  status: number;
  detail: string;
  retryable: boolean;
  retryAfter?: number | undefined;
  requestId?: string | undefined;
  field?: string | undefined;
  error?: unknown;
}
»
/** A call that failed. */
export class RpcError«<E = unknown>» extends Error {
«  /** What kind of error it is. */
  readonly kind: ErrorKind;
  /** The status of HTTP; 0 if there was no answer. */
  readonly status: number;
  /** A sentence for a person. */
  readonly detail: string;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** After how many milliseconds that is worth a try, if it is known. */
  readonly retryAfter: number | undefined;
  /** By which the server's log has it. */
  readonly requestId: string | undefined;
  /** The argument that was wrong. */
  readonly field: string | undefined;
  /** The method's own error, if that is what it is. */
  readonly error: E | undefined;

»
  constructor(problem«: Problem», cause«?: unknown») {
    super(problem.detail, cause === undefined ? undefined : { cause });
    this.name = "RpcError";
    this.kind = problem.kind;
    this.status = problem.status;
    this.detail = problem.detail;
    this.retryable = problem.retryable;
    this.retryAfter = problem.retryAfter;
    this.requestId = problem.requestId;
    this.field = problem.field;
    this.error = problem.error« as E | undefined»;
  }
}

/** A number as the key of a row. */
export function idOf«<Row extends string>»(number«: number»)«: Id<Row>» {
  return number« as Id<Row>»;
}

const TIMEOUT = 30_000;
const RETRIES = 4;
/** The first pause before another try, and the longest one, in milliseconds. */
const PAUSE = 100;
const LONGEST_PAUSE = 5_000;
/** How long it is waited for an answer that tells why there is none. */
const PATIENCE = 10_000;
/** The longest that a timer can wait. */
const LONGEST_TIMER = 2_147_483_647;

/** An object on a server. */
class Target {
  «readonly »options«: ConnectOptions»;
  «readonly »className«: string»;
  «readonly »which«: Which»;
  /** As a part of a path. */
  «readonly »part«: string»;

  constructor(options«: ConnectOptions», className«: string», which«: Which») {
    this.options = options;
    this.className = className;
    this.which = which;
    this.part = typeof which === "string" ? named(which) : `by-id/${encodeURIComponent(which.id)}`;
  }

  call«<T, E>»(method«: string», again«: Again», args«: object», options«: CallOptions»)«: Call<T, E>» {
    const result = this.#until(method, again, args, options, whole)« as Promise<T>»;
    const outcome = ()«: Promise<Outcome<T, E>>» =>
      result.then(
        (value) => ({ ok: true, value }),
        (error) => {
          if (error instanceof RpcError) return { ok: false, error };
          throw error;
        },
      );
    return Object.assign(result, { outcome });
  }

  /** An answer whose head has come. */
  head(method«: string», again«: Again», args«: object», options«: CallOptions»)«: Promise<Response>» {
    return this.#until(method, again, args, options, async (response) => response);
  }

  /** Tries until there is an answer, or no time. */
  async #until«<T>»(method«: string», again«: Again», args«: object», options«: CallOptions», read«: Read<T>»)«: Promise<T>» {
    const { signal } = options;
    signal?.throwIfAborted();
    const retries = options.retries ?? this.options.retries ?? RETRIES;
    const timeout = Math.min(options.timeout ?? this.options.timeout ?? TIMEOUT, LONGEST_TIMER);
    const key = options.idempotencyKey ?? (again === "keyed" && retries > 0 ? uuid() : undefined);
    const mayRepeat = again === "harmless" || key !== undefined;
    // An error here is a mistake in the arguments, such as a `bigint`.
    const body = JSON.stringify(args);
    const given = new AbortController();
    const giveUp = () => given.abort(signal?.reason);
    signal?.addEventListener("abort", giveUp, { once: true });
    const late = { kind: "deadline", status: 0, detail: `no answer within ${timeout} ms`, retryable: true }« satisfies Problem»;
    const timer = setTimeout(() => given.abort(new RpcError(late)), timeout);
    try {
      for (let attempt = 0; ; attempt += 1) {
        const answer = await this.#once(method, key, body, read, given.signal);
        if ("value" in answer) return answer.value;
        given.signal.throwIfAborted();
        if (!mayRepeat || attempt >= retries || answer.after === undefined) throw answer.failure;
        const backoff = Math.min(PAUSE * 2 ** attempt, LONGEST_PAUSE);
        await pause(answer.after + backoff * (0.5 + Math.random() / 2), given.signal);
      }
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    }
  }

  /** One request. What failed without having been done says after how many milliseconds it may be tried again. */
  async #once«<T>»(
    method«: string»,
    key«: string | undefined»,
    body«: string»,
    read«: Read<T>»,
    signal«: AbortSignal»,
  )«: Promise<{ value: T } | { failure: RpcError; after?: number }>» {
    const { fetch = (url«: string», init«: RequestInit») => globalThis.fetch(url, init) } = this.options;
    const token = await bearer(this.options);
    const path = `/rpc/${encodeURIComponent(this.className)}/${this.part}/${encodeURIComponent(method)}`;
    const headers«: Record<string, string>» = { "Content-Type": "application/json" };
    if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
    if (key !== undefined) headers["Idempotency-Key"] = key;
    let response«: Response»;
    let text«: string»;
    try {
      response = await fetch(baseOf(this.options) + path, { method: "POST", headers, body, signal });
      if (response.ok) return { value: await read(response) };
      text = await response.text();
    } catch (cause) {
      if (cause instanceof RpcError) return { failure: cause };
      const detail = `the server can't be reached: ${cause instanceof Error ? cause.message : cause}`;
      return { failure: new RpcError({ kind: "unavailable", status: 0, detail, retryable: true }, cause), after: 0 };
    }
    const failure = new RpcError(problem(response, text));
    // A method's own error is an answer, whatever its status.
    const mayCome = (response.status === 429 || response.status === 503) && failure.error === undefined;
    return mayCome ? { failure, after: retryAfter(response) } : { failure };
  }

  /** Why nobody is let in here, if it is for who they are: it is asked by a call of a method that no class has. */
  async refusal()«: Promise<RpcError | undefined>» {
    try {
      const answer = await this.#once("~", undefined, "{}", whole, AbortSignal.timeout(PATIENCE));
      const failure = "failure" in answer ? answer.failure : undefined;
      return failure !== undefined && [401, 403].includes(failure.status) ? failure : undefined;
    } catch {
      // There is no token.
      return undefined;
    }
  }
}

/** The value that an answer is. */
async function whole(response«: Response»)«: Promise<unknown>» {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RpcError({ kind: "internal", status: response.status, detail: "the answer is no JSON", retryable: false }, cause);
  }
}

/** Where the server is, without a slash at the end. */
function baseOf(options«: ConnectOptions»)«: string» {
  return String(options.url ?? "").replace(/\/+$/, "");
}

/** The token for a request. */
async function bearer({ token }«: ConnectOptions»)«: Promise<string | undefined>» {
  return typeof token === "function" ? await token() : token;
}

/** What an answer says that went wrong; if it does not come from the objects, what its status says. */
function problem(response«: Response», text«: string»)«: Problem» {
  const status = response.status;
  const requestId = response.headers.get("X-Request-Id") ?? undefined;
  try {
    const told = JSON.parse(text);
    if (typeof told?.kind === "string" && typeof told.detail === "string") return said({ request_id: requestId, ...told }, status);
  } catch {
    // Somebody between here and the objects answered.
  }
  const kinds«: Record<number, ErrorKind>» = {
    400: "invalid", 401: "denied", 403: "denied", 404: "not_found", 408: "deadline", 413: "invalid",
    429: "overloaded", 502: "unavailable", 503: "unavailable", 504: "deadline",
  };
  const retryable = [408, 429, 502, 503, 504].includes(status);
  return { kind: kinds[status] ?? "internal", status, detail: `the server answered ${status}`, retryable, requestId };
}

/** What a problem document says. */
function said(document«: any», status«: number»)«: Problem» {
  const { kind, detail, field, error } = document;
  const retryAfter = typeof document.retry_after === "number" ? document.retry_after * 1000 : undefined;
  return { kind, status, detail, retryable: document.retryable === true, retryAfter, requestId: document.request_id, field, error };
}

/** How long a server asks to be left alone, in milliseconds. */
function retryAfter(response«: Response»)«: number» {
  const said = response.headers.get("Retry-After");
  if (said === null) return 0;
  const millis = /^\d+$/.test(said) ? Number(said) * 1000 : Date.parse(said) - Date.now();
  return Number.isFinite(millis) ? Math.max(millis, 0) : 0;
}

function pause(millis«: number», signal«: AbortSignal»)«: Promise<void>» {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", end);
      resolve();
    }, Math.min(millis, LONGEST_TIMER));
    signal.addEventListener("abort", end, { once: true });
  });
}

/** A name as a part of a path. */
function named(name«: string»)«: string» {
  if (name === "") throw new TypeError("an object has a name: it is empty");
  // A URL can't have them, however they are written.
  if (name === "." || name === "..") throw new TypeError(`a URL can't name the object ${name}: call it by its id`);
  return encodeURIComponent(name);
}

/** Pages that did not come over HTTPS have no `randomUUID`. */
function uuid()«: string» {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
