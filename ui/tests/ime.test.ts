import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { batched } from "../src/lib/batch.ts";
import { EnterKey } from "../src/lib/ime.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  vi.advanceTimersByTime(1_000);
});

afterEach(() => {
  vi.useRealTimers();
});

function enter(more: Partial<KeyboardEvent> = {}): KeyboardEvent {
  return {
    key: "Enter",
    code: "Enter",
    isComposing: false,
    keyCode: 13,
    preventDefault: () => undefined,
    ...more,
  } as KeyboardEvent;
}

test("one Enter ends a Hangul syllable and sends it once", () => {
  const send = vi.fn();
  const field = new EnterKey(() => true, send);
  field.compositionupdate({ data: "요" } as CompositionEvent);
  expect(field.keydown(enter({ isComposing: true, keyCode: 229 }))).toBe(true);
  expect(send).not.toHaveBeenCalled();
  field.compositionend();
  vi.runAllTimers();
  field.keydown(enter());
  expect(send).toHaveBeenCalledOnce();
});

test("an Enter that picks a candidate does not send", () => {
  const send = vi.fn();
  const field = new EnterKey(() => true, send);
  field.compositionupdate({ data: "にほん" } as CompositionEvent);
  field.keydown(enter({ isComposing: true, keyCode: 229 }));
  field.compositionend();
  vi.runAllTimers();
  expect(send).not.toHaveBeenCalled();
});

test("other keys, and Enter where it makes a line, are left alone", () => {
  const field = new EnterKey(() => false, vi.fn());
  expect(field.keydown(enter())).toBe(false);
  expect(field.keydown(enter({ key: "a", code: "KeyA" }))).toBe(false);
});

test("work that is asked for in a burst is done once a while", () => {
  const work = vi.fn();
  const ask = batched(work);
  for (let i = 0; i < 50; i++) ask();
  vi.advanceTimersByTime(20);
  expect(work).toHaveBeenCalledTimes(1);
  ask();
  vi.advanceTimersByTime(20);
  expect(work).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(60);
  expect(work).toHaveBeenCalledTimes(2);
});
