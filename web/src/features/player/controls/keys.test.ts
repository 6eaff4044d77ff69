import { beforeEach, expect, test } from "vitest";
import { commandOf } from "./keys";

beforeEach(() => {
  document.body.innerHTML = `<main><p id="page"></p><input id="words"><button id="other"></button>
    <dialog id="dialog"></dialog><div id="stage"><button id="own"></button><input type="range" id="slider"></div></main>`;
});

function press(key: string, at = "page", more = {}) {
  const stage = document.getElementById("stage") ?? document.body;
  const plain = { ctrlKey: false, metaKey: false, altKey: false };
  return commandOf({ key, target: document.getElementById(at), ...plain, ...more }, stage);
}

test("keys work wherever the focus rests", () => {
  expect(press("k")).toEqual({ name: "play" });
  expect(press(" ")).toEqual({ name: "play" });
  expect(press("J")).toEqual({ name: "seekBy", seconds: -10 });
  expect(press("7", "own")).toEqual({ name: "seekTo", part: 0.7 });
  expect(press(">")).toEqual({ name: "speedBy", steps: 1 });
  expect(press("x")).toBeUndefined();
});

test("nobody who types or presses a shortcut of the browser works the player", () => {
  expect(press("k", "words")).toBeUndefined();
  expect(press("5", "words")).toBeUndefined();
  expect(press("m", "dialog")).toBeUndefined();
  expect(press("f", "page", { ctrlKey: true })).toBeUndefined();
  expect(press("l", "page", { metaKey: true })).toBeUndefined();
});

test("space and arrows stay with the widget that has the focus, and scrolling with the page", () => {
  expect(press(" ", "other")).toBeUndefined();
  expect(press(" ", "own")).toBeUndefined();
  expect(press("ArrowLeft", "slider")).toBeUndefined();
  expect(press("ArrowDown", "page")).toBeUndefined();
  expect(press("ArrowDown", "stage")).toEqual({ name: "volumeBy", change: -0.1 });
});
