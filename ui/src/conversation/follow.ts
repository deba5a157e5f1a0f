/**
 * Whether the history follows its newest message. Only a person ends that, by scrolling up: rows that are measured, and
 * photos that come late, move what is seen up and down as well.
 */
const NEAR_END = 48;
/** How long after a turn of the wheel, a touch or a key a movement is the person's. */
const THEIRS_MS = 400;

/** So long a place that was gone to is kept while rows are measured and photos come. */
const AIM_MS = 1_500;

export type Align = "start" | "center" | "end";

export class Follow {
  on = true;
  atEnd = true;
  #aim: { id: string; align: Align; until: number } | undefined;
  #acted = -THEIRS_MS;
  #held = false;
  #top = 0;

  constructor(readonly now: () => number = () => performance.now()) {}

  /** The person turned the wheel, touched, or pressed a key. */
  acted(): void {
    this.#aim = undefined;
    this.#acted = this.now();
  }

  /** From now on the history shows this message, or follows the newest. */
  go(id: string, align: Align): void {
    this.on = !id;
    this.#aim = id ? { id, align, until: this.now() + AIM_MS } : undefined;
  }

  /** The message that was gone to a moment ago, if the person has done nothing since. */
  get aim(): { id: string; align: Align } | undefined {
    return this.#aim && this.now() < this.#aim.until ? this.#aim : undefined;
  }

  /** Notice what the person does with the history. */
  readonly watch = (history: HTMLElement): (() => void) => {
    const end = new AbortController();
    const listen = { signal: end.signal, passive: true };
    for (const kind of ["wheel", "touchmove", "keydown"]) history.addEventListener(kind, () => this.acted(), listen);
    history.addEventListener("pointerdown", () => this.held(true), listen);
    for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => this.held(false), listen);
    // a scroll bar that is let go tells nobody
    addEventListener("pointermove", (event) => this.#held && !event.buttons && this.held(false), listen);
    return () => end.abort();
  };

  /** The person began or ended to hold the scroll bar, or a finger on the history. */
  held(held: boolean): void {
    this.#held = held;
    this.acted();
  }

  /** What is seen has moved to `top`, and is `far` from the end; `whole`: the newest messages are loaded. */
  moved(top: number, far: number, whole: boolean): void {
    const up = top < this.#top;
    this.#top = top;
    this.atEnd = far <= NEAR_END && whole;
    if (this.atEnd) this.on = true;
    else if (up && (this.#held || this.now() - this.#acted < THEIRS_MS)) this.on = false;
  }
}
