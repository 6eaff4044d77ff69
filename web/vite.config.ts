import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  // The front door's policy allows scripts and styles of this origin only: nothing is inlined.
  build: { target: "es2023", assetsInlineLimit: 0, modulePreload: { polyfill: false }, manifest: true },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}", "*.test.ts"], restoreMocks: true },
});
