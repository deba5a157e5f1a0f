/** A search as it is typed: chats and people first, then messages, of which more can be asked for within one room. */
import type { Chat, Contact, Found, Match } from "./protocol.ts";
import { app } from "./state.svelte.ts";
import { call } from "./transport.ts";

const PAUSE_MS = 150;
const LIMIT = 30;
const DAY_MS = 86_400_000;

export type Hit =
  | { kind: "chat"; key: string; chat: Chat }
  | { kind: "person"; key: string; contact: Contact }
  | { kind: "message"; key: string; match: Match };

/** The beginning of a day here; 0 if none is chosen. */
function at(day: string): number {
  return day ? new Date(`${day}T00:00`).getTime() || 0 : 0;
}

export class Finding {
  text = $state("");
  room = $state("");
  busy = $state(false);
  /** Who said it, and the days from and until which, as a date field has them. */
  person = $state("");
  since = $state("");
  until = $state("");
  #found = $state.raw<Found | undefined>();

  constructor(text: string, room: string) {
    this.text = text;
    this.room = room;
    $effect(() => {
      const [wanted, where] = [this.text.trim(), this.room];
      void [this.person, this.since, this.until];
      if (!wanted && !this.narrowed) {
        this.#found = undefined;
        return;
      }
      let stale = false;
      const timer = setTimeout(async () => {
        this.busy = true;
        const found = await this.#ask(wanted, where, "");
        if (stale) return;
        this.#found = found;
        this.busy = false;
      }, PAUSE_MS);
      return () => {
        stale = true;
        clearTimeout(timer);
      };
    });
  }

  get asked(): boolean {
    return this.#found !== undefined && (this.text.trim() !== "" || this.narrowed);
  }

  get narrowed(): boolean {
    return this.person.trim() !== "" || this.since !== "" || this.until !== "";
  }

  get more(): boolean {
    return this.#found?.more ?? false;
  }

  get messages(): number {
    return this.#found?.messages.length ?? 0;
  }

  get hits(): Hit[] {
    const found = this.#found;
    if (!found) return [];
    const chats = found.chats.map((room) => app.chat(room)).filter((chat) => chat !== undefined);
    const shown = new Set(chats.map((chat) => chat.person?.account));
    return [
      ...chats.map((chat) => ({ kind: "chat", key: `c${chat.room}`, chat }) as const),
      ...found.contacts
        .filter((contact) => !shown.has(contact.person.account))
        .map((contact) => ({ kind: "person", key: `p${contact.person.account}`, contact }) as const),
      ...found.messages.map((match) => ({ kind: "message", key: `m${match.room}${match.message}`, match }) as const),
    ];
  }

  async further(): Promise<void> {
    const before = this.#found;
    const place = before?.messages.at(-1)?.place;
    if (!before || !place || !this.room) return;
    const next = await this.#ask(this.text.trim(), this.room, place);
    if (next && this.#found === before) {
      this.#found = { ...before, messages: [...before.messages, ...next.messages], more: next.more };
    }
  }

  async #ask(text: string, room: string, before: string): Promise<Found | undefined> {
    const [since, until] = [at(this.since), at(this.until) && at(this.until) + DAY_MS];
    return call({ call: "Search", text, room, before, limit: LIMIT, person: this.person.trim(), since, until }).catch(
      () => undefined,
    );
  }
}
