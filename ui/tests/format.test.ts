import { beforeEach, describe, expect, test } from "vitest";
import { ago, brief, bytes, count, dayOf, duration, hostOf, names, span } from "../src/lib/format.ts";
import { tongue } from "../src/lib/words/index.svelte.ts";

const NOON = new Date(2026, 10, 30, 12).getTime();
const HOUR = 3_600_000;

beforeEach(() => {
  tongue.now = "en";
});

describe("times", () => {
  test("a day changes at local midnight", () => {
    const midnight = new Date(2026, 10, 30).getTime();
    expect(dayOf(midnight)).toBe(dayOf(NOON));
    expect(dayOf(midnight - 1)).not.toBe(dayOf(NOON));
  });

  test("lists show the time today, then yesterday, then a date, then the year", () => {
    expect(brief(NOON - HOUR, NOON)).toMatch(/^11:00\sAM$/);
    expect(brief(NOON - 24 * HOUR, NOON)).toBe("yesterday");
    expect(brief(NOON - 3 * 24 * HOUR, NOON)).toBe("Nov 27");
    expect(brief(NOON - 400 * 24 * HOUR, NOON)).toBe("10/26/2025");
    expect(brief(0, NOON)).toBe("");
  });

  test("they follow the language of the page at once", () => {
    tongue.now = "ko";
    expect(brief(NOON - HOUR, NOON)).toBe("오전 11:00");
    expect(brief(NOON - 24 * HOUR, NOON)).toBe("어제");
  });

  test("how long ago is said in the largest unit that fits", () => {
    expect(ago(NOON - 59_000, NOON)).toBe("59 seconds ago");
    expect(ago(NOON + 2 * HOUR, NOON)).toBe("in 2 hours");
    expect(ago(NOON - 24 * HOUR, NOON)).toBe("yesterday");
  });

  test("a timer is one whole unit", () => {
    expect([30, 300, 3600, 604_800, 90].map(span)).toEqual([
      "30 seconds",
      "5 minutes",
      "1 hour",
      "1 week",
      "90 seconds",
    ]);
  });

  test("a voice note's length has two digits of seconds", () => {
    expect([0, 4_600, 65_000, 720_000].map(duration)).toEqual(["0:00", "0:05", "1:05", "12:00"]);
  });
});

test("sizes are decimal", () => {
  expect([0, 999, 1_200_000, 5e12].map(bytes)).toEqual(["0 B", "999 B", "1.2 MB", "5,000 GB"]);
  expect(bytes(31_000)).toBe("31 KB");
});

test("names are listed as one would say them", () => {
  expect(names(["Mina", "Jun", "Ada"])).toBe("Mina, Jun, and Ada");
  tongue.now = "ko";
  expect(names(["민아", "준"])).toBe("민아, 준");
});

test("numbers have separators, and a server is its host", () => {
  expect(count(12_345)).toBe("12,345");
  expect(count(-0)).toBe("0");
  expect(hostOf("wss://relay.example:8440/")).toBe("relay.example:8440");
  expect(hostOf("relay.example")).toBe("relay.example");
});
