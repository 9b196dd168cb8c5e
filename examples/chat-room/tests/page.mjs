// Two people in two pages, and a server that is killed between them.

import assert from "node:assert/strict";

export const serve = (address) => ["serve", "--address", address];

/** A person at a page. */
class Person {
  constructor(name, page) {
    this.name = name;
    this.page = page;
  }

  async says(text) {
    const box = this.page.getByLabel("Message", { exact: true });
    await box.fill(text);
    await box.press("Enter");
  }

  /** Waits until the page shows exactly these messages, in this order. */
  async sees(expected) {
    const lines = () =>
      Array.from(document.querySelectorAll("#messages li"), (line) => {
        const [author, body] = [line.querySelector("b"), line.querySelector("span")];
        return `${author.textContent}: ${body.textContent}`;
      });
    const sees = `(expected) => JSON.stringify((${lines})()) === JSON.stringify(expected)`;
    try {
      await this.page.waitForFunction(`(${sees})(${JSON.stringify(expected)})`);
    } catch (error) {
      assert.deepEqual(await this.page.evaluate(lines), expected, `what ${this.name} sees`);
      throw error;
    }
  }

  /** Waits until the page shows that exactly these are here. */
  async meets(...people) {
    await this.page.locator("#present").getByText(`Here: ${people.join(", ")}`, { exact: true }).waitFor();
  }

  async is(state) {
    await this.page.locator(`#status[data-state="${state}"]`).waitFor();
  }

  async typed() {
    return await this.page.getByLabel("Message", { exact: true }).inputValue();
  }
}

export default async function ({ server, visit, picture }) {
  const both = (what) => Promise.all([ann, ben].map(what));

  // By the form, and by a link.
  const ann = new Person("ann", await visit());
  await picture(ann.page, "form");
  await ann.page.getByLabel("Your name").fill("ann");
  await ann.page.getByRole("button", { name: "Enter" }).click();
  await ann.page.waitForURL(`${server.url}/?room=lobby&user=ann`);
  const ben = new Person("ben", await visit("/?room=lobby&user=ben"));
  await both((one) => one.is("connected"));
  await both((one) => one.meets("ann", "ben"));

  // Another device of the same person is not another person; and who has left is not here.
  const phone = await ann.page.context().newPage();
  await phone.goto(`${server.url}/?room=lobby&user=ann`);
  await phone.locator(`#status[data-state="connected"]`).waitFor();
  const cid = await ben.page.context().newPage();
  await cid.goto(`${server.url}/?room=lobby&user=cid`);
  await both((one) => one.meets("ann", "ben", "cid"));
  await cid.close();
  await both((one) => one.meets("ann", "ben"));
  await phone.close();

  // Both ways; what looks like markup is text.
  const said = ["ann: hello"];
  await ann.says("hello");
  await both((one) => one.sees(said));
  const markup = "<img src=x onerror=alert(1)> & <b>bold</b>";
  said.push(`ben: ${markup}`);
  await ben.says(markup);
  await both((one) => one.sees(said));
  assert.equal(await ann.page.locator("#messages img").count(), 0);
  assert.equal(await ann.typed(), "", "what was sent is no longer in the box");

  // A call by a program is seen too.
  const post = (body) => server.call("ChatRoom/lobby/post", { author: "cli", body });
  await post("from a program");
  said.push("cli: from a program");
  await both((one) => one.sees(said));
  await picture(ann.page, "chat");

  // A page that is loaded anew has the history, and what was typed.
  await ann.page.getByLabel("Message", { exact: true }).fill("half a sent");
  await ann.page.reload();
  await ann.is("connected");
  await ann.sees(said);
  await both((one) => one.meets("ann", "ben"));
  assert.equal(await ann.typed(), "half a sent");

  // The server is killed. The pages notice, and keep what is there and what is typed.
  await server.kill();
  await both((one) => one.is("reconnecting"));
  await picture(ann.page, "reconnecting");
  await both((one) => one.sees(said));
  const box = ann.page.getByLabel("Message", { exact: true });
  await box.fill("half a sentence");
  await box.press("Enter");
  assert.equal(await ann.typed(), "half a sentence", "nothing is sent into the void");

  // Another one on the same folder, at the same place: something is said before the pages are back.
  await server.start();
  await post("missed");
  said.push("cli: missed");
  await both((one) => one.is("connected"));
  await both((one) => one.sees(said));
  await both((one) => one.meets("ann", "ben"));
  assert.equal(await ann.typed(), "half a sentence");
  await box.press("Enter");
  said.push("ann: half a sentence");
  await both((one) => one.sees(said));
  await ben.says("welcome back");
  said.push("ben: welcome back");
  await both((one) => one.sees(said));

  // Killed in the middle of messages: each is in the history once, or in the box again.
  const hasty = Array.from({ length: 150 }, (_, number) => `hasty ${number}`);
  await ann.page.evaluate((texts) => {
    const [say, box] = ["say", "body"].map((id) => document.getElementById(id));
    for (const text of texts) {
      box.value = text;
      say.requestSubmit();
    }
  }, hasty);
  await server.kill();
  await ann.is("reconnecting");
  await server.start();
  await both((one) => one.is("connected"));
  const kept = (await server.call("ChatRoom/lobby/history", { limit: 200 })).reverse().map(({ author, body }) => `${author}: ${body}`);
  const number = kept.length - said.length;
  assert.deepEqual(kept, [...said, ...hasty.slice(0, number).map((text) => `ann: ${text}`)]);
  assert.equal(await ann.typed(), hasty.slice(number).join(" "), "the others, to be sent again");
  await both((one) => one.sees(kept));
  console.log(`${number} of ${hasty.length} hasty messages were kept`);

  // What is refused is told, and is in the box again.
  await box.evaluate((box) => {
    box.value = "x".repeat(4001);
    box.form.requestSubmit();
  });
  const refused = "Not sent: a message has at most 4000 characters, not 4001. It is below again.";
  await ann.page.getByRole("alert").getByText(refused).waitFor();
  assert.equal((await ann.typed()).length, 4001);
  await ann.says("short");
  kept.push("ann: short");
  await both((one) => one.sees(kept));
  assert.equal(await ann.page.getByRole("alert").textContent(), "");

  // A room of another name is another one.
  await ben.page.goto(`${server.url}/?room=${encodeURIComponent("über/uns")}&user=ben`);
  await ben.is("connected");
  await ben.sees([]);
  await ben.meets("ben");
  await ann.meets("ann");
  await ben.says("alone");
  await ben.sees(["ben: alone"]);
  await ann.sees(kept);
}
