import { expect, test } from "vitest";
import { provisional, quoteOf } from "../src/conversation/optimistic.ts";
import { Rows } from "../src/conversation/rows.ts";
import type { Message, Person } from "../src/lib/protocol.ts";

const MINUTE = 60_000;
const NOON = new Date(2026, 10, 30, 12).getTime();

function person(account: string): Person {
  return { account, name: account } as Person;
}

function message(id: string, at: number, account = "mina", more: Partial<Message> = {}): Message {
  return { ...provisional("room", person(account), { client: id, text: id }), id, at, mine: false, ...more };
}

function made(messages: readonly Message[], unread = ""): string[] {
  const rows = new Rows().make(messages, unread, (one) => one.id);
  return rows.map((row) => {
    const marks = { day: row.day, unread: row.unread, head: row.head, time: row.time };
    return `${row.message.id} ${Object.entries(marks)
      .filter(([, is]) => is)
      .map(([name]) => name)
      .join(" ")}`.trim();
  });
}

test("a run shows who it is once, and the time at the end of each minute", () => {
  expect(made([message("a", NOON), message("b", NOON + 1), message("c", NOON + MINUTE)])).toEqual([
    "a day head",
    "b time",
    "c time",
  ]);
});

test("another person, a notice and five minutes end a run", () => {
  const messages = [
    message("a", NOON),
    message("b", NOON + 1, "jun"),
    message("c", NOON + 2, "jun", { kind: "notice" }),
    message("d", NOON + 3, "jun"),
    message("e", NOON + 6 * MINUTE, "jun"),
  ];
  expect(made(messages)).toEqual(["a day head time", "b head time", "c head time", "d head time", "e head time"]);
});

test("a day and the unread line begin a run", () => {
  const messages = [message("a", NOON), message("b", NOON + 1), message("c", NOON + 24 * 60 * MINUTE)];
  expect(made(messages, "b")).toEqual(["a day head time", "b unread head time", "c day head time"]);
});

test("rows that did not change are the same objects", () => {
  const [rows, messages] = [new Rows(), [message("a", NOON), message("b", NOON + 1)]];
  const before = rows.make(messages, "", (one) => one.id);
  const after = rows.make([...messages, message("c", NOON + 2)], "", (one) => one.id);
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
});

test("emoji alone are big, and a message waits until it is answered", () => {
  const big = ["👍", "👍🏽 🎉", "👍 ok", "42", "👍👍👍👍"].map(
    (text) => provisional("room", person("mina"), { client: "1", text }).big,
  );
  expect(big).toEqual([true, true, false, false, false]);
  expect(provisional("room", person("mina"), { client: "1", text: "hi" })).toMatchObject({
    mine: true,
    state: "waiting",
  });
});

test("an answer quotes the words, else the name of the file", () => {
  expect(quoteOf(message("hello", NOON)).text).toBe("hello");
  expect(
    quoteOf(message("", NOON, "mina", { file: { name: "cat.jpg", thumb: "t" } as Message["file"] })),
  ).toMatchObject({
    text: "cat.jpg",
    picture: "t",
  });
});
