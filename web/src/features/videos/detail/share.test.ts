import { expect, test } from "vitest";
import { embedCode, linkOf } from "./share";

test("a link begins at a whole second, or at the start", () => {
  expect(linkOf("https://sky.example", "vid_1")).toBe("https://sky.example/watch/vid_1");
  expect(linkOf("https://sky.example", "vid_1", 0.9)).toBe("https://sky.example/watch/vid_1");
  expect(linkOf("https://sky.example", "vid_1", 75.8)).toBe("https://sky.example/watch/vid_1?t=75");
});

test("a title cannot break out of the embed code", () => {
  const title = '"><script>alert(1)</script>&amp;';
  const code = embedCode("https://sky.example", { id: "vid_1", title });
  const page = new DOMParser().parseFromString(code, "text/html");
  expect(page.scripts).toHaveLength(0);
  expect(page.body.children).toHaveLength(1);
  const frame = page.querySelector("iframe");
  expect(frame?.title).toBe(title);
  expect(frame?.src).toBe("https://sky.example/embed/vid_1");
});
