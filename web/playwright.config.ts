import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

// What `./dev` found. Debian's Chromium plays H.264; the one Playwright brings along does not.
const system =
  process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => existsSync(path));

export default defineConfig({
  testDir: "e2e",
  timeout: 120_000,
  expect: { timeout: 60_000 },
  // Most tests wait for streams, whose time cannot be made shorter: two files at a time fill the wait.
  workers: 2,
  reporter: "list",
  use: {
    baseURL: process.env.SKYLARK_URL ?? "http://127.0.0.1:8080",
    launchOptions: {
      ...(system ? { executablePath: system } : {}),
      args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
    },
  },
});
