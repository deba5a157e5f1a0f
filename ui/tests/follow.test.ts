import { expect, test } from "vitest";
import { Follow } from "../src/conversation/follow.ts";

function opened(): { follow: Follow; pass: (ms: number) => void } {
  let now = 0;
  const follow = new Follow(() => now);
  follow.moved(900, 0, true);
  return { follow, pass: (ms) => void (now += ms) };
}

test("rows that shrink or grow while photos load do not end it", () => {
  const { follow } = opened();
  follow.moved(500, 700, true);
  expect([follow.on, follow.atEnd]).toEqual([true, false]);
});

test("the wheel, a key and a held scroll bar end it, and the end begins it again", () => {
  for (const act of [(one: Follow) => one.acted(), (one: Follow) => one.held(true)]) {
    const { follow } = opened();
    act(follow);
    follow.moved(500, 700, true);
    expect(follow.on).toBe(false);
    follow.moved(1160, 40, true);
    expect(follow.on).toBe(true);
  }
});

test("a movement long after the last act is nobody's, unless the bar is still held", () => {
  const { follow, pass } = opened();
  follow.acted();
  pass(1_000);
  follow.moved(500, 700, true);
  expect(follow.on).toBe(true);
  follow.held(true);
  pass(5_000);
  follow.moved(400, 800, true);
  expect(follow.on).toBe(false);
});

test("the end of what is loaded is not the end while newer messages are not loaded", () => {
  const { follow } = opened();
  follow.on = false;
  follow.moved(900, 0, false);
  expect([follow.on, follow.atEnd]).toEqual([false, false]);
});

test("a message that was gone to is kept in its place for a moment, until the person does something", () => {
  const { follow, pass } = opened();
  follow.go("m", "start");
  expect([follow.on, follow.aim?.id]).toEqual([false, "m"]);
  follow.acted();
  expect(follow.aim).toBeUndefined();
  follow.go("m", "start");
  pass(2_000);
  expect(follow.aim).toBeUndefined();
});
