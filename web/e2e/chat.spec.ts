// Rooms, with real sockets and several browsers.
import { expect, type Page, test } from "@playwright/test";
import { complaintsOf, expectAccessible, makePerson, shot } from "./kit";
import { Line } from "./line";
import { box, feed, intrude, makeRoom, median, row, say, seen, size, storm, time, watch } from "./room";

/** What a page may complain of: a cut line, refused tickets and playlists that are not there yet. */
const EXPECTED = /ERR_|403|404|503|WebSocket/;
const PHONE = { viewport: { width: 390, height: 844 } };

let line: Line;
test.beforeEach(async () => {
  line = await Line.open();
});
test.afterEach(() => line.end());

const note = (page: Page, words: string | RegExp) =>
  page.getByRole("region", { name: "Chat" }).getByText(words);

/** Whether the keyboard is there; the window itself may be behind another. */
const isActive = (element: Element) => element === document.activeElement;

async function delivered(request: Page["request"], room: string): Promise<number> {
  const answer = await request.get(`/api/v1/streams/${room}/messages?limit=100`);
  return (await answer.json()).items.length;
}

test("two people talk: at once, in one order, and only what may be said", async ({ browser, request }) => {
  const [ann, bob] = [await makePerson(request, "ann"), await makePerson(request, "bob")];
  const room = await makeRoom(request, ann);
  const desk = await watch(browser, room, ann, { viewport: { width: 1280, height: 900 } });
  const phone = await watch(browser, room, bob, { ...PHONE, proxy: line.proxy });
  const complaints = [...[desk, phone].map((page) => complaintsOf(page, EXPECTED))];
  await expect(box(desk)).toBeVisible();
  await expect(note(phone, "Nobody has said anything yet.")).toBeVisible();

  // At once for its author, and for others as soon as the room has it.
  line.hold();
  await say(phone, "Ahoy 🌊 from the pier");
  await expect(row(phone, "Ahoy 🌊 from the pier")).toContainText("Sending ...");
  await shot(phone, "chat-pending");
  line.flow();
  await expect(row(phone, "Ahoy 🌊 from the pier")).not.toContainText("Sending ...");
  await expect(row(desk, "Ahoy 🌊 from the pier")).toContainText(bob.username);
  await expect(row(phone, "Ahoy 🌊 from the pier")).toHaveCount(1);

  const [atDesk, atPhone] = [await time(desk), await time(phone)];
  for (let number = 1; number <= 5; number++) {
    await say(desk, `latency ${number}`);
    await expect(row(phone, `latency ${number}`)).toBeVisible();
  }
  const [sent, got] = [await atDesk(), await atPhone()];
  const since = (times: Record<string, number>, state: string) =>
    median(sent.pressed.map((at, index) => (times[`${state} latency ${index + 1}`] ?? Number.NaN) - at));
  console.log(
    `in the browser, from Enter (medians of 5): shown ${since(sent.seen, "pending")} ms, taken ` +
      `${since(sent.seen, "said")} ms, seen by another ${since(got.seen, "said")} ms`,
  );

  // Markup is text.
  const markup = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
  await say(phone, markup);
  await expect(row(desk, markup)).toBeVisible();
  for (const page of [desk, phone]) expect(await page.evaluate(() => "hacked" in window)).toBe(false);

  // What is too long stays in the box.
  const long = `${"e\u0301".repeat(199)}🌊x`;
  await say(phone, long);
  await expect(note(phone, "A message has at most 200 characters.")).toBeVisible();
  await expect(note(phone, "1 too many")).toBeVisible();
  await expect(box(phone)).toHaveValue(long);
  await expectAccessible(phone);
  await shot(phone, "chat-too-long");
  await box(phone).press("Backspace");
  await box(phone).press("Enter");
  await expect(box(phone)).toHaveValue("");
  await expect(row(desk, "é".repeat(199))).toBeVisible();

  // Whoever is too fast waits for a turn, and is told so. Both talk at once, and see one order.
  line.hold();
  for (let number = 1; number <= 6; number++) await say(phone, `bob says ${number}`);
  await expect(note(phone, "Too fast: 2 messages wait for their turn.")).toBeVisible();
  await shot(phone, "chat-too-fast");
  line.flow();
  const talk = async (page: Page, name: string, from: number) => {
    for (let number = from; number <= 10; number++) await say(page, `${name} says ${number}`);
  };
  await Promise.all([talk(desk, "ann", 1), talk(phone, "bob", 7)]);
  for (const page of [desk, phone])
    for (const text of ["ann says 10", "bob says 10"])
      await expect(row(page, text)).not.toContainText("Sending ...");
  await expect.poll(async () => (await seen(desk)).slice(-10)).toEqual((await seen(phone)).slice(-10));
  expect(await delivered(request, room)).toBe(28);
  expect(await size(phone)).toBe(28);

  // Whoever folds the chat is a viewer still, and finds it as it was.
  const viewers = async () =>
    (await (await request.get(`/api/v1/streams/${room}/viewers`)).json()).viewerCount;
  await expect.poll(viewers).toBe(2);
  await box(phone).fill("half a thought");
  await phone.getByRole("button", { name: "Hide chat" }).click();
  await expect(box(phone)).toBeHidden();
  await say(desk, "are you there?");
  await expect(row(desk, "are you there?")).not.toContainText("Sending ...");
  await expect.poll(viewers).toBe(2);
  await phone.getByRole("button", { name: "Show chat" }).click();
  await expect(row(phone, "are you there?")).toBeVisible();
  await expect(box(phone)).toHaveValue("half a thought");
  await expectAccessible(desk);
  await shot(desk, "chat-desk");
  await shot(phone, "chat-phone");
  expect(complaints.flat()).toEqual([]);
  for (const page of [desk, phone]) await page.context().close();
});

test("a cut leaves no gap, no doubles, and nothing that was deleted meanwhile", async ({
  browser,
  request,
}) => {
  const [ann, bob] = [await makePerson(request, "ann"), await makePerson(request, "bob")];
  const room = await makeRoom(request, ann);
  const desk = await watch(browser, room, ann);
  const phone = await watch(browser, room, bob, { ...PHONE, proxy: line.proxy });
  for (const text of ["one", "two, which goes", "three"]) await say(desk, text);
  await expect(row(phone, "three")).toBeVisible();
  await expect(box(phone)).toBeVisible();

  line.cut();
  await expect(note(phone, /Reconnecting in \d+ s/)).toBeVisible();
  await say(phone, "from the tunnel");
  await expect(row(phone, "from the tunnel")).toContainText("Sending ...");
  for (let number = 1; number <= 6; number++) await say(desk, `meanwhile ${number}`);
  await expect(row(desk, "meanwhile 6")).not.toContainText("Sending ...");
  await row(desk, "two, which goes").hover();
  await row(desk, "two, which goes").getByRole("button").click();
  await desk.getByRole("menuitem", { name: "Delete message" }).click();
  await expect(row(desk, "two, which goes")).toHaveCount(0);
  await expect(row(phone, "two, which goes")).toHaveCount(1);
  await expectAccessible(phone);
  await shot(phone, "chat-cut");

  line.mend();
  // The next try may have begun by itself.
  await phone
    .getByRole("button", { name: "Now" })
    .click({ timeout: 2_000 })
    .catch(() => undefined);
  await expect(row(phone, "from the tunnel")).not.toContainText("Sending ...");
  await expect(note(phone, /Reconnecting/)).toHaveCount(0);
  await expect(row(phone, "two, which goes")).toHaveCount(0);
  await expect(row(desk, "from the tunnel")).toHaveCount(1);
  const wanted = [
    "one",
    "three",
    ...[1, 2, 3, 4, 5, 6].map((number) => `meanwhile ${number}`),
    "from the tunnel",
  ];
  for (const page of [desk, phone]) await expect.poll(() => seen(page)).toEqual(wanted);
  for (const page of [desk, phone]) await page.context().close();
});

test("order is kept by menus, by keyboard alone", async ({ browser, request }) => {
  const [ann, bob] = [await makePerson(request, "ann"), await makePerson(request, "bob")];
  const room = await makeRoom(request, ann);
  const desk = await watch(browser, room, ann);
  const phone = await watch(browser, room, bob, PHONE);
  for (const text of ["first", "second", "third"]) {
    await say(phone, text);
    await expect(row(desk, text)).toBeVisible();
  }
  await expect(desk.getByTestId("announcer")).toContainText(/third/);

  /** By keyboard, from the box: back to the newest message, up to the one that says `text`, and its menu. */
  async function openMenu(page: Page, text: string) {
    await box(page).focus();
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("End");
    while (!(await row(page, text).evaluate(isActive))) await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.getByRole("menuitem").first().evaluate(isActive)).toBe(true);
  }
  async function choose(page: Page, name: RegExp) {
    while (!(await page.getByRole("menuitem", { name }).evaluate(isActive)))
      await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
  }

  await openMenu(desk, "second");
  await expectAccessible(desk);
  await shot(desk, "chat-menu");
  await desk.keyboard.press("Escape");
  await expect(desk.getByRole("menu")).toHaveCount(0);
  expect(await row(desk, "second").evaluate(isActive)).toBe(true);
  await openMenu(desk, "second");
  await choose(desk, /Delete message/);
  for (const page of [desk, phone]) await expect(row(page, "second")).toHaveCount(0);
  // The keyboard goes on from where it was.
  await expect.poll(() => row(desk, "third").evaluate(isActive)).toBe(true);
  // An author may take back their own, and do no more.
  await openMenu(phone, "third");
  await expect(phone.getByRole("menuitem")).toHaveText(["Delete message"]);
  await choose(phone, /Delete message/);
  await expect(row(desk, "third")).toHaveCount(0);

  // Slow mode.
  const settings = desk.getByRole("dialog", { name: "Chat settings" });
  await desk.getByRole("button", { name: "Chat settings" }).press("Enter");
  await settings.getByLabel("Slow mode").selectOption("60 seconds");
  await expect(note(phone, "Slow mode: one message each 60 s.")).toBeVisible();
  await desk.keyboard.press("Escape");
  await say(phone, "slowly");
  await expect(row(desk, "slowly")).toBeVisible();
  await say(phone, "too soon");
  await expect(note(phone, /Slow mode: you can write again in \d+ s\./)).toBeVisible();
  await expect(box(phone)).toHaveValue("too soon");
  await shot(phone, "chat-slow");

  // A time-out, lifted.
  await openMenu(desk, "slowly");
  await choose(desk, /Time out .* for 10 minutes/);
  await expect(note(phone, /You are timed out until/)).toBeVisible();
  await expectAccessible(phone);
  await shot(phone, "chat-timed-out");
  await desk.getByRole("button", { name: "Chat settings" }).press("Enter");
  await expect(settings.getByText(`${bob.username}, until`)).toBeVisible();
  await expectAccessible(desk);
  await shot(desk, "chat-settings");
  await settings.getByRole("button", { name: `Lift the ban of ${bob.username}` }).press("Enter");
  await expect(settings.getByText("Nobody is banned.")).toBeVisible();
  await settings.getByLabel("Slow mode").selectOption("Off");
  await expect(settings.getByLabel("Slow mode")).toHaveValue("0");
  await desk.keyboard.press("Escape");
  await phone.getByRole("button", { name: "Enter again" }).press("Enter");
  await expect(box(phone)).toBeVisible();
  await expect(note(phone, /Slow mode:/)).toHaveCount(0);
  await say(phone, "back again");
  // The room's servers know for some seconds what was so before.
  await expect(async () => {
    const again = phone.getByRole("button", { name: "Send again" });
    if (await again.isVisible()) await again.click();
    await expect(row(desk, "back again")).toBeVisible({ timeout: 2_000 });
  }).toPass();

  // A moderator, who keeps order too once the room is entered anew; and a ban, which ends that.
  await openMenu(desk, "back again");
  await choose(desk, /Make .* a moderator/);
  await expect(desk.getByText(`${bob.username} is a moderator now.`)).toBeVisible();
  await phone.reload();
  await say(phone, "with a badge");
  await expect(row(desk, "with a badge")).toContainText("Moderator");
  await expect(phone.getByRole("button", { name: "Chat settings" })).toBeVisible();
  await openMenu(desk, "with a badge");
  await choose(desk, /^Ban /);
  const question = desk.getByRole("dialog", { name: `Ban ${bob.username}?` });
  await shot(desk, "chat-ban");
  await question.getByRole("button", { name: "Ban" }).press("Enter");
  await expect(note(phone, "You are banned from this chat.")).toBeVisible();
  await phone.reload();
  await expect(note(phone, "You are banned from this chat.")).toBeVisible();
  // Whoever is banned may read, as everybody may.
  await expect(row(phone, "with a badge")).toBeVisible();
  await shot(phone, "chat-banned");
  for (const page of [desk, phone]) await page.context().close();
});

test("a storm is followed or read in peace, and does not pile up", async ({ browser, request }) => {
  const [ann, bob] = [await makePerson(request, "ann"), await makePerson(request, "bob")];
  const room = await makeRoom(request, ann);
  const desk = await watch(browser, room, ann);
  await expect(box(desk)).toBeVisible();
  const texts = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${name} ${index} ${"and so on ".repeat(index % 12)}`.trim());
  const began = Date.now();
  await storm(desk, room, ann, texts("early", 120));
  await expect(row(desk, "early 119")).toBeInViewport();
  console.log(`120 messages over one socket were shown after ${Date.now() - began} ms`);

  // Who enters later sees the last ones, and goes back as far as they like without losing the place.
  const phone = await watch(browser, room, bob, PHONE);
  await expect(row(phone, "early 119")).toBeInViewport();
  expect(await size(phone)).toBe(50);
  const scroller = phone.getByTestId("chat-scroller");
  let answer: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await phone.route("**/messages?*before=*", async (route) => {
    await asked;
    await route.continue();
  });
  await scroller.evaluate((list) => list.scrollTo({ top: 250 }));
  await expect(phone.getByText("Loading older messages ...")).toHaveCount(1);
  const inView = await scroller.evaluate((list) => {
    const isIn = (one: Element) => one.getBoundingClientRect().top > list.getBoundingClientRect().top;
    return (
      [...list.querySelectorAll("article")].find(isIn)?.querySelector("bdi:last-of-type")?.textContent ?? ""
    );
  });
  const place = async () => Math.round((await row(phone, inView).boundingBox())?.y ?? Number.NaN);
  const before = await place();
  answer();
  await expect.poll(() => size(phone)).toBe(120);
  await expect.poll(() => scroller.evaluate((list) => list.scrollTop)).toBeGreaterThan(1000);
  await expect.poll(async () => Math.abs((await place()) - before)).toBeLessThanOrEqual(2);
  await shot(phone, "chat-older");

  // A storm comes: the one stays where they read, the other at the end.
  await storm(phone, room, ann, texts("storm", 60));
  await expect(row(desk, "storm 59")).toBeInViewport();
  await expect(phone.getByRole("button", { name: "60 new messages" })).toBeVisible();
  expect(Math.abs((await place()) - before)).toBeLessThanOrEqual(2);
  await shot(phone, "chat-pill");
  await expectAccessible(phone);
  await phone.getByRole("button", { name: "60 new messages" }).click();
  await expect(row(phone, "storm 59")).toBeInViewport();
  await expect(phone.getByRole("button", { name: /new/ })).toHaveCount(0);
  await expect(desk.getByTestId("announcer")).toBeEmpty();
  await expect(phone.getByTestId("announcer")).toContainText(/\d+ new messages\. The last is from/);

  // More comes than a page keeps: the oldest go and can be had again, and memory does not grow with them.
  const tell = await intrude(desk);
  await desk.reload();
  await expect(row(desk, "storm 59")).toBeInViewport();
  tell(room, texts("flood", 5_000));
  await expect(row(desk, "flood 4999")).toBeInViewport();
  expect(await size(desk)).toBe(2_000);
  expect(await feed(desk).getByRole("article").count()).toBeLessThan(60);
  const devtools = await desk.context().newCDPSession(desk);
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  console.log(`with 2,000 messages of 5,050 the page's heap is ${Math.round(usedSize / 1e6)} MB`);
  expect(usedSize).toBeLessThan(60e6);
  await desk.getByTestId("chat-scroller").evaluate((list) => list.scrollTo({ top: 0 }));
  await expect.poll(() => size(desk)).toBe(2_100);
  for (const page of [desk, phone]) await page.context().close();
});

test("guests read, or write where they may; rooms say why they are silent", async ({ browser, request }) => {
  const ann = await makePerson(request, "ann");
  const [members, open, off] = [
    await makeRoom(request, ann),
    await makeRoom(request, ann, { mode: "OPEN" }),
    await makeRoom(request, ann, { enabled: false }),
  ];
  const desk = await watch(browser, members, ann);
  await say(desk, "welcome");
  await expect(row(desk, "welcome")).toContainText("Owner");

  const guest = await watch(browser, members, undefined, PHONE);
  await expect(row(guest, "welcome")).toBeVisible();
  await expect(box(guest)).toHaveCount(0);
  await expectAccessible(guest);
  await shot(guest, "chat-guest");
  await guest.getByRole("link", { name: "Log in to chat" }).click();
  await expect(guest).toHaveURL(new RegExp(`/login\\?next=.*${members}`));

  // An open room takes them; what the room refuses for a while is counted down.
  await guest.routeWebSocket(/streamId=/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((frame) => socket.send(frame));
    socket.onMessage((frame) => {
      if (!String(frame).includes("the sixth within a second")) return server.send(frame);
      const refusal = {
        type: "ERROR",
        code: "RATE_LIMITED",
        content: "Rate limit exceeded. Connection closed.",
      };
      socket.send(JSON.stringify({ ...refusal, timestamp: new Date().toISOString(), retry_after_ms: 4_000 }));
    });
  });
  await guest.goto(`/streams/${open}`);
  await say(guest, "just passing");
  await expect(row(guest, "just passing")).toContainText("Guest");
  await expect(note(guest, /You write as User_/)).toBeVisible();
  await say(guest, "the sixth within a second");
  await expect(note(guest, /Too fast: you can write again in \d s\./)).toBeVisible();
  await expect(note(guest, "Connection lost")).toHaveCount(0);
  await shot(guest, "chat-rate-limited");

  await guest.goto(`/streams/${off}`);
  await expect(note(guest, "The chat of this stream is switched off.")).toBeVisible();

  // Long after its end a room has a history still, and no socket.
  await guest.route(`**/api/v1/streams/${members}`, async (route) => {
    const response = await route.fetch();
    const endedAt = new Date(Date.now() - 3_600_000).toISOString();
    const json = { ...(await response.json()), status: "ENDED", state: "ARCHIVED", endedAt };
    await route.fulfill({ response, json });
  });
  let sockets = 0;
  guest.on("websocket", (socket) => {
    if (socket.url().includes(members)) sockets += 1;
  });
  await guest.goto(`/streams/${members}`);
  await expect(note(guest, "The stream has ended: the chat is closed.")).toBeVisible();
  await expect(row(guest, "welcome")).toBeVisible();
  expect(sockets).toBe(0);
  await shot(guest, "chat-ended");
  for (const page of [desk, guest]) await page.context().close();
});

test("a replay of 100,000 messages follows the video, both ways", async ({ browser }) => {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  const line = (index: number) => ({
    media_ms: index * 100,
    id: `msg_${index}`,
    user_id: "usr_1",
    username: `viewer_${index % 50}`,
    content: `said ${index}: <b>text</b> ${"and so on ".repeat(index % 7)}`,
    timestamp: "2026-11-20T10:00:00.000Z",
    ...(index % 50 === 0 && { roles: ["owner"] }),
  });
  const body = Array.from({ length: 100_000 }, (_, index) => JSON.stringify(line(index))).join("\n");
  const video = {
    id: "vid_replayed",
    userId: "usr_1",
    username: "ann",
    title: "Harbour at noon",
    status: "READY",
    visibility: "PUBLIC",
    source: {},
    thumbnails: [],
    captions: [],
    durationMs: 10_000_000,
    hlsUrl: "/replayed/main.m3u8",
    chatReplayUrl: "/replayed/chat.ndjson",
    createdAt: "2026-11-20T10:00:00.000Z",
    updatedAt: "2026-11-20T10:00:00.000Z",
  };
  await page.route("**/api/v1/videos/vid_replayed", (route) => route.fulfill({ json: video }));
  await page.route("**/replayed/*", (route) =>
    route.request().url().endsWith("ndjson") ? route.fulfill({ body }) : route.abort(),
  );
  // The player is tried out elsewhere: here its time is set by hand.
  await page.addInitScript(() => {
    const clock = window as unknown as { seconds: number };
    clock.seconds = 0;
    Object.defineProperty(HTMLMediaElement.prototype, "currentTime", {
      get: () => clock.seconds,
      set: () => undefined,
    });
  });
  const seek = async (seconds: number) => {
    await page.evaluate((to) => Object.assign(window, { seconds: to }), seconds);
  };
  await page.goto("/videos/vid_replayed");
  await expect(row(page, "said 0: <b>text</b>")).toContainText("Owner");
  await expect(feed(page).getByRole("article")).toHaveCount(1);
  for (const [seconds, last] of [
    [2.55, 25],
    [9_999.9, 99_999],
    [5_000, 50_000],
    [60, 600],
  ] as const) {
    await seek(seconds);
    await expect(row(page, `said ${last}: `)).toBeInViewport();
    await expect(row(page, `said ${last + 1}: `)).toHaveCount(0);
    expect(await feed(page).getByRole("article").count()).toBeLessThan(60);
  }
  await shot(page, "chat-replay");

  // Whoever reads older ones stays there while it goes on.
  await seek(5_000);
  await expect(row(page, "said 50000: ")).toBeInViewport();
  const scroller = page.getByTestId("chat-scroller");
  await scroller.evaluate((list) => list.scrollTo({ top: 0 }));
  await expect(row(page, "said 49001: ")).toBeAttached();
  await expect.poll(() => scroller.evaluate((list) => list.scrollTop)).toBeGreaterThan(1_000);
  await seek(5_001);
  await expect(row(page, "said 49001: ")).toBeAttached();
  await page.getByRole("button", { name: "To the newest message" }).click();
  await expect(row(page, "said 50010: ")).toBeInViewport();
  const slowest = await page.evaluate(async () => {
    let [longest, before] = [0, performance.now()];
    for (let frame = 0; frame < 60; frame++) {
      Object.assign(window, { seconds: 5_001 + frame / 10 });
      const now: number = await new Promise(requestAnimationFrame);
      longest = Math.max(longest, now - before);
      before = now;
    }
    return longest;
  });
  console.log(`the longest pause between two frames of a replay is ${Math.round(slowest)} ms`);
  await page.context().close();
});
