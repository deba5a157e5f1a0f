/**
 * The page for the lock is another document, which browsers show in another process of theirs: what this one has shown,
 * and what was typed here, goes with its process (spec/app.md §6).
 */
import { transport } from "./transport.ts";

const LOCKED = "/locked";
const OPEN = "/";
/** A process that does not begin anew says nothing. */
const PATIENCE_MS = 1500;

let leaving = false;

/** This page goes in a moment. */
export const isLeaving = (): boolean => leaving;

/** Leave what was shown, as soon as the process has let this page go: until then it might not be there to answer. True if it goes. */
export function leaveForLock(): boolean {
  if (location.pathname === LOCKED) return false;
  if (leaving) return true;
  leaving = true;
  const leave = (): void => location.replace(LOCKED);
  transport.onRestart(leave);
  setTimeout(leave, PATIENCE_MS);
  return true;
}

/** Leave the page for the lock, with the passphrase that was typed there. True if this page goes. */
export function leaveForOpen(): boolean {
  if (location.pathname !== LOCKED) return false;
  location.replace(OPEN);
  return true;
}
