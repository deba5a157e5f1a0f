/**
 * Where the person is, kept in the browser's history so that "back" works.
 *
 * `section` is the left column: "chats" or a component of `panels/`. The middle shows `room`, or `page`, a component of
 * `panels/`. `side` is a component of `panels/` beside the conversation. On a narrow window only one of them is seen:
 * the side, else the middle, else the left column.
 */
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

  /** Begin with what the history of this tab remembers, e.g. after a reload. */
  start(): void {
    const kept = history.state as { place?: Place } | null;
    if (kept?.place) this.now = { ...HOME, ...kept.place };
    else history.replaceState({ place: HOME }, "");
    addEventListener("popstate", (event) => {
      const state = event.state as { place?: Place } | null;
      this.now = state?.place ?? HOME;
    });
  }

  go(change: Partial<Place>, replace = false): void {
    const depth = replace ? this.now.depth : this.now.depth + 1;
    this.now = { ...this.now, ...change, depth };
    const state = { place: $state.snapshot(this.now) };
    if (replace) history.replaceState(state, "");
    else history.pushState(state, "");
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
    this.now = { ...HOME, depth: this.now.depth };
    history.replaceState({ place: this.now }, "");
  }
}

export const places = new Places();
