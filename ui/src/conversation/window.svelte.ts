/**
 * The part of a room's messages that the page holds: some hundreds around where the person reads, from places that
 * follow one another without a gap. Pages are asked for ahead, and the far end is let go.
 */
import type { Message, Page } from "../lib/protocol.ts";
import { call } from "../lib/transport.ts";
import { tell } from "../lib/state.svelte.ts";

const PAGE = 120;
const AHEAD = 120;
const MOST = 1200;
const KEEP = 800;
/** While the newest are shown, old ones are let go sooner: a busy room must not grow the page. */
const MOST_LIVE = 900;
const KEEP_LIVE = 500;

export class MessageWindow {
  list = $state.raw<Message[]>([]);
  moreBefore = $state(false);
  moreAfter = $state(false);
  /** The last change was at the start: the list keeps its place from the end. */
  shift = $state(false);
  /** Counts whenever everything was replaced. */
  generation = $state(0);
  loading = $state<"" | "before" | "after">("");
  #ids = new Map<string, Message>();

  constructor(readonly room: string) {}

  get(id: string): Message | undefined {
    return this.#ids.get(id);
  }

  replace(page: Page): void {
    this.moreBefore = page.more_before;
    this.moreAfter = page.more_after;
    this.shift = false;
    this.loading = "";
    this.#set(page.messages);
    this.generation++;
  }

  clear(): void {
    this.#set([]);
  }

  /** The messages here that quote one of these. */
  quoting(ids: readonly string[]): string[] {
    const quoted = new Set(ids);
    return this.list.filter((one) => one.quote && quoted.has(one.quote.message)).map((one) => one.id);
  }

  /** Changed and new messages, in one go. */
  merge(changed: Iterable<Message>): void {
    const fresh: Message[] = [];
    let touched = false;
    for (const message of changed) {
      if (this.#ids.has(message.id)) touched = true;
      else if (this.#belongs(message)) fresh.push(message);
      else continue;
      this.#ids.set(message.id, message);
    }
    if (!touched && !fresh.length) return;
    let list = touched ? this.list.map((old) => this.#ids.get(old.id) ?? old) : this.list;
    if (fresh.length) {
      fresh.sort(byPlace);
      const first = fresh[0] as Message;
      const atEnd = !list.length || byPlace(list[list.length - 1] as Message, first) < 0;
      list = [...list, ...fresh];
      if (!atEnd) list.sort(byPlace);
    }
    this.shift = false;
    this.list = list;
  }

  remove(ids: readonly string[]): void {
    const gone = new Set(ids.filter((id) => this.#ids.has(id)));
    if (!gone.size) return;
    for (const id of gone) this.#ids.delete(id);
    this.shift = false;
    this.list = this.list.filter((one) => !gone.has(one.id));
  }

  /** Have it told how many have not read what is here. */
  async askUnread(): Promise<void> {
    const [first, last] = [this.list[0], this.list.at(-1)];
    if (!first || !last) return;
    const { counts } = await call({ call: "GetUnread", room: this.room, first: first.place, last: last.place });
    this.unread(counts);
  }

  /** How many have not read yet, by id. */
  unread(counts: Record<string, number | null>): void {
    const changed: Message[] = [];
    for (const [id, unread_by] of Object.entries(counts)) {
      const old = this.#ids.get(id);
      if (old && old.unread_by !== unread_by) changed.push({ ...old, unread_by });
    }
    this.merge(changed);
  }

  /** Called with what is seen: asks for more on either side, or lets go of what is far away. */
  seen(first: number, last: number, live: boolean): void {
    if (this.loading) return;
    if (first < AHEAD && this.moreBefore) return void this.#more("before");
    if (this.list.length - last < AHEAD && this.moreAfter) return void this.#more("after");
    const most = live ? MOST_LIVE : MOST;
    if (this.list.length <= most) return;
    if (this.list.length - last > KEEP) this.#trimEnd(last + KEEP);
    else this.#trimStart(Math.min(first - AHEAD - 10, this.list.length - (live ? KEEP_LIVE : KEEP)));
  }

  async #more(where: "before" | "after"): Promise<void> {
    const edge = where === "before" ? this.list[0] : this.list.at(-1);
    if (!edge) return;
    this.loading = where;
    const generation = this.generation;
    try {
      const page = await call({ call: "GetMessages", room: this.room, [where]: edge.place, limit: PAGE });
      if (generation !== this.generation) return;
      const fresh = page.messages.filter((one) => !this.#ids.has(one.id));
      for (const one of fresh) this.#ids.set(one.id, one);
      this.shift = where === "before";
      if (where === "before") {
        this.moreBefore = page.more_before;
        this.list = [...fresh, ...this.list];
      } else {
        this.moreAfter = page.more_after;
        this.list = [...this.list, ...fresh];
      }
    } catch (why) {
      tell(why);
    } finally {
      if (generation === this.generation) this.loading = "";
    }
  }

  #belongs(message: Message): boolean {
    const first = this.list[0];
    const last = this.list.at(-1);
    if (this.moreBefore && first && message.place < first.place) return false;
    return !(this.moreAfter && last && message.place > last.place);
  }

  #trimStart(n: number): void {
    if (n <= 0) return;
    for (const one of this.list.slice(0, n)) this.#ids.delete(one.id);
    this.moreBefore = true;
    this.shift = true;
    this.list = this.list.slice(n);
  }

  #trimEnd(n: number): void {
    for (const one of this.list.slice(n)) this.#ids.delete(one.id);
    this.moreAfter = true;
    this.shift = false;
    this.list = this.list.slice(0, n);
  }

  #set(list: Message[]): void {
    this.#ids = new Map(list.map((one) => [one.id, one]));
    this.list = list;
  }
}

function byPlace(a: Message, b: Message): number {
  return a.place < b.place ? -1 : a.place > b.place ? 1 : 0;
}
