// Coming back: pauses, tickets, liveness, and when it is over.
import assert from "node:assert/strict";
import { test } from "node:test";
import { at, World } from "./fakes.js";
import { TicketError } from "./live-chat.js";

const [SECOND, MINUTE] = [1_000, 60_000];

const pauses = (world) =>
  world
    .toldTo("onConnection")
    .filter(([state]) => state === "reconnecting")
    .map(([, { retryInMs }]) => retryInMs);

const lastState = (world) => {
  const [state, { reason }] = world.toldTo("onConnection").at(-1);
  return [state, reason];
};

/** Options of a client with tickets; the answers are taken one by one, the last one again and again. */
function withTickets(...answers) {
  let asked = 0;
  return {
    ticket: async () => {
      const answer = answers[Math.min(asked++, answers.length - 1)];
      if (answer instanceof Error) throw answer;
      return (
        answer ?? {
          ticket: `t${asked}`,
          wsUrl: `wss://host/ws?streamId=str_1&ticket=t${asked}`,
          expiresIn: 60,
        }
      );
    },
  };
}

test("pauses grow from half a second to thirty at most, spread over their whole length", async () => {
  for (const [random, expected] of [
    [0, [500, 500, 500, 500, 500, 500, 500, 500]],
    [0.5, [750, 1_250, 2_250, 4_250, 8_250, 15_250, 15_250, 15_250]],
    [0.999_999, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]],
  ]) {
    const world = new World();
    world.random = random;
    await world.time.advance(0);
    for (let n = 0; n < 8; n++) {
      await world.cut();
      await world.back();
    }
    assert.deepEqual(pauses(world).map(Math.round), expected);
    world.chat.close();
  }
});

test("a connection that lasted half a minute ends the row of failures; a shorter one does not", async () => {
  const world = new World();
  await world.time.advance(0);
  for (let n = 0; n < 3; n++) {
    await world.cut();
    await world.back();
  }
  await world.join();
  await world.time.advance(29 * SECOND);
  await world.cut();
  await world.back();
  await world.join();
  await world.time.advance(30 * SECOND);
  await world.cut();
  assert.deepEqual(pauses(world), [750, 1_250, 2_250, 4_250, 750]);
});

test("a handshake, or a room, that does not answer is given up after 10 seconds", async () => {
  const world = new World();
  await world.time.advance(10 * SECOND);
  assert.equal(world.socket.isClosed, true);
  await world.time.advance(SECOND);
  await world.open();
  await world.time.advance(10 * SECOND);
  assert.equal(world.socket.isClosed, true);
  assert.equal(world.toldTo("onConnection").at(-1)[0], "reconnecting");
});

test("a WebSocket that cannot be made is one more failure", async () => {
  const world = new World({
    WebSocket: class {
      constructor() {
        throw new SyntaxError("no such address");
      }
    },
  });
  await world.time.advance(0);
  const [[state, { error }]] = world.toldTo("onConnection");
  assert.equal(state, "reconnecting");
  assert.match(String(error), /no such address/);
  world.chat.close();
});

test("PING goes out every 4 minutes, and any frame is an answer", async () => {
  const world = new World();
  await world.join();
  await world.time.advance(4 * MINUTE);
  assert.deepEqual(world.sent("PING"), [{ type: "PING", t: world.time.now }]);
  await world.time.advance(9 * SECOND);
  await world.say({ type: "VIEW_UPDATE", count: 2 });
  await world.time.advance(4 * MINUTE - 9 * SECOND);
  assert.equal(world.sent("PING").length, 2);
  await world.say({ type: "PONG", t: world.time.now });
  await world.time.advance(MINUTE);
  assert.equal(world.chat.state, "open");
});

test("silence after a PING ends the connection in 10 seconds", async () => {
  const world = new World();
  await world.join();
  await world.time.advance(4 * MINUTE + 10 * SECOND);
  assert.equal(world.socket.isClosed, true);
  assert.equal(world.chat.state, "reconnecting");
});

test("a connection is renewed without a pause before API Gateway ends it", async () => {
  for (const [random, minutes] of [
    [0, 110],
    [0.999_999, 115],
  ]) {
    const world = new World();
    world.random = random;
    await world.join();
    for (let n = 0; n < minutes * 2; n++) {
      assert.equal(world.sockets.length, 1);
      await world.time.advance(30 * SECOND);
      await world.say({ type: "PONG", t: 0 });
    }
    assert.equal(world.sockets.length, 2);
    assert.deepEqual(pauses(world), [0]);
    await world.join();
    assert.equal(world.chat.state, "open");
    world.chat.close();
  }
});

test("when the network is back, a pause ends and a connection is probed", async () => {
  const world = new World();
  await world.join();
  world.events.dispatchEvent(new Event("online"));
  assert.equal(world.sent("PING").length, 1);
  await world.time.advance(10 * SECOND);
  assert.equal(world.chat.state, "reconnecting");
  world.events.dispatchEvent(new Event("online"));
  world.events.dispatchEvent(new Event("online"));
  await world.time.advance(0);
  assert.equal(world.sockets.length, 2);
  world.events.dispatchEvent(new Event("online"));
  await world.time.advance(9 * SECOND);
  assert.equal(world.sockets.length, 2);
});

test("each connection gets a ticket of its own, and asks for batches", async () => {
  const world = new World(withTickets());
  await world.join();
  assert.equal(world.socket.url, "wss://host/ws?streamId=str_1&ticket=t1&batch=1");
  await world.cut();
  await world.time.advance(SECOND);
  assert.equal(world.socket.url, "wss://host/ws?streamId=str_1&ticket=t2&batch=1");
});

test("the API is asked for a ticket with the caller's token, each time anew", async () => {
  const requests = [];
  let tokens = 0;
  const world = new World({
    apiUrl: "https://api",
    accessToken: async () => `token${++tokens}`,
    fetch: async (url, { method, headers }) => {
      requests.push([method, url, headers.authorization]);
      return Response.json({ ticket: "t", wsUrl: "wss://host/ws?ticket=t", expiresIn: 60 }, { status: 201 });
    },
  });
  await world.join();
  await world.cut();
  await world.time.advance(SECOND);
  assert.deepEqual(requests, [
    ["POST", "https://api/api/v1/streams/str_1/chat-ticket", "Bearer token1"],
    ["POST", "https://api/api/v1/streams/str_1/chat-ticket", "Bearer token2"],
  ]);
});

test("without a token the ticket is an anonymous one, from the host of the base URL", async () => {
  const requests = [];
  const world = new World({
    accessToken: () => undefined,
    fetch: async (url, { headers }) => {
      requests.push([url, headers]);
      return Response.json({ wsUrl: "wss://host/ws" });
    },
  });
  await world.time.advance(0);
  assert.deepEqual(requests, [["http://host/api/v1/streams/str_1/chat-ticket", {}]]);
  assert.equal(world.socket.url, "wss://host/ws?batch=1");
});

test("a ticket refused with 429 is asked for again after Retry-After", async () => {
  let asked = 0;
  const world = new World({
    apiUrl: "",
    fetch: async () => {
      asked++;
      return new Response("{}", { status: 429, headers: { "retry-after": "7" } });
    },
  });
  await world.time.advance(6_999);
  assert.equal(asked, 1);
  await world.time.advance(1);
  assert.equal(asked, 2);
  world.chat.close();
});

test("a ticket refused with 403, 404 or 410 ends the chat", async () => {
  for (const status of [403, 404, 410]) {
    const world = new World(withTickets(new TicketError(status)));
    world.chat.send("one");
    await world.time.advance(MINUTE);
    assert.deepEqual(lastState(world), ["closed", String(status)]);
    assert.equal(world.toldTo("onFailed").length, 1);
    assert.equal(world.time.pending, 0);
  }
});

test("other failures of a ticket, and one that never comes, are tried again", async () => {
  for (const failure of [new TicketError(401), new TicketError(503), new TypeError("fetch failed"), {}]) {
    const world = new World(withTickets(failure, undefined));
    await world.time.advance(SECOND);
    assert.equal(world.sockets.length, 1);
    world.chat.close();
  }
  let asked = 0;
  const ticket = () => {
    asked++;
    return new Promise(() => undefined);
  };
  const world = new World({ ticket });
  await world.time.advance(10 * SECOND + 750);
  assert.equal(asked, 2);
  world.chat.close();
  assert.equal(world.toldTo("onConnection").at(-1)[0], "closed");
});

test("a close after CHAT_CLOSED or FORBIDDEN is final", async () => {
  for (const code of ["CHAT_CLOSED", "FORBIDDEN"]) {
    const world = new World();
    await world.join();
    await world.say({ type: "ERROR", code, content: "No." });
    assert.equal(world.chat.state, "open");
    await world.cut();
    assert.deepEqual(lastState(world), ["closed", code]);
    await world.time.advance(MINUTE);
    assert.equal(world.sockets.length, 1);
  }
});

test("a close long after such an error is a cut like any other", async () => {
  const world = new World();
  await world.join();
  await world.say({ type: "ERROR", code: "FORBIDDEN", content: "Only moderators." });
  await world.time.advance(10 * SECOND);
  await world.cut();
  assert.equal(world.chat.state, "reconnecting");
});

test("BANNED is final, whether its close arrives or not, and whether it names a message or not", async () => {
  for (const more of [{}, { client_id: "c1" }]) {
    const world = new World();
    await world.join();
    world.chat.send("one");
    world.chat.send("two");
    await world.say({ type: "ERROR", code: "BANNED", content: "No.", ...more });
    assert.deepEqual(lastState(world), ["closed", "BANNED"]);
    assert.equal(world.socket.isClosed, true);
    assert.deepEqual(
      world.toldTo("onFailed").map(([{ content }, { code }]) => [content, code]),
      [
        ["one", more.client_id ? "BANNED" : "CLOSED"],
        ["two", "CLOSED"],
      ],
    );
    await world.cut();
    await world.time.advance(MINUTE);
    assert.equal(world.sockets.length, 1);
    assert.equal(world.time.pending, 0);
  }
});

test("being banned is final; somebody else's ban is not", async () => {
  const world = new World();
  await world.join();
  await world.say({ type: "USER_BANNED", user_id: "guest:ben", until: at(60) });
  await world.cut();
  assert.equal(world.chat.state, "reconnecting");
  await world.time.advance(SECOND);
  await world.join();
  await world.say({ type: "USER_BANNED", user_id: "guest:ana", until: at(60) });
  await world.cut();
  assert.deepEqual(lastState(world), ["closed", "BANNED"]);
});

test("close ends for good, in whatever state, and leaves nothing behind", async () => {
  const states = {
    connecting: async (world) => world.time.advance(0),
    open: async (world) => world.join(),
    reconnecting: async (world) => {
      await world.join();
      await world.cut();
    },
  };
  for (const [state, reach] of Object.entries(states)) {
    const world = new World();
    await reach(world);
    assert.equal(world.chat.state, state);
    world.chat.close();
    world.chat.close();
    world.events.dispatchEvent(new Event("online"));
    await world.time.advance(10 * MINUTE);
    assert.deepEqual(lastState(world), ["closed", "CLOSED"]);
    assert.equal(world.toldTo("onConnection").filter(([name]) => name === "closed").length, 1);
    assert.equal(world.sockets.length, 1);
    assert.equal(world.time.pending, 0, state);
  }
});

test("close while the ticket is on its way opens nothing", async () => {
  let answer;
  const world = new World({
    ticket: () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  });
  await world.time.advance(0);
  world.chat.close();
  answer({ wsUrl: "wss://host/ws?ticket=t" });
  await world.time.advance(MINUTE);
  assert.equal(world.sockets.length, 0);
});
