/**
 * Enter while an input method is composing. Hangul: the syllable is committed and the text goes out, on that one Enter.
 * Chinese and Japanese: Enter only picks the candidate.
 */
const HANGUL = /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3\ua960-\ua97f\ud7b0-\ud7ff]$/;
/** Some systems report the same Enter once more after the composition. */
const ECHO_MS = 60;

export class EnterKey {
  #composing = "";
  #wanted = false;
  #done = 0;

  constructor(
    readonly sends: (event: KeyboardEvent) => boolean,
    readonly send: () => void,
  ) {}

  readonly compositionupdate = (event: CompositionEvent): void => {
    this.#composing = event.data;
  };

  readonly compositionend = (): void => {
    this.#composing = "";
    if (!this.#wanted) return;
    this.#wanted = false;
    // The committed text is in the field only after this event.
    setTimeout(() => {
      this.#done = performance.now();
      this.send();
    });
  };

  readonly beforeinput = (event: InputEvent): void => {
    const newline = event.inputType === "insertLineBreak" || event.inputType === "insertParagraph";
    if (newline && (this.#wanted || performance.now() - this.#done < ECHO_MS)) event.preventDefault();
  };

  /** True if this key was taken. */
  keydown(event: KeyboardEvent): boolean {
    if (event.key !== "Enter" && event.code !== "Enter" && event.code !== "NumpadEnter") return false;
    const composing = event.isComposing || event.keyCode === 229;
    if (!this.sends(event)) return false;
    if (composing) {
      this.#wanted = HANGUL.test(this.#composing);
      return true;
    }
    event.preventDefault();
    if (performance.now() - this.#done >= ECHO_MS) this.send();
    return true;
  }
}
