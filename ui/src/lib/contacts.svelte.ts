/** The contacts, asked for when first shown and again when they change. */
import type { Contact, Person } from "./protocol.ts";
import { rooms } from "./rooms.svelte.ts";
import { app, tryCall } from "./state.svelte.ts";
import { transport } from "./transport.ts";
import { tongue } from "./words/index.svelte.ts";

class Contacts {
  #told = $state.raw<Contact[] | undefined>();
  /** As a list of names is looked through: in the order of the language. */
  list = $derived.by(() => {
    const order = new Intl.Collator(tongue.now, { numeric: true });
    return this.#told?.toSorted((a, b) => order.compare(a.person.name, b.person.name));
  });
  #wanted = false;

  constructor() {
    transport.onPush((push) => {
      if (push.push === "Locked" || push.push === "Reset") this.#forget();
      else if (push.push === "ContactsChanged" && this.#wanted) void this.load();
    });
  }

  /** Asks once; afterwards the list keeps itself true. */
  want(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    void this.load();
  }

  async load(): Promise<void> {
    const answer = await tryCall({ call: "GetContacts" });
    if (answer) this.#told = answer.contacts;
  }

  get(account: string): Contact | undefined {
    return this.list?.find((one) => one.person.account === account);
  }

  /** Somebody of whom the page knows more than the account: a contact, a member of a room, who asks to talk. */
  person(account: string): Person | undefined {
    if (app.me?.account === account) return app.me.person;
    return (
      this.get(account)?.person ??
      rooms.member(account)?.person ??
      app.requests.find((one) => one.person.account === account)?.person
    );
  }

  #forget(): void {
    this.#told = undefined;
    this.#wanted = false;
  }
}

export const contacts = new Contacts();
