import assert from "node:assert/strict";
import WebSocket from "ws";
import * as Y from "yjs";

/** An editor with a document of its own. `told` is what it heard as text. */
async function open(program, user, doc = new Y.Doc()) {
  const socket = new WebSocket(new URL(`/notes?user=${user}`, program.url));
  const editor = { socket, doc, told: [], edits: 0, text: () => doc.getText("text").toString() };
  editor.closed = new Promise((resolve) => socket.on("close", (code, reason) => resolve(`${code} ${reason}`)));
  editor.heard = (count, what) =>
    program.until(
      () => editor.told.filter((told) => told === what).length,
      (n) => n >= count,
      60,
    );
  doc.on("update", (update, origin) => origin !== socket && socket.send(update));
  socket.on("message", (data, isBinary) => {
    if (!isBinary) return editor.told.push(JSON.parse(String(data)));
    editor.edits += 1;
    Y.applyUpdate(doc, data, socket);
  });
  await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
  await editor.heard(1, "ready");
  return editor;
}

export default async function (program) {
  const get = async (path) => (await program.http("GET", `/notes/${path}`)).body;
  const reads = (editor, text) =>
    program.until(
      () => editor.text(),
      (read) => read === text,
    );

  // Edits made at once converge; each reaches all but its sender.
  const [ann, ben] = [await open(program, "ann"), await open(program, "ben")];
  ann.doc.getText("text").insert(0, "Lamps are bright. ");
  ben.doc.getText("text").insert(0, "Lamps are warm. ");
  await Promise.all([ann.heard(1, "kept"), ben.heard(1, "kept")]);
  const text = await program.until(
    () => ann.text(),
    (text) => text.length === 34,
  );
  await reads(ben, text);
  assert.deepEqual([ann.edits, ben.edits], [1, 1]);
  assert.equal(await get("text"), text);

  // Cursors are told to others, also to who comes later, and go with their editor.
  ann.socket.send(JSON.stringify({ cursor: { anchor: "a", head: "h" } }));
  const { cursor } = await program.until(() => ben.told.find((told) => told.cursor), Boolean);
  assert.deepEqual([cursor.user, cursor.cursor], ["ann", { anchor: "a", head: "h" }]);
  const cleo = await open(program, "cleo");
  assert.equal(cleo.text(), text);
  assert.deepEqual(cleo.told, [{ cursor }, "ready"]);
  ann.socket.close();
  await program.until(
    () => ben.told.find((told) => told.left),
    (told) => told?.left === cursor.id,
  );

  // The history can be replayed, and outlives a restart.
  await program.restart();
  const versions = await get("versions");
  assert.deepEqual(
    versions
      .map(({ version, author }) => `${version} ${author}`)
      .sort()
      .map((it) => it.slice(0, 1)),
    ["1", "2"],
  );
  assert.equal((await get("versions/1")).length, versions[0].author === "ann" ? 18 : 16);
  assert.equal((await program.http("GET", "/notes/versions/3")).status, 404);

  // After many edits there is a snapshot of more than a row holds, and only the newest edits are kept.
  const dora = await open(program, "dora");
  for (let n = 0; n < 6; n++) dora.doc.getText("text").insert(0, String(n).repeat(500_000));
  for (let n = 0; n < 700; n++) dora.doc.getText("text").insert(0, "x");
  await dora.heard(706, "kept");
  await program.object("Document", "notes").runAlarm();
  const long = dora.text();
  assert.equal(await get("text"), long);
  assert.equal((await get("versions")).filter(({ author }) => author !== null).length, 500);
  assert.equal((await program.http("GET", "/notes/versions/1")).status, 404);
  await program.restart();
  assert.equal((await open(program, "eve")).text(), long);

  // What is no edit or no name is refused.
  const fred = await open(program, "fred");
  fred.socket.send("nonsense");
  assert.equal(await fred.closed, "1008 this is neither an edit nor a cursor");
  const gus = await open(program, "gus");
  gus.socket.send(Buffer.alloc(600_000));
  assert.equal(await gus.closed, "1008 an edit has at most 524288 bytes");
  assert.equal((await program.http("GET", `/notes?user=${"x".repeat(41)}`)).status, 400);
  assert.equal((await program.http("GET", "/notes?user=ann")).status, 426);
}
