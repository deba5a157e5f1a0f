import { expect, test } from "vitest";
import { albumOf, gathered, lines, mayOf, MOST, pieces } from "../src/conversation/albums.ts";
import { describe, slowest } from "../src/conversation/describe.ts";
import { localFile, provisional } from "../src/conversation/optimistic.ts";
import { Rows } from "../src/conversation/rows.ts";
import type { Message, Missing, Person } from "../src/lib/protocol.ts";

const NOON = new Date(2026, 10, 30, 12).getTime();
const IMPORTED = { imported: "kakaotalk" };

function message(id: string, more: Partial<Message> = {}): Message {
  const person = { account: "mina", name: "Mina" } as Person;
  return { ...provisional("room", person, { client: id, text: "" }), id, place: id, at: NOON, mine: false, ...more };
}

function photo(id: string, album: string, more: Partial<Message> = {}): Message {
  return message(id, { kind: "photo", file: localFile(new Blob([]), `${id}.jpg`), album, ...more });
}

function groups(...messages: Message[]): string[] {
  return gathered(messages).map((group) => group.map((one) => one.id).join(""));
}

test("photos of one album are one, those of another person or album are not", () => {
  const jun = { account: "jun", name: "Jun" } as Person;
  expect(
    groups(photo("a", "1"), photo("b", "1"), photo("c", "1", { person: jun }), photo("d", "2"), photo("e", "")),
  ).toEqual(["ab", "c", "d", "e"]);
});

test("what is said meanwhile stands below, and a late piece joins its album", () => {
  expect(groups(photo("a", "1"), message("x"), photo("b", "1"), message("y"), photo("c", "1"))).toEqual([
    "abc",
    "x",
    "y",
  ]);
});

test("a piece that comes when its album is far above stands by itself, as does what is beyond thirty", () => {
  const between = Array.from({ length: 20 }, (_, i) => message(`x${i}`));
  expect(groups(photo("a", "1"), ...between.slice(1), photo("b", "1"))[0]).toBe("ab");
  expect(groups(photo("a", "1"), ...between, photo("b", "1")).at(-1)).toBe("b");
  const many = Array.from({ length: MOST + 1 }, (_, i) => photo(`p${i}`, "1"));
  expect(gathered(many).map((group) => group.length)).toEqual([MOST, 1]);
});

test("a deleted photo is no longer one of them", () => {
  const gone = photo("b", "1", { kind: "deleted", file: null });
  expect(groups(photo("a", "1"), gone, photo("c", "1"))).toEqual(["ac", "b"]);
});

test("imported photos of one person within a minute are one, whether the file has them or only names them", () => {
  const named = { ...IMPORTED, missing: { what: "photo", name: "", count: 1 } as Missing };
  expect(groups(photo("a", "", IMPORTED), photo("b", "", { ...IMPORTED, at: NOON + 60_000 }))).toEqual(["ab"]);
  expect(groups(message("a", named), message("b", named), message("c", named))).toEqual(["abc"]);
  expect(groups(photo("a", "", IMPORTED), photo("b", "", { ...IMPORTED, at: NOON + 60_001 }))).toEqual(["a", "b"]);
  expect(groups(photo("a", "", IMPORTED), photo("b", "", { ...IMPORTED, text: "look" }))).toEqual(["a", "b"]);
  const three = { ...named, missing: { what: "photo", name: "", count: 3 } as Missing };
  expect(groups(message("a", named), message("b", three))).toEqual(["a", "b"]);
  const other = { account: "", name: "Jun" } as Person;
  expect(groups(message("a", named), message("b", { ...named, person: other }))).toEqual(["a", "b"]);
});

test("photos that were sent one by one stay apart", () => {
  expect(groups(photo("a", ""), photo("b", ""))).toEqual(["a", "b"]);
});

test("no line of an album has one photo alone, and every photo has a place", () => {
  for (let count = 2; count <= MOST; count++) {
    const found = lines(count);
    expect(found.reduce((n, one) => n + one, 0)).toBe(count);
    expect(found.every((one) => one === 2 || one === 3)).toBe(true);
  }
  expect([lines(1), lines(5), lines(7)]).toEqual([[1], [2, 3], [2, 2, 3]]);
});

test("whoever sees the last row has read a late piece above it, and an album that did not change is the same row", () => {
  const list = [photo("a", "1"), message("x"), photo("b", "1")];
  const rows = new Rows();
  const before = rows.make(list, "b", (one) => one.id);
  expect(before.map((row) => [row.message.id, row.upTo.id, row.unread])).toEqual([
    ["a", "a", true],
    ["x", "b", false],
  ]);
  expect(rows.make(list, "b", (one) => one.id)[0]).toBe(before[0]);
  expect(before[0]?.key).toBe(albumOf(list[0] as Message));
});

test("an album has failed if one of its photos has, and says how many they are", () => {
  const all = [
    photo("a", "1", { state: "sent", text: "Jeju" }),
    photo("b", "1", { state: "waiting" }),
    photo("c", "1", { state: "failed" }),
  ];
  expect(slowest(all).id).toBe("c");
  expect(slowest(all.slice(0, 2)).id).toBe("b");
  expect(describe(all[0] as Message, all)).toContain("3 photos Jeju");
});

test("of an album the first is answered, those that failed are retried, and all are deleted", () => {
  const all = [
    photo("a", "1", { may: ["reply", "forward", "delete-me"] }),
    photo("b", "1", { may: ["retry", "delete-me"] }),
  ];
  const may = (["reply", "retry", "delete-me", "forward", "react", "discard"] as const).filter((what) =>
    mayOf(all, what),
  );
  expect(may).toEqual(["reply", "retry", "delete-me"]);
});

test("the words go with the photos, not with the last file", () => {
  const file = (name: string, type: string) => new File([name], name, { type });
  const [sea, hill] = [file("sea.jpg", "image/jpeg"), file("hill.png", "image/png")];
  const [plan, cat] = [file("plan.pdf", "application/pdf"), file("cat.gif", "image/gif")];
  let drawn = 0;
  const sent = (...files: File[]) =>
    pieces({ files, caption: "Jeju" }, null, () => `album ${++drawn}`).map(
      (one) => `${one.file.name} ${one.caption} ${one.album}`,
    );
  expect(sent(cat, sea, hill, plan)).toEqual(["cat.gif  ", "sea.jpg Jeju album 1", "hill.png  album 1", "plan.pdf  "]);
  expect(sent(sea, plan)).toEqual(["sea.jpg Jeju ", "plan.pdf  "]);
  expect(sent(plan, cat)).toEqual(["plan.pdf Jeju ", "cat.gif  "]);
  const many = pieces(
    {
      files: Array<File>(MOST + 2)
        .fill(sea)
        .map((_, i) => file(`${i}`, "image/png")),
      caption: "",
    },
    null,
    () => `${++drawn}`,
  );
  expect(new Set(many.map((one) => one.album)).size).toBe(2);
});
