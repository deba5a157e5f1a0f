import { expect, test } from "vitest";
import { noticeText } from "../src/conversation/notices.ts";
import { notices as words } from "../src/lib/words/notices.ts";

const NOTICE = { what: "member-added", name: "Mina", me: true, others: ["Jun"], text: "" };

test("in a chat of two nobody adds anybody: one made a link or a request, the other one came", () => {
  expect(noticeText(NOTICE, true)).toBe(words.came("Jun"));
  expect(noticeText({ ...NOTICE, what: "created", others: [] }, true)).toBe(words.opened);
  expect(noticeText({ ...NOTICE, what: "joined", me: false, others: [] }, true)).toBe(words.opened);
});

test("who followed an invite link was added by nobody", () => {
  expect(noticeText({ ...NOTICE, what: "member-came" }, false)).toBe(words.cameByLink("Jun"));
  const came = { ...NOTICE, what: "came", others: [] };
  expect(noticeText({ ...came, me: false }, false)).toBe(words.joinedByLink(words.of("Mina")));
  expect(noticeText({ ...came, me: false, name: "" }, false)).toBe(words.joinedByLink(words.ofSomebody));
});

test("in a group it is said who did it", () => {
  expect(noticeText(NOTICE, false)).toBe(words.added(words.byMe, "Jun"));
  expect(noticeText({ ...NOTICE, what: "joined", me: false, others: [] }, false)).toBe(
    words.joinedBy(words.by("Mina")),
  );
});
