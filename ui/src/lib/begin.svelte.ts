/** What the first screens share. */
import type { Language, State } from "./protocol.ts";
import { app } from "./state.svelte.ts";
import { call } from "./transport.ts";
import { tongue } from "./words/index.svelte.ts";

class Begin {
  /** What the person came for: a new account, an old one by its words, or one that another device of theirs has. */
  way = $state<"" | "new" | "restore" | "link">("");
  /** The invite link that will be followed as soon as there is an account: the screen said so. */
  promised = "";
  #language: Language | undefined;

  /** Change the language at once; the process may have no profile yet to keep it in. */
  speak(language: Language): void {
    this.#language = language;
    tongue.now = language;
    app.settings = { ...app.settings, language };
    void call({ call: "SetSettings", language }).catch(() => undefined);
  }

  /** Take over the state after a step; the language chosen before there was a profile is told to it now. */
  enter(state: State): void {
    app.apply(state);
    if (this.#language && state.settings.language !== this.#language) this.speak(this.#language);
  }
}

export const begin = new Begin();
