import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { begin } from "../src/lib/words/begin.ts";
import { devices } from "../src/lib/words/devices.ts";
import { tongue } from "../src/lib/words/index.svelte.ts";
import { restoring } from "../src/lib/words/restoring.ts";
import { settings } from "../src/lib/words/settings.ts";

describe.each(["ko", "en"] as const)("what a sentence in %s says to press is called so", (language) => {
  const before = tongue.now;
  beforeEach(() => void (tongue.now = language));
  afterEach(() => void (tongue.now = before));

  it("where the code for a new device is", () => {
    const steps = [settings.title, devices.row, devices.link];
    expect(steps.filter((each) => !devices.joinLead.includes(each))).toEqual([]);
    expect(devices.title).toBe(devices.row);
    expect(devices.linkLead).toContain(devices.join);
  });

  it("how to come back without the passphrase", () => {
    expect([restoring.way, begin.restore].filter((each) => !begin.forgotNote.includes(each))).toEqual([]);
    expect([settings.title, settings.words].filter((each) => !begin.laterNote.includes(each))).toEqual([]);
  });
});
