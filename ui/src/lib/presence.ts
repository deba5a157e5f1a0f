/** Tells the process that the person is here, so that it does not lock itself while somebody reads or writes. */
import { call } from "./transport.ts";

const EVERY_MS = 20_000;
/** `input` and `compositionupdate`: what is dictated, pasted, or composed on a keyboard that sends no keys. */
const SIGNS = ["pointerdown", "pointermove", "keydown", "input", "compositionupdate", "wheel", "touchstart"] as const;

let told = 0;

/** There is a sign of a person: a key, the pointer, their voice. */
export function seen(): void {
  const now = Date.now();
  if (now - told < EVERY_MS) return;
  told = now;
  // The next sign makes good for one that got lost.
  call({ call: "Active" }).catch(() => undefined);
}

/** Watch for signs of a person; what comes back ends it. */
export function presence(): () => void {
  told = 0;
  for (const sign of SIGNS) addEventListener(sign, seen, { passive: true });
  return () => {
    for (const sign of SIGNS) removeEventListener(sign, seen);
  };
}
