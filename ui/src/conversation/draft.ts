import { app } from "../lib/state.svelte.ts";
import { call } from "../lib/transport.ts";

const PAUSE_MS = 400;
const TYPING_EVERY_MS = 4000;
const TYPING_ENDS_MS = 6000;

interface Draft {
  text: string;
  /** The message that is answered, or empty. */
  reply_to: string;
}

/** Saves what is being written on every pause, and at the latest when the conversation is left. */
export class DraftKeeper {
  #timer = 0;
  #saved: Draft;
  #now: Draft;

  constructor(
    readonly room: string,
    draft: Draft,
  ) {
    this.#saved = this.#now = draft;
    this.flush = this.flush.bind(this);
  }

  set(text: string, reply_to: string): void {
    this.#now = { text, reply_to };
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.flush(), PAUSE_MS);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    const before = this.#saved;
    if ((this.#now.text === before.text && this.#now.reply_to === before.reply_to) || app.phase !== "ready") return;
    this.#saved = this.#now;
    // A save that is cut off is made good by the next one.
    await call({ call: "SetDraft", room: this.room, ...this.#now }).catch(
      () => (this.#saved = { text: "\0", reply_to: "" }),
    );
  }
}

/** Tells that the person is writing, if they want that told. */
export class Typing {
  #told = 0;
  #timer = 0;

  constructor(readonly room: string) {}

  touch(text: string): void {
    if (!app.settings.typing) return;
    if (!text) return this.stop();
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.stop(), TYPING_ENDS_MS);
    if (Date.now() - this.#told > TYPING_EVERY_MS) {
      this.#told = Date.now();
      this.#tell(true);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    if (!this.#told || app.phase !== "ready") return;
    this.#told = 0;
    this.#tell(false);
  }

  #tell(on: boolean): void {
    // Nobody misses a typing signal that did not get out.
    call({ call: "SetTyping", room: this.room, on }).catch(() => undefined);
  }
}
