import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte()],
  base: "./",
  build: {
    // Everything is a file of its own: the page's CSP allows neither inline scripts nor data: addresses.
    assetsInlineLimit: 0,
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    outDir: "../src/nullabona/app/page",
    target: "es2023",
  },
});
