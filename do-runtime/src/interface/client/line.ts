«export interface ConnectOptions {
  /** What makes WebSockets, where there is no global `WebSocket`. */
  webSocket?: WebSocketMaker;
  /** After how long a silence on a WebSocket the server is asked whether it is there, in milliseconds: 20,000. With 0 it is not asked. */
  heartbeat?: number;
}

/** What is needed of a WebSocket: those of browsers, Deno, Bun, workers and Node from 22 on have it, and that of the package `ws`. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  send(data: string | ArrayBuffer | Uint8Array): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: any) => void): void;
}

/** What makes one. */
export type WebSocketMaker = new (url: string, protocols?: string[]) => WebSocketLike;

/** How a connection ended. */
interface End {
  code: number;
  reason: string;
  /** Why it did not come about, as far as that is known. */
  error?: RpcError | undefined;
}

/** What a line is for. */
interface LineUser {
  /** A text that the other side answers at once, to see whether it is there. */
  question?: string | undefined;
  /** Its answer, if that means nothing else. */
  answer?: string | undefined;
  opened(): void;
  received(data: string | ArrayBuffer): void;
  /** It is opened again, unless it is closed here. */
  ended(end: End): void;
  /** Why a connection is refused; a WebSocket does not say it. */
  refusal(): Promise<RpcError | undefined>;
}

»
/** The first pause before a connection is opened again, and the longest one, in milliseconds. */
const REOPEN = 200;
const LONGEST_REOPEN = 10_000;
/** The state of a WebSocket on which something can be sent. */
const OPEN = 1;
/** How long after an error the end may take that comes with it. */
const END = 100;
/** What was open for so long did not fail. */
const STEADY = 5_000;
/** How long a connection may take to come about. */
const HANDSHAKE = 10_000;
/** After how long a silence the other side is asked whether it is there, and how long it has to answer at most. */
const HEARTBEAT = 20_000;
const LONGEST_ANSWER = 10_000;

/** A WebSocket that is opened again whenever it has ended, until it is closed. */
class Line {
  «readonly »#options«: ConnectOptions»;
  «readonly »#url«: string»;
  «readonly »#user«: LineUser»;
  «readonly »#closing = new AbortController();
  #goodbye«: { code: number; reason: string }» = { code: 1000, reason: "" };
  #socket«: WebSocketLike | undefined»;

  constructor(options«: ConnectOptions», url«: string», user«: LineUser») {
    this.#options = options;
    this.#url = url;
    this.#user = user;
    this.#run();
  }

  get isOpen()«: boolean» {
    return this.#socket?.readyState === OPEN;
  }

  /** Whether it was sent: not if there is no connection. */
  send(data«: string | ArrayBuffer | Uint8Array»)«: boolean» {
    if (!this.isOpen) return false;
    this.#socket?.send(data);
    return true;
  }

  /** For good. Its user hears nothing of it any more. */
  close(code = 1000, reason = "")«: void» {
    this.#goodbye = { code, reason };
    this.#closing.abort();
  }

  async #run()«: Promise<void>» {
    const { signal } = this.#closing;
    for (let failures = 0; ; failures += 1) {
      let openedAt«: number | undefined»;
      const end = await this.#connection(() => {
        openedAt = performance.now();
        this.#user.opened();
      });
      if (openedAt === undefined && end.error === undefined && !signal.aborted) end.error = await this.#user.refusal();
      if (signal.aborted) return;
      if (openedAt !== undefined && performance.now() - openedAt >= STEADY) failures = 0;
      this.#user.ended(end);
      await untilNext(failures, signal);
      if (signal.aborted) return;
    }
  }

  /** One connection, from its handshake to its end. */
  async #connection(opened«: () => void»)«: Promise<End>» {
    const { signal } = this.#closing;
    let socket«: WebSocketLike»;
    try {
      const token = await bearer(this.#options);
      const Maker = this.#options.webSocket ?? (globalThis« as unknown as { WebSocket?: WebSocketMaker }»).WebSocket;
      if (Maker === undefined) throw new TypeError("there is no `WebSocket` here: give one to `connect`");
      if (signal.aborted) return { code: 1000, reason: "" };
      socket = new Maker(this.#url, token === undefined ? [] : ["bearer", token]);
    } catch (cause) {
      // There is no token, or it can't be a protocol.
      const detail = `no connection can be opened: ${cause instanceof Error ? cause.message : cause}`;
      return { code: 1006, reason: "", error: new RpcError({ kind: "invalid", status: 0, detail, retryable: false }, cause) };
    }
    socket.binaryType = "arraybuffer";
    return new Promise((resolve) => {
      const { question, answer } = this.#user;
      const silence = this.#options.heartbeat ?? HEARTBEAT;
      let isOver = false;
      let [heardAt, askedAt, owed] = [0, -1, 0];
      let timer«: ReturnType<typeof setTimeout>»;
      const over = (end«: End») => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        signal.removeEventListener("abort", hangUp);
        this.#socket = undefined;
        resolve(end);
      };
      // The other's goodbye is not waited for: there may be nobody.
      const hangUp = () => {
        over({ code: 1006, reason: "" });
        const { code, reason } = signal.aborted ? this.#goodbye : { code: 1000, reason: "" };
        socket.close(code, reason);
      };
      const attend = () => {
        if (askedAt > heardAt) return hangUp();
        const now = performance.now();
        const rest = heardAt + silence - now;
        if (rest <= 0) {
          askedAt = now;
          owed += 1;
          socket.send(question« as string»);
        }
        timer = setTimeout(attend, rest > 0 ? rest : Math.min(silence, LONGEST_ANSWER));
      };
      timer = setTimeout(hangUp, HANDSHAKE);
      signal.addEventListener("abort", hangUp, { once: true });
      socket.addEventListener("open", () => {
        if (isOver) return;
        clearTimeout(timer);
        heardAt = performance.now();
        if (question !== undefined && silence > 0) attend();
        this.#socket = socket;
        opened();
      });
      socket.addEventListener("message", ({ data }) => {
        if (isOver) return;
        heardAt = performance.now();
        if (owed > 0 && data === answer) owed -= 1;
        else this.#user.received(data);
      });
      socket.addEventListener("close", ({ code, reason }) => over({ code, reason }));
      // What is wrong is not said. `close` follows, but not everywhere.
      socket.addEventListener("error", () => {
        clearTimeout(timer);
        if (!isOver) timer = setTimeout(hangUp, END);
      });
    });
  }
}

/** A pause that is longer after each failure, and ends early when the machine has a network again. Not all clients end it at the same moment. */
function untilNext(failures«: number», signal«: AbortSignal»)«: Promise<void>» {
  const millis = Math.min(REOPEN * 2 ** failures, LONGEST_REOPEN) * (0.5 + Math.random() / 2);
  const page = globalThis« as unknown as Partial<EventTarget>»;
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", over);
      page.removeEventListener?.("online", over);
      resolve();
    };
    const timer = setTimeout(over, millis);
    if (signal.aborted) return over();
    signal.addEventListener("abort", over);
    page.addEventListener?.("online", over);
  });
}

/** An object, as a message on a WebSocket says which. */
function addressee({ className, which }«: Target»)«: object» {
  return typeof which === "string" ? { class: className, name: which } : { class: className, object: which.id };
}

/** Where a WebSocket is opened. */
function socketUrl(options«: ConnectOptions», path«: string»)«: URL» {
  const page = (globalThis« as unknown as { location?: { href: string } }»).location?.href;
  const base = baseOf(options);
  if (base === "" && page === undefined) throw new TypeError("this is no page: say where the server is, as `url`");
  const url = new URL(base + path, page);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}

/** Calls what the program gave. What it throws is its own, and stops nothing here. */
function tell(what«: () => void»)«: void» {
  try {
    what();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Tells what is wrong, or writes it where a person may see it. */
function tellError«<E>»(onError«: ((error: RpcError<E>) => void) | undefined», error«: RpcError<unknown>»)«: void» {
  if (onError === undefined) console.error(error);
  else tell(() => onError(error« as RpcError<E>»));
}

