import { beforeEach, expect, test, vi } from "vitest";
import { overlays } from "../src/lib/overlays.svelte.ts";

beforeEach(() => {
  vi.useFakeTimers();
  overlays.clear();
});

test("what is said again is said once, anew", () => {
  for (let n = 0; n < 3; n++) overlays.toast("not an export", { kind: "bad", hint: "choose another" });
  expect(overlays.toasts.map((one) => one.text)).toEqual(["not an export"]);
  overlays.toast("saved");
  overlays.toast("not an export", { kind: "bad", hint: "choose another" });
  expect(overlays.toasts.map((one) => one.text)).toEqual(["saved", "not an export"]);
});

test("what differs stays beside it, and so does what can be taken back", () => {
  overlays.toast("not an export", { hint: "choose another" });
  overlays.toast("not an export", { hint: "choose a folder" });
  expect(overlays.toasts).toHaveLength(2);
  overlays.clear();
  for (let n = 0; n < 2; n++) overlays.toast("deleted", { action: "undo", run: () => undefined });
  expect(overlays.toasts).toHaveLength(2);
});
