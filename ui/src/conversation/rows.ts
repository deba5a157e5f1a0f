/** How messages are laid out: days, the unread line, runs of one sender, and one time per minute of a run. */
import { dayOf } from "../lib/format.ts";
import type { Message } from "../lib/protocol.ts";
import { albumOf, gathered } from "./albums.ts";

export interface Row {
  key: string;
  /** The only one, or the first of an album. */
  message: Message;
  /** The photos of an album; else the message alone. */
  all: readonly Message[];
  /** Whoever sees this row and those before has seen everything up to this message. */
  upTo: Message;
  /** First of its day. */
  day: boolean;
  /** The unread line goes above. */
  unread: boolean;
  /** First of a run: shows who it is. */
  head: boolean;
  /** Last of its minute: shows the time. */
  time: boolean;
}

const RUN_MS = 5 * 60_000;

function together(a: Message | undefined, b: Message | undefined): boolean {
  if (!a || !b || a.kind === "notice" || b.kind === "notice") return false;
  const same = a.person.account === b.person.account && (a.person.account !== "" || a.person.name === b.person.name);
  return same && a.mine === b.mine;
}

function minuteOf(message: Message): number {
  return Math.floor(message.at / 60_000);
}

/** Makes rows; those that did not change are the same objects as the last time, so that they are not painted anew. */
export class Rows {
  #known = new Map<string, Row>();

  make(messages: readonly Message[], unreadLine: string, keyOf: (message: Message) => string): Row[] {
    const next = new Map<string, Row>();
    const groups = gathered(messages);
    let place = 0;
    const rows = groups.map((all, i) => {
      const message = all[0] as Message;
      const before = groups[i - 1]?.[0];
      const after = groups[i + 1]?.[0];
      while (place + 1 < messages.length && messages[place + 1] !== after) place++;
      const upTo = messages[place++] as Message;
      const day = !before || dayChanged(before.at, message.at);
      const unread = all.some((one) => one.id === unreadLine);
      const head = day || unread || !together(before, message) || message.at - (before?.at ?? 0) > RUN_MS;
      const time =
        !together(message, after) ||
        groups[i + 1]?.some((one) => one.id === unreadLine) ||
        minuteOf(message) !== minuteOf(after as Message);
      const album = albumOf(message);
      const key = !album || next.has(album) ? keyOf(message) : album;
      const row = this.#row({ key, message, all, upTo, day, unread, head, time });
      next.set(row.key, row);
      return row;
    });
    this.#known = next;
    return rows;
  }

  #row(row: Row): Row {
    const old = this.#known.get(row.key);
    const same =
      old?.all.length === row.all.length &&
      old.all.every((one, i) => one === row.all[i]) &&
      old.upTo === row.upTo &&
      old.day === row.day &&
      old.unread === row.unread &&
      old.head === row.head &&
      old.time === row.time;
    return same ? old : row;
  }
}

const HALF_HOUR_MS = 30 * 60_000;
const days = new Map<number, number>();

/** Days begin on a half hour everywhere, so that one look-up per half hour is enough. */
function dayChanged(a: number, b: number): boolean {
  const slotA = Math.floor(a / HALF_HOUR_MS);
  const slotB = Math.floor(b / HALF_HOUR_MS);
  return slotA !== slotB && cachedDay(slotA) !== cachedDay(slotB);
}

function cachedDay(slot: number): number {
  let known = days.get(slot);
  if (known === undefined) {
    if (days.size > 20_000) days.clear();
    days.set(slot, (known = dayOf(slot * HALF_HOUR_MS)));
  }
  return known;
}
