/** Changing a setting: shown at once, taken back if it is refused. */
import type { Settings } from "./protocol.ts";
import { app, tryCall } from "./state.svelte.ts";
import { tongue } from "./words/index.svelte.ts";

export async function prefer(change: Partial<Settings>): Promise<void> {
  const before = app.settings;
  app.settings = { ...before, ...change };
  tongue.now = app.settings.language;
  app.settings = (await tryCall({ call: "SetSettings", ...change })) ?? before;
  tongue.now = app.settings.language;
}
