import { expect, test } from "vitest";
import { fitsName } from "../src/lib/hangul.ts";

test.each([
  ["ㅁㅇ", "민아", "by first consonants"],
  ["미", "민아", "while the syllable is composed"],
  ["민ㅇ", "민아", "while the next one begins"],
  ["ㅇㅇ", "ㅇㅇ", "a name of consonants"],
  ["ㅋㅋ", "민아ㅋㅋ", "consonants within a name"],
  ["MIN", "mina", "whatever the case"],
])("%s finds %s: %s", (typed, name) => {
  expect(fitsName(typed, name)).toBe(true);
});

test.each([
  ["ㅂ", "민아"],
  ["만", "민아"],
  ["jun", "mina"],
])("%s does not find %s", (typed, name) => {
  expect(fitsName(typed, name)).toBe(false);
});

test("a name in separate jamo is the same name", () => {
  expect(fitsName("민", "민아".normalize("NFD"))).toBe(true);
});
