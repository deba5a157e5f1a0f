/** Painting what comes in bursts: nobody reads fifty lines a second, and every frame that is drawn delays the next. */
const PAUSE_MS = 50;
/** Where no frames are drawn, as in a tab that is not seen. */
const UNSEEN_MS = 100;

/** A function that has `work` done in the next frame, but only once in a while, however often it is called. */
export function batched(work: () => void): () => void {
  let asked = false;
  let last = -PAUSE_MS;
  let frame = 0;
  let timer = 0;

  function run(): void {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    asked = false;
    last = performance.now();
    work();
  }

  function soon(): void {
    frame = requestAnimationFrame(run);
    timer = window.setTimeout(run, UNSEEN_MS);
  }

  return () => {
    if (asked) return;
    asked = true;
    const wait = last + PAUSE_MS - performance.now();
    if (wait > 0) setTimeout(soon, wait);
    else soon();
  };
}
