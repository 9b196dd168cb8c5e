«/** What can be said of a call that is answered with a stream. It has no key: what it answers is not kept. */
export type StreamOptions = Omit<CallOptions, "idempotencyKey">;

»
/**
 * The items of a stream, one by one, as fast as they are taken. `timeout` and `retries` are for the time until it begins. It is broken off by whoever leaves the
 * loop, and by the signal.
 */
async function* streamed«<T>»(
  target«: Target»,
  method«: string»,
  again«: Again»,
  args«: object»,
  options«: StreamOptions»,
)«: AsyncGenerator<T, void, void>» {
  const { signal } = options;
  const response = await target.head(method, again, args, options);
  const reader = response.body?.getReader();
  const broken = (cause«?: unknown») => {
    if (signal?.aborted) return signal.reason;
    return new RpcError({ kind: "unavailable", status: 0, detail: "the stream broke off before its end", retryable: again === "harmless" }, cause);
  };
  if (reader === undefined) throw broken();
  const giveUp = () => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener("abort", giveUp, { once: true });
  if (signal?.aborted) giveUp();
  try {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read().catch((cause«: unknown») => {
        throw broken(cause);
      });
      if (done || signal?.aborted) throw broken();
      const text = decoder.decode(value, { stream: true });
      if (!text.includes("\n")) {
        rest += text;
        continue;
      }
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const { item, error, end } = frame(line);
        if (error !== undefined) throw new RpcError(said(error, error.status));
        if (end === true) return;
        yield item« as T»;
        if (signal?.aborted) throw signal.reason;
      }
    }
  } finally {
    signal?.removeEventListener("abort", giveUp);
    // Whatever the end was: nobody reads the rest.
    await reader.cancel().catch(() => {});
  }
}

/** A line of a stream: an item, or how it has ended. */
function frame(line«: string»)«: { item?: unknown; error?: any; end?: boolean }» {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new RpcError({ kind: "internal", status: 0, detail: "a line of the stream is no JSON", retryable: false }, cause);
  }
}
