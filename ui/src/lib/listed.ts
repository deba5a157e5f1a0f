import { short } from "./handles.ts";
import { app } from "./state.svelte.ts";

/** A handle as this account's lists show it. */
export function listed(handle: string): string {
  return short(handle, app.me?.handle ?? "");
}
