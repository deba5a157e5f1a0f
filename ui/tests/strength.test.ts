import { expect, test } from "vitest";
import { strength } from "../src/lib/strength.ts";

test.each([
  ["", 0],
  ["1234567", 0],
  ["aaaaaaaaaaaaaaaaaaaaaaaa", 1],
  ["correct horse battery staple", 3],
  ["오늘도 좋은 하루 보내요", 3],
] as const)("%s is %i", (text, expected) => {
  expect(strength(text)).toBe(expected);
});

test("more characters are never weaker", () => {
  const text = "Zwei Äpfel und 7 Birnen am Morgen";
  const steps = [...text].map((_, at) => strength(text.slice(0, at + 1)));
  expect(steps).toEqual(steps.toSorted());
});
