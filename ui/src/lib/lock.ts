/** Locking at once, from wherever there is a button for it. */
import { finishAll } from "./leaving.ts";
import { app, tryCall } from "./state.svelte.ts";

export async function lockNow(): Promise<void> {
  await finishAll();
  const state = await tryCall({ call: "Lock" });
  if (state) app.locked(state);
}
