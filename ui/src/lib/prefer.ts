/** Changing a setting: shown at once, taken back if it is refused. */
import type { Settings } from "./protocol.ts";
import { app, tryCall } from "./state.svelte.ts";
import { tongue } from "./words/index.svelte.ts";

let newest = 0;

export async function prefer(change: Partial<Settings>): Promise<void> {
  const before = app.settings;
  app.settings = { ...before, ...change };
  tongue.now = app.settings.language;
  newest += 1;
  const mine = newest;
  const now = await tryCall({ call: "SetSettings", ...change });
  // The answer to the newest change says it all; an older one would show for a moment what is no longer chosen.
  if (mine !== newest) return;
  app.settings = now ?? before;
  tongue.now = app.settings.language;
}
