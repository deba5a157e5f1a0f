import { expect, test } from "vitest";
import css from "../src/styles/tokens.css?raw";

const HEX = "#[0-9a-f]{6}";
const found = [...css.matchAll(new RegExp(`--([\\w-]+): (?:light-dark\\((${HEX}), (${HEX})\\)|(${HEX}));`, "gu"))];
const THEMES = ["light", "dark"] as const;
/** Every colour of the page, in both themes. */
const colours = {
  light: new Map(found.map(([, name, light, , both]) => [name, light ?? both])),
  dark: new Map(found.map(([, name, , dark, both]) => [name, dark ?? both])),
};

type Theme = (typeof THEMES)[number];

function rgb(theme: Theme, name: string): number[] {
  const hex = colours[theme].get(name);
  if (!hex) throw new Error(`no colour --${name}`);
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
}

/** As WCAG 2.2 defines it. */
function luminance(parts: number[]): number {
  const [r = 0, g = 0, b = 0] = parts.map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(theme: Theme, a: string, b: string): number {
  const [light = 0, dark = 0] = [a, b].map((name) => luminance(rgb(theme, name))).sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

/** Those below `least`, with their contrast. */
function below(least: number, pairs: readonly (readonly [string, string])[]): string[] {
  return THEMES.flatMap((theme) =>
    pairs
      .filter(([a, b]) => contrast(theme, a, b) < least)
      .map(([a, b]) => `${theme}: ${a} on ${b} ${contrast(theme, a, b).toFixed(2)}`),
  );
}

const PEOPLE = Array.from({ length: 12 }, (_, i) => i);

test("words have the contrast of WCAG AA wherever they stand", () => {
  const pairs = [
    ...["ink", "ink-2", "ink-3", "link", "alert"].map((one) => [one, "bubble"] as const),
    ...["ink-on-mine", "ink-2-on-mine", "link"].map((one) => [one, "bubble-mine"] as const),
    ...["ink", "ink-2", "ink-3-on-ground", "alert-on-ground", "unread-on-ground", "link"].map(
      (one) => [one, "ground"] as const,
    ),
    ...["list", "sheet", "raised", "hover", "chosen"].flatMap((ground) =>
      ["ink", "ink-2", "ink-3", "alert"].map((one) => [one, ground] as const),
    ),
    ...PEOPLE.flatMap((i) => [[`name-${i}`, "ground"] as const, ["on-tint", `tint-${i}`] as const]),
  ];
  expect(below(4.5, pairs)).toEqual([]);
});

test("a bubble stands out from the ground, and mine from others'", () => {
  const pairs = [
    ["bubble", "ground"],
    ["bubble-mine", "ground"],
  ] as const;
  expect(below(1.25, pairs)).toEqual([]);
  for (const theme of THEMES) expect(difference(theme, "bubble", "bubble-mine")).toBeGreaterThan(15);
});

test("the ring of the focus is seen on everything, and is of the product's colour", () => {
  const grounds = ["rail", "list", "room", "ground", "sheet", "raised", "bubble", "bubble-mine", "inset", "hover"];
  expect(
    below(
      3,
      grounds.map((ground) => ["focus", ground] as const),
    ),
  ).toEqual([]);
  for (const theme of THEMES) {
    const [r = 0, g = 0, b = 0] = rgb(theme, "focus");
    expect(g > r && g > b).toBe(true);
  }
});

/** CIE 1976, in L*a*b*. */
function lab(theme: Theme, name: string): number[] {
  const [r = 0, g = 0, b = 0] = rgb(theme, name).map((one) =>
    one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4,
  );
  const f = (t: number): number => (t > 216 / 24_389 ? Math.cbrt(t) : (t * 24_389) / 27 / 116 + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function difference(theme: Theme, a: string, b: string): number {
  const [one, other] = [lab(theme, a), lab(theme, b)];
  return Math.hypot(...one.map((part, i) => part - (other[i] ?? 0)));
}

test("no two people's colours are alike", () => {
  const near = PEOPLE.flatMap((i) =>
    PEOPLE.slice(i + 1)
      .map((k) => [`tint-${i}`, `tint-${k}`, difference("light", `tint-${i}`, `tint-${k}`)] as const)
      .filter(([, , how]) => how < 12),
  );
  expect(near).toEqual([]);
});
