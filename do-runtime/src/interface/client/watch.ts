«/** How the connection of the live queries is. Those of sockets tell it by their `onOpen` and `onClose`. */
export type Connection =
  /** It is there: what is shown is what is true. */
  | "open"
  /** It has ended, or did not come about, and is opened again until it succeeds. */
  | "lost"
  /** Nothing is watched any more, and it was closed here. */
  | "closed";

export interface ConnectOptions {
  /** Told how the connection of the live queries is, whenever that changes. */
  onConnection?: (connection: Connection) => void;
}

/** What can be said of a live query. */
export interface WatchOptions<E = never> {
  /** Told of what is wrong, once. The query goes on, and what comes after it is told. Without this it is written to the console. */
  onError?: (error: RpcError<E>) => void;
  /** Closes it. */
  signal?: AbortSignal;
}

/** A live query. */
export interface Watch {
  /** Nothing is told any more. */
  close(): void;
}

/** A live query on its way. */
interface Watched {
  target: Target;
  /** What is asked, as JSON. */
  query: string;
  onAnswer: (answer: any) => void;
  onError: ((error: RpcError<any>) => void) | undefined;
  /** Its number on this connection. */
  number: number | undefined;
  /** What was told last. */
  told: string | undefined;
  /** How often in a row it was to be tried again. */
  failures: number;
  /** Ends what waits for it. */
  closing: AbortController;
}

»
/** The live queries of a client: over one WebSocket, which is open while anything is watched. */
class Channel {
  «readonly »#options«: ConnectOptions»;
  «readonly »#watched = new Set«<Watched>»();
  #numbers = new Map«<number, Watched>»();
  #next = 1;
  #line«: Line | undefined»;
  #connection«: Connection» = "closed";

  constructor(options«: ConnectOptions») {
    this.#options = options;
  }

  watch«<T, E>»(
    target«: Target»,
    method«: string»,
    args«: object»,
    onAnswer«: (answer: T) => void»,
    options«: WatchOptions<E>»,
  )«: Watch» {
    const { onError, signal } = options;
    signal?.throwIfAborted();
    // An error here is a mistake in the arguments, such as a `bigint`.
    const query = JSON.stringify({ ...addressee(target), method, arguments: args });
    const closing = new AbortController();
    const watched«: Watched» = { target, query, onAnswer, onError, number: undefined, told: undefined, failures: 0, closing };
    const close = () => {
      signal?.removeEventListener("abort", close);
      closing.abort();
      this.#watched.delete(watched);
      this.#unask(watched);
      // What is closed and watched anew at once finds the connection.
      queueMicrotask(() => this.#settle());
    };
    this.#line ??= this.#open();
    this.#watched.add(watched);
    signal?.addEventListener("abort", close, { once: true });
    this.#ask(watched);
    return { close };
  }

  #open()«: Line» {
    return new Line(this.#options, socketUrl(this.#options, "/rpc").href, {
      // Nobody asks under this number: the answer, that nothing is asked, is dropped.
      question: `{"id":0}`,
      opened: () => {
        this.#numbers.clear();
        for (const watched of this.#watched) this.#ask(watched);
        this.#is("open");
      },
      received: (data) => this.#received(data),
      ended: ({ code, reason, error }) => {
        for (const watched of this.#watched) watched.number = undefined;
        this.#is("lost");
        const refused = [1003, 1008, 1009].includes(code);
        const wrong = refused ? new RpcError({ kind: "invalid", status: 0, detail: reason, retryable: false }) : error;
        if (wrong !== undefined) for (const watched of [...this.#watched]) this.#failed(watched, wrong);
      },
      refusal: async () => {
        for (const { target } of this.#watched) return await target.refusal();
        return undefined;
      },
    });
  }

  /** Closes the connection if nobody needs it. */
  #settle()«: void» {
    if (this.#watched.size > 0) return;
    this.#line?.close();
    this.#line = undefined;
    this.#is("closed");
  }

  #is(connection«: Connection»)«: void» {
    if (this.#connection === connection) return;
    this.#connection = connection;
    tell(() => this.#options.onConnection?.(connection));
  }

  /** Asks, or waits for a connection. */
  #ask(watched«: Watched»)«: void» {
    const number = this.#next;
    if (!this.#line?.send(`{"id":${number},"watch":${watched.query}}`)) return;
    this.#next += 1;
    watched.number = number;
    this.#numbers.set(number, watched);
  }

  #unask(watched«: Watched»)«: void» {
    const { number } = watched;
    watched.number = undefined;
    if (number !== undefined && this.#numbers.delete(number)) this.#line?.send(`{"id":${number},"unwatch":true}`);
  }

  #received(data«: string | ArrayBuffer»)«: void» {
    const { id, answer, error } = JSON.parse(String(data));
    const watched = this.#numbers.get(id);
    if (watched === undefined) return;
    if (error !== undefined) return this.#failed(watched, new RpcError(said(error, error.status)));
    watched.failures = 0;
    const told = JSON.stringify(answer);
    if (watched.told === told) return;
    watched.told = told;
    tell(() => watched.onAnswer(answer));
  }

  /** Tells an error, and asks again if that may help. That the server is away is no error here: it is waited for. */
  #failed(watched«: Watched», error«: RpcError»)«: void» {
    const told = `${error.kind} ${error.status}: ${error.detail}`;
    if (watched.told !== told && error.kind !== "unavailable") {
      watched.told = told;
      tellError(watched.onError, error);
    }
    const { number } = watched;
    if (!error.retryable || number === undefined) return;
    untilNext(watched.failures, watched.closing.signal).then(() => {
      // It was closed, or asked again on another connection.
      if (watched.closing.signal.aborted || watched.number !== number) return;
      this.#unask(watched);
      this.#ask(watched);
    });
    watched.failures += 1;
  }
}

