/** Which day it is here, kept true while the page stays open over midnight and while the machine sleeps. */
const EVERY_MS = 20_000;

function begin(): number {
  return new Date().setHours(0, 0, 0, 0);
}

class Today {
  /** When it began. */
  since = $state(begin());

  constructor() {
    setInterval(() => this.#look(), EVERY_MS);
    addEventListener("focus", () => this.#look());
  }

  #look(): void {
    this.since = begin();
  }
}

export const today = new Today();
