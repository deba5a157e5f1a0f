/**
 * Where the person is. The browser's history has a number for each place, so that "back" works; browsers write their
 * history to the disk, so what a number means is kept by the process alone, until the lock (`KeepPlace`).
 *
 * `section` is the left column: "chats" or a component of `panels/`. The middle shows `room`, or `page`, a component of
 * `panels/`. `side` is a component of `panels/` beside the conversation. On a narrow window only one of them is seen:
 * the side, else the middle, else the left column.
 */
import { call } from "./transport.ts";

export type Props = Record<string, unknown>;

export interface Place {
  section: string;
  room: string;
  page: string;
  pageProps: Props;
  side: string;
  sideProps: Props;
  depth: number;
}

const HOME: Place = { section: "chats", room: "", page: "", pageProps: {}, side: "", sideProps: {}, depth: 0 };

class Places {
  now = $state.raw<Place>(HOME);
  #kept = new Map<number, Place>();
  #at = 0;
  #newest = 0;

  /** Hear the browser's "back" and "forward". */
  start(): void {
    addEventListener("popstate", (event) => {
      this.#at = numberIn(event.state);
      this.now = this.#kept.get(this.#at) ?? placeIn(event.state) ?? HOME;
    });
  }

  /** Begin with what the history of this tab means, e.g. after a reload. */
  restore(kept: Record<string, string>): void {
    for (const [at, place] of Object.entries(kept))
      this.#kept.set(Number(at), { ...HOME, ...(JSON.parse(place) as Place) });
    this.#at = numberIn(history.state);
    this.#newest = Math.max(this.#at, ...this.#kept.keys());
    this.now = this.#kept.get(this.#at) ?? HOME;
  }

  go(change: Partial<Place>, replace = false): void {
    const depth = replace ? this.now.depth : this.now.depth + 1;
    this.#keep({ ...this.now, ...change, depth }, replace);
  }

  #keep(place: Place, replace: boolean): void {
    this.now = place;
    if (!replace || !this.#at) this.#at = ++this.#newest;
    this.#kept.set(this.#at, place);
    if (replace) history.replaceState({ at: this.#at }, "");
    else history.pushState({ at: this.#at }, "");
    // Nobody waits for it: without an answer a page that is loaded anew begins at the list of chats.
    call({ call: "KeepPlace", at: this.#at, place: JSON.stringify(place) }).catch(() => undefined);
  }

  /** One step back; where there is none, one level up. */
  back(): void {
    if (this.now.depth > 0) history.back();
    else if (this.now.side) this.go({ side: "", sideProps: {} }, true);
    else if (this.now.room || this.now.page) this.go({ room: "", page: "", pageProps: {} }, true);
    else this.go(HOME, true);
  }

  /** Forget everything, e.g. when the app is locked. */
  home(): void {
    this.#kept.clear();
    this.now = { ...HOME, depth: this.now.depth };
  }
}

function numberIn(state: unknown): number {
  const at = (state as { at?: unknown } | null)?.at;
  return typeof at === "number" ? at : 0;
}

/** A step that says itself where it leads; it was in no history. */
function placeIn(state: unknown): Place | undefined {
  const place = (state as { place?: Partial<Place> } | null)?.place;
  return place && { ...HOME, ...place };
}

export const places = new Places();
