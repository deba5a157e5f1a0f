/** What is known about rooms that were looked at: members, rights, pins. Kept true while the process tells changes. */
import { SvelteMap } from "svelte/reactivity";
import type { Member, Room } from "./protocol.ts";
import { tryCall } from "./state.svelte.ts";
import { transport } from "./transport.ts";

class Rooms {
  #known = new SvelteMap<string, Room>();

  constructor() {
    transport.onPush((push) => {
      if (push.push === "RoomChanged") this.#known.set(push.room.chat.room, push.room);
      else if (push.push === "Locked" || push.push === "Reset") this.#known.clear();
    });
  }

  get(room: string): Room | undefined {
    return this.#known.get(room);
  }

  async load(room: string): Promise<void> {
    const answer = await tryCall({ call: "OpenRoom", room, limit: 1 });
    if (answer) this.#known.set(room, answer.room);
  }

  /** A member of that account, in any room that is known. */
  member(account: string): Member | undefined {
    for (const room of this.#known.values()) {
      const found = room.members.find((one) => one.person.account === account);
      if (found) return found;
    }
    return undefined;
  }
}

export const rooms = new Rooms();
