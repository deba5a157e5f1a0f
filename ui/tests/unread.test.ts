import { expect, test } from "vitest";
import { describe } from "../src/conversation/describe.ts";
import { provisional } from "../src/conversation/optimistic.ts";
import type { Message, Person } from "../src/lib/protocol.ts";
import { talk } from "../src/lib/words/conversation.ts";

function told(more: Partial<Message>): string[] {
  const me = { account: "mina", name: "Mina" } as Person;
  const message = { ...provisional("room", me, { client: "1", text: "hello" }), ...more };
  const signs = [talk.waiting, talk.failed, talk.allRead, ...[1, 2].map((n) => talk.unreadBy(n))];
  return signs.filter((sign) => describe(message).includes(sign));
}

test("a message has one sign at most: on its way, failed, or how many have not read it", () => {
  expect(told({ state: "waiting", unread_by: 2 })).toEqual([talk.waiting]);
  expect(told({ state: "failed", unread_by: 2 })).toEqual([talk.failed]);
  expect(told({ state: "sent", unread_by: 2 })).toEqual([talk.unreadBy(2)]);
  expect(told({ state: "sent", unread_by: 0 })).toEqual([talk.allRead]);
  expect(told({ state: "delivered", unread_by: 1 })).toEqual([talk.unreadBy(1)]);
  expect(told({ state: "received", mine: false, unread_by: 0 })).toEqual([]);
});

test("without read receipts nothing is said of reading", () => {
  expect(told({ state: "delivered", unread_by: null })).toEqual([]);
});
