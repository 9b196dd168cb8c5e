// What the compiler must take, and what it must refuse: it is compiled, and never run.
import {
  connect,
  idOf,
  ObjectSocket,
  RpcError,
  type Entry,
  type Event,
  type Id,
  type Kind,
  type ObjectId,
  type Said,
  type Told,
  type Watch,
  type Wrong,
} from "./objects";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Same<A, B>): void {}

const objects = connect({ url: "https://example.com", token: async () => "t", timeout: 5_000 });
const book = objects.described("lobby");
objects.described({ id: "ab" });
// @ts-expect-error an object has a name or an id
objects.described(7);

export async function calls(signal: AbortSignal): Promise<void> {
  const entry = await book.write({ text: "a", bytes: [1] }, { idempotencyKey: "k", signal, timeout: 10, retries: 0 });
  same<typeof entry, Entry>(true);
  same<typeof entry.id, Id<"Entry">>(true);
  await book.write({ text: "a", bytes: [], note: null });
  // @ts-expect-error `bytes` is missing
  await book.write({ text: "a" });
  // @ts-expect-error a text is no number
  await book.write({ text: 1, bytes: [] });
  // @ts-expect-error there is no such argument
  await book.write({ text: "a", bytes: [], other: 1 });
  // @ts-expect-error there is no such option
  await book.write({ text: "a", bytes: [] }, { key: "k" });
  same<Awaited<ReturnType<typeof book.count>>, number>(true);
  await book.count();
  await book.count({}, { timeout: 1 });
  same<Awaited<ReturnType<typeof book.clear>>, void>(true);
  // @ts-expect-error it is not public
  await book.hidden();
  const [words, kinds] = await book.pages();
  same<(typeof words.items)[number], string>(true);
  same<(typeof kinds.items)[number], Kind>(true);
  const id: ObjectId = await book.id_of();

  const event: Event = { type: "Written", data: entry };
  // @ts-expect-error it has other data
  const wrong: Event = { type: "Moved", data: entry };
  const kind: Kind = { picture: { width: 1 } };
  // @ts-expect-error there is no such variant
  const none: Kind = "other";
  const mirrored = await book.mirror({ ids: [id, id, 1], map: { kind, none }, event, loose: 1 });
  same<(typeof mirrored)[3], unknown>(true);
  void wrong;

  // @ts-expect-error a number is no id
  const number: Id<"Entry"> = 7;
  // @ts-expect-error an id is of one table
  const other: Id<"Other"> = idOf<"Entry">(7);
  void [number, other];

  const outcome = await book.write({ text: "", bytes: [] }).outcome();
  if (outcome.ok) {
    same<typeof outcome.value, Entry>(true);
  } else {
    same<typeof outcome.error, RpcError<Wrong>>(true);
    const own = outcome.error.error;
    if (own !== undefined && own !== "Empty") same<typeof own.TooLong.most, number>(true);
  }
  try {
    await book.clear();
  } catch (error) {
    if (error instanceof RpcError && error.kind === "overloaded") console.log(error.retryable, error.field);
    // @ts-expect-error there is no such kind
    if (error instanceof RpcError && error.kind === "none") console.log(error.status);
  }
}

export function watches(signal: AbortSignal): void {
  const talk = objects.talk("a");
  const watch = talk.last.watch({ most: 2 }, (lines) => same<typeof lines, Array<string>>(true), {
    onError: (error) => same<typeof error, RpcError<Wrong>>(true),
    signal,
  });
  same<typeof watch, Watch>(true);
  watch.close();
  talk.count.watch((count) => same<typeof count, number>(true));
  same<Awaited<ReturnType<typeof talk.last>>, Array<string>>(true);
  // @ts-expect-error `most` is missing
  talk.last.watch({}, () => {});
  // @ts-expect-error it tells lists
  talk.last.watch({ most: 2 }, (lines: string) => lines);
  // @ts-expect-error it is not live
  talk.add.watch({ line: "a" }, () => {});
  // @ts-expect-error nobody hears it
  talk.count.watch();
}

export function sockets(signal: AbortSignal): void {
  const socket = objects.talk("a").socket({
    path: "/b",
    query: { user: "ann" },
    signal,
    onOpen: () => socket.send({ type: "Words", data: "hi" }),
    onMessage: (told) => same<typeof told, Told>(true),
    onClose: ({ code, reason, final }) => same<[typeof code, typeof reason, typeof final], [number, string, boolean]>(true),
    onError: (error) => error.kind,
  });
  same<typeof socket, ObjectSocket<Said, Told>>(true);
  // @ts-expect-error there is no such variant
  socket.send({ type: "Shout", data: "hi" });
  // @ts-expect-error there is no such event
  objects.talk("a").socket({ onmessage: () => {} });
  const echo = objects.echo("e").socket({ onMessage: (it) => same<typeof it, string | Uint8Array>(true) });
  echo.send(new Uint8Array(2));
  echo.send("text");
  const parrot = objects.parrot("p").socket({ onMessage: (it) => same<typeof it, string>(true) });
  // @ts-expect-error it takes text
  parrot.send(new Uint8Array(2));
  const radio = objects.radio("r").socket({ onMessage: (it) => same<typeof it, Uint8Array>(true) });
  // @ts-expect-error nothing can be said
  radio.send("text");
  // @ts-expect-error it takes no sockets
  book.socket();
  connect({ url: "https://example.com", webSocket: WebSocket, heartbeat: 1_000 });
  connect({ onConnection: (it) => same<typeof it, "open" | "lost" | "closed">(true) });
}

export async function streams(): Promise<void> {
  for await (const told of objects.feed("f").words({ count: 1, fails: false }, { timeout: 1 })) same<typeof told, Told>(true);
  // @ts-expect-error what it answers is not kept
  objects.feed("f").begin({ idempotencyKey: "k" });
}
