import { expect, test } from "vitest";
import { tongue } from "../src/lib/words/index.svelte.ts";
import { importing } from "../src/lib/words/importing.ts";

test.each([
  ["ko", 2, 1, "파일 2개, 내보낼 때 빠진 파일 1개"],
  ["ko", 0, 1, "내보낼 때 빠진 파일 1개"],
  ["en", 1, 0, "1 file"],
  ["en", 0, 3, "3 not in the export"],
] as const)(
  "in %s, of %i files here and %i elsewhere only those are named that there are",
  (lang, here, away, said) => {
    tongue.now = lang;
    expect(importing.files(here, away)).toBe(said);
  },
);
