import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

/** Modules that need no document; what a person does in the page is played in browsers (tests/browser). */
export default defineConfig({
  cacheDir: "../.cache/vitest",
  plugins: [svelte()],
  test: {
    // Else a style sheet that is read as text is empty.
    css: { include: /tokens/ },
    environment: "node",
    include: ["tests/*.test.ts"],
    isolate: false,
    pool: "threads",
    setupFiles: "tests/setup.ts",
  },
});
