/** A call under way from a form: busy while it runs, and its refusal as words beside the form. */
import { untrack } from "svelte";
import { Refused } from "./transport.ts";
import { explain } from "./words/errors.ts";

/** Refusals that say that the server asked did not answer. */
export const UNREACHED: ReadonlySet<string> = new Set(["unreachable", "timed-out"]);

export class Asking {
  busy = $state(false);
  text = $state("");
  hint = $state("");
  code = $state("");

  /** Runs `ask` unless one is under way. Undefined if it was refused; then `text`, `hint` and `code` say why. */
  async run<T>(ask: () => Promise<T>): Promise<T | undefined> {
    // Read untracked: an effect that asks must not run again because it is asking.
    if (untrack(() => this.busy)) return undefined;
    this.busy = true;
    this.clear();
    try {
      return await ask();
    } catch (why) {
      if (!(why instanceof Refused)) throw why;
      const said = explain(why);
      this.text = said.text;
      this.hint = said.hint;
      this.code = why.code;
      return undefined;
    } finally {
      this.busy = false;
    }
  }

  clear(): void {
    this.text = this.hint = this.code = "";
  }
}
