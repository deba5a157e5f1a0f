import { svelte } from "@sveltejs/vite-plugin-svelte";
import en from "emojibase-data/en/compact.json" with { type: "json" };
import ko from "emojibase-data/ko/compact.json" with { type: "json" };
import { defineConfig, type Plugin } from "vite";

/** Parts such as skin tones, which nobody sends alone. */
const COMPONENTS = 2;

/** `virtual:emoji`: what the picker needs of emojibase-data, in both languages. */
function emoji(): Plugin {
  const rows = (): unknown[] => {
    const english = new Map(en.map((one) => [one.unicode, one]));
    const known = ko.filter((one) => one.group !== undefined && one.group !== COMPONENTS);
    known.sort((a, b) => (a.order ?? 0) - (b.order ?? 0));
    return known.map((one) => {
      const other = english.get(one.unicode);
      const tags = [...(one.tags ?? []), ...(other?.tags ?? [])].join(" ");
      return [one.unicode, one.group, one.label, other?.label ?? one.label, tags];
    });
  };
  return {
    name: "emoji",
    resolveId: (id) => (id === "virtual:emoji" ? "\0virtual:emoji" : null),
    load: (id) => (id === "\0virtual:emoji" ? `export default JSON.parse(${JSON.stringify(JSON.stringify(rows()))})` : null),
  };
}

export default defineConfig({
  plugins: [svelte(), emoji()],
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
