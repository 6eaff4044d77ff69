import { beforeEach, expect, test } from "vitest";
import { remember, resumeAt } from "./resume";

beforeEach(() => localStorage.clear());

test("a video goes on where it was left", () => {
  remember("vid_1", 61.7, 300);
  remember("vid_2", 20, 300);
  expect([resumeAt("vid_1"), resumeAt("vid_2"), resumeAt("vid_3")]).toEqual([61, 20, undefined]);
});

test("its first seconds and its end are not remembered", () => {
  remember("vid_1", 100, 300);
  remember("vid_1", 290, 300);
  remember("vid_2", 3, 300);
  expect([resumeAt("vid_1"), resumeAt("vid_2")]).toEqual([undefined, undefined]);
});

test("only the last hundred are kept, and what somebody else wrote is left out", () => {
  localStorage.setItem("skylark.resume", '[["vid_x", "soon"], 7, ["vid_y", 30]]');
  expect([resumeAt("vid_x"), resumeAt("vid_y")]).toEqual([undefined, 30]);
  for (let number = 0; number < 100; number++) remember(`vid_${number}`, 50, 300);
  expect([resumeAt("vid_y"), resumeAt("vid_0")]).toEqual([undefined, 50]);
  localStorage.setItem("skylark.resume", "no JSON");
  expect(resumeAt("vid_0")).toBeUndefined();
});
