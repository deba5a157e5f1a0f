/** Contacts whose names fit what is typed; the process knows how Korean names are looked for. */
import type { Contact } from "./protocol.ts";
import { call } from "./transport.ts";

const PAUSE_MS = 100;

export class PeopleFilter {
  text = $state("");
  found = $state.raw<ReadonlySet<string> | undefined>();

  constructor() {
    $effect(() => {
      const text = this.text.trim();
      if (!text) {
        this.found = undefined;
        return;
      }
      let stale = false;
      const timer = setTimeout(async () => {
        const answer = await call({ call: "Search", text, room: "", before: "", limit: 1 }).catch(() => undefined);
        if (answer && !stale) this.found = new Set(answer.contacts.map((one) => one.person.account));
      }, PAUSE_MS);
      return () => {
        stale = true;
        clearTimeout(timer);
      };
    });
  }

  fits(contact: Contact): boolean {
    return !this.found || this.found.has(contact.person.account);
  }
}
