/** The photos, files or voice notes of a room, newest first, a page at a time. */
import type { Message } from "./protocol.ts";
import { tryCall } from "./state.svelte.ts";

const PAGE = 60;

export type MediaKind = "photo" | "file" | "voice";

export class Media {
  list = $state.raw<Message[]>([]);
  more = $state(false);
  loaded = $state(false);
  #busy = false;

  constructor(
    readonly room: string,
    readonly kind: MediaKind,
  ) {
    void this.load();
  }

  async load(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const before = this.list.at(-1)?.place ?? "";
    const page = await tryCall({ call: "GetMedia", room: this.room, kind: this.kind, before, limit: PAGE });
    this.#busy = false;
    this.loaded = true;
    if (!page) return;
    const known = new Set(this.list.map((one) => one.id));
    const fresh = page.messages.filter((one) => !known.has(one.id)).sort((a, b) => (a.place < b.place ? 1 : -1));
    this.list = [...this.list, ...fresh];
    this.more = page.more_before && fresh.length > 0;
  }
}
