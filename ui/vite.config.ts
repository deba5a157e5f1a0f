import { svelte } from "@sveltejs/vite-plugin-svelte";
import en from "emojibase-data/en/compact.json" with { type: "json" };
import ko from "emojibase-data/ko/compact.json" with { type: "json" };
import known from "emojibase-data/ko/data.json" with { type: "json" };
import { defineConfig, type Plugin } from "vite";

/** Parts such as skin tones, which nobody sends alone. */
const COMPONENTS = 2;
/** Of 2023. Many systems have no picture of newer emoji yet: whoever chose one would choose a blank. */
const NEWEST = 15.1;
const EARLY = "early";

/** `virtual:emoji`: what the picker needs of emojibase-data, in both languages. */
function emoji(): Plugin {
  const rows = (): unknown[] => {
    const english = new Map(en.map((one) => [one.unicode, one]));
    const drawn = new Set(known.filter((one) => one.version <= NEWEST).map((one) => one.hexcode));
    const offered = ko.filter((one) => one.group !== undefined && one.group !== COMPONENTS && drawn.has(one.hexcode));
    offered.sort((a, b) => (a.order ?? 0) - (b.order ?? 0));
    return offered.map((one) => {
      const other = english.get(one.unicode);
      const tags = [...(one.tags ?? []), ...(other?.tags ?? [])].join(" ");
      return [one.unicode, one.group, one.label, other?.label ?? one.label, tags];
    });
  };
  return {
    name: "emoji",
    resolveId: (id) => (id === "virtual:emoji" ? "\0virtual:emoji" : null),
    load: (id) =>
      id === "\0virtual:emoji" ? `export default JSON.parse(${JSON.stringify(JSON.stringify(rows()))})` : null,
  };
}

/** The script of `lib/early.ts` does not wait for the others. */
function early(): Plugin {
  return {
    name: "early",
    transformIndexHtml: {
      order: "post",
      handler: (_html, { bundle }) => {
        const chunk = Object.values(bundle ?? {}).find((one) => one.type === "chunk" && one.name === EARLY);
        if (!chunk) throw new Error("the early script is not a file of its own");
        const attrs = { type: "module", async: true, crossorigin: true, src: `./${chunk.fileName}` };
        return [{ tag: "script", attrs, injectTo: "head-prepend" }];
      },
    },
  };
}

export default defineConfig({
  plugins: [svelte(), emoji(), early()],
  base: "./",
  build: {
    // Everything is a file of its own: the page's CSP allows neither inline scripts nor data: addresses.
    assetsInlineLimit: 0,
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    outDir: "../src/nullabona/app/page",
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: EARLY, test: /\/lib\/(early|transport)\.ts$/, priority: 2 },
            // The first screen is one script and one stylesheet; panels and dialogs come when they are shown.
            { name: "page", tags: ["$initial"], priority: 1 },
          ],
        },
      },
    },
    target: "es2023",
  },
});
