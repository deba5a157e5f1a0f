/** Which messages are shown as one: photos that were sent together, and photos that stand in a row in imported history. */
import type { May, Message, Quote } from "../lib/protocol.ts";

/** As many as KakaoTalk sends at once. */
export const MOST = 30;
/** A piece that comes late joins its album over so many rows; what is further up would not be noticed there. */
const REACH = 20;
const IMPORTED_MS = 60_000;

/** A photo, or an imported line that stands for one. */
export function isPhoto(message: Message): boolean {
  return message.kind === "photo"
    ? message.file !== null
    : message.missing?.what === "photo" && message.missing.count < 2;
}

/** What names the album of a message among all albums; empty: it has none. */
export function albumOf(message: Message): string {
  return message.kind === "photo" && message.album ? `${message.person.account}:${message.album}` : "";
}

/** Other messengers export no albums: photos of one person within a minute were sent together. */
function follows(last: Message, next: Message): boolean {
  const both = isPhoto(last) && isPhoto(next) && last.imported !== "" && last.imported === next.imported;
  const same = last.person.account === next.person.account && last.person.name === next.person.name;
  return both && same && !next.quote && !next.text && next.at - last.at <= IMPORTED_MS;
}

/** The messages in groups, each by itself but those of one album; the groups are ordered by their first ones. */
export function gathered(messages: readonly Message[]): Message[][] {
  const groups: Message[][] = [];
  const open = new Map<string, number>();
  for (const message of messages) {
    const album = albumOf(message);
    const at = album ? (open.get(album) ?? -1) : groups.length - 1;
    const group = groups[at];
    const fits = group && group.length < MOST && groups.length - at <= REACH;
    if (fits && (album || follows(group.at(-1) as Message, message))) group.push(message);
    else {
      if (album) open.set(album, groups.length);
      groups.push([message]);
    }
  }
  return groups;
}

/** How many photos stand beside one another, line by line: three, or two, and never one alone. */
export function lines(count: number): number[] {
  if (count < 4) return count ? [count] : [];
  const rest = count % 3;
  const twos = rest === 0 ? 0 : 3 - rest;
  return [...Array<number>(twos).fill(2), ...Array<number>((count - 2 * twos) / 3).fill(3)];
}

export interface Chosen {
  files: File[];
  caption: string;
}

/** What moves is sent as a file. */
const STILL = /^image\/(png|jpeg|webp)$/;

export interface Piece {
  file: File;
  caption: string;
  quote: Quote | null;
  album: string;
}

/** Several photos are an album; the words go with the first photo, or else with the first file. */
export function pieces({ files, caption }: Chosen, quote: Quote | null, draw: () => string): Piece[] {
  const photos = files.filter((file) => STILL.test(file.type));
  const albums = photos.length > 1 ? photos.map((_, i) => Math.floor(i / MOST)) : [];
  const names = [...new Set(albums)].map(draw);
  const spoken = photos[0] ?? files[0];
  return files.map((file, i) => ({
    file,
    caption: file === spoken ? caption : "",
    quote: i === 0 ? quote : null,
    album: names[albums[photos.indexOf(file)] ?? -1] ?? "",
  }));
}

export function may(messages: readonly Message[], what: May): boolean {
  return messages.length > 0 && messages.every((one) => one.may.includes(what));
}

/** Of an album: some things are done to its first photo, some to the ones that may, the rest to all or not at all. */
const FIRST: ReadonlySet<May> = new Set<May>(["reply", "react", "edit", "pin"]);
const ANY: ReadonlySet<May> = new Set<May>(["copy", "retry", "discard"]);

export function mayOf(messages: readonly Message[], what: May): boolean {
  if (FIRST.has(what)) return messages[0]?.may.includes(what) ?? false;
  return ANY.has(what) ? messages.some((one) => one.may.includes(what)) : may(messages, what);
}
