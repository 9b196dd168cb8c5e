«/** What can be said of a socket, and what is told of it. */
export interface SocketOptions<Received> {
  /** Beneath the object, as in a URL: `/` without it. */
  path?: string;
  /** What stands behind the `?`. */
  query?: Record<string, string>;
  /** It is open: at first, and again whenever it has come back. */
  onOpen?: () => void;
  /** A message has come. */
  onMessage?: (message: Received) => void;
  /** A connection has ended, or did not come about, and not because it was closed here. */
  onClose?: (close: SocketClose) => void;
  /** Told of credentials that are refused, once, and of messages that can't be read. Without it that is written to the console. */
  onError?: (error: RpcError) => void;
  /** Closes it. */
  signal?: AbortSignal;
}

/** How a connection ended. */
export interface SocketClose {
  /** As in RFC 6455: 1006 if the connection broke or did not come about, 1008 if the object refused something. */
  readonly code: number;
  /** What the object said of it. */
  readonly reason: string;
  /** Whether it stays closed; otherwise it is opened again. */
  readonly final: boolean;
}

/** How messages look on the way. */
interface Format {
  sends: "raw" | "json";
  receives: "raw" | "bytes" | "json";
  /** A text, and what the server answers it with. */
  heartbeat?: [string, string];
}

»
/** That all is done, that this is taken nowhere, that it is refused, that it is too large: it would be the same again. */
const FINAL = [1000, 1003, 1008, 1009];
/** The longest reason of a close, in bytes. */
const LONGEST_REASON = 123;

/** A WebSocket at an object. When its connection breaks it is opened again, until it is closed. */
export class ObjectSocket«<Sent, Received>» {
  «readonly »#line«: Line»;
  «readonly »#format«: Format»;
  «readonly »#options«: SocketOptions<Received>»;
  /** What was told last of what is refused. */
  #told«: string | undefined»;
  «readonly »#giveUp = () => this.close();

  constructor(target«: Target», format«: Format», options«: SocketOptions<Received>») {
    const { signal } = options;
    signal?.throwIfAborted();
    this.#format = format;
    this.#options = options;
    const [question, answer] = format.heartbeat ?? [];
    this.#line = new Line(target.options, urlAt(target, options.path ?? "/", options.query ?? {}), {
      question,
      answer,
      opened: () => {
        this.#told = undefined;
        tell(() => options.onOpen?.());
      },
      received: (data) => this.#received(data),
      ended: ({ code, reason, error }) => {
        const final = FINAL.includes(code);
        if (final) this.close();
        if (error !== undefined && error.detail !== this.#told) {
          this.#told = error.detail;
          tellError(options.onError, error);
        }
        tell(() => options.onClose?.({ code, reason, final }));
      },
      refusal: () => target.refusal(),
    });
    signal?.addEventListener("abort", this.#giveUp, { once: true });
  }

  /** Whether something can be sent. */
  get isOpen()«: boolean» {
    return this.#line.isOpen;
  }

  /**
   * Sends a message. While there is no connection this throws an `RpcError` of kind `unavailable`: nothing is kept to be sent later. What was
   * sent when a connection breaks may have arrived or not.
   */
  send(message«: Sent»)«: void» {
    const data = this.#format.sends === "json" ? JSON.stringify(message) : message« as string | ArrayBuffer | Uint8Array»;
    if (this.#line.send(data)) return;
    throw new RpcError({ kind: "unavailable", status: 0, detail: "the socket is not open: this was not sent", retryable: true });
  }

  /** Closes it for good: with 1000, or a code of one's own from 3000 to 4999. Nothing is told any more. */
  close(code = 1000, reason = "")«: void» {
    if (code !== 1000 && !(code >= 3000 && code <= 4999)) throw new TypeError(`a socket can't be closed with ${code}: take 1000, or 3000 to 4999`);
    if (new TextEncoder().encode(reason).length > LONGEST_REASON) throw new TypeError(`a reason has at most ${LONGEST_REASON} bytes`);
    this.#options.signal?.removeEventListener("abort", this.#giveUp);
    this.#line.close(code, reason);
  }

  #received(data«: string | ArrayBuffer»)«: void» {
    let message«: unknown»;
    try {
      message = this.#read(data);
    } catch (cause) {
      const detail = "a message of the object can't be read";
      return tellError(this.#options.onError, new RpcError({ kind: "internal", status: 0, detail, retryable: false }, cause));
    }
    tell(() => this.#options.onMessage?.(message« as Received»));
  }

  #read(data«: string | ArrayBuffer»)«: unknown» {
    const { receives } = this.#format;
    if (receives === "json") return JSON.parse(typeof data === "string" ? data : new TextDecoder().decode(data));
    if (typeof data !== "string") return new Uint8Array(data);
    return receives === "bytes" ? new TextEncoder().encode(data) : data;
  }
}

/** Where a socket is opened at an object. */
function urlAt({ options, className, part }«: Target», path«: string», query«: Record<string, string>»)«: string» {
  const object = `/objects/${encodeURIComponent(className)}/${part}`;
  const url = socketUrl(options, object);
  const root = `${url.pathname}/`;
  url.pathname = root + path.replace(/^\//, "");
  // `..` leads elsewhere.
  if (!url.pathname.startsWith(root)) throw new TypeError(`${path} is no path beneath an object`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

