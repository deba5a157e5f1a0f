import { expect, test, vi } from "vitest";

const asked = vi.hoisted(() => ({ calls: [] as Record<string, unknown>[], answers: {} as Record<string, unknown> }));
vi.mock("../src/lib/transport.ts", () => ({
  call: async (what: Record<string, unknown>) => {
    asked.calls.push(what);
    return asked.answers[what.call as string];
  },
}));
vi.mock("../src/lib/state.svelte.ts", () => ({ tell: () => undefined }));

import { provisional } from "../src/conversation/optimistic.ts";
import { MessageWindow } from "../src/conversation/window.svelte.ts";
import { count } from "../src/lib/format.ts";
import type { Message, Person } from "../src/lib/protocol.ts";
import { fits } from "../src/lib/upload.ts";

function message(id: string, place: string, more: Partial<Message> = {}): Message {
  const me = { account: "mina", name: "Mina" } as Person;
  return { ...provisional("room", me, { client: id, text: id }), id, place, unread_by: 1, ...more };
}

function page(...messages: Message[]): MessageWindow {
  const window = new MessageWindow("room");
  window.replace({ room: "room", messages, more_before: false, more_after: false });
  return window;
}

test("every number that is shown is asked for anew, however many there are", async () => {
  const window = page(...Array.from({ length: 300 }, (_, n) => message(`m${n}`, String(n).padStart(3, "0"))));
  asked.answers.GetUnread = { counts: Object.fromEntries(window.list.map((one) => [one.id, 0])) };
  await window.askUnread();
  expect(asked.calls).toEqual([{ call: "GetUnread", room: "room", first: "000", last: "299" }]);
  expect(window.list.map((one) => one.unread_by)).toEqual(Array(300).fill(0));
});

test("the answers to a message are found", () => {
  const quote = { message: "a", name: "", kind: "text", text: "", picture: "", gone: false } as const;
  expect(page(message("a", "1"), message("b", "2", { quote }), message("c", "3")).quoting(["a"])).toEqual(["b"]);
});

test("nothing left is written without a minus", () => {
  expect([count(-0), count(0)]).toEqual(["0", "0"]);
});

test("a file of 100 MiB can be sent, one byte more cannot", () => {
  const most = 100 * 1024 * 1024;
  expect([most, most + 1].map((size) => fits({ size } as Blob))).toEqual([true, false]);
});
