import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // The front door's policy allows scripts of this origin only: nothing is inlined.
  build: { target: "es2023", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  // `npx vite` beside a running `./dev up`.
  server: { proxy: { "/api": "http://127.0.0.1:8080", "/media": "http://127.0.0.1:8080" } },
});
