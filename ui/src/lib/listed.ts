import { short } from "./handles.ts";
import { app } from "./state.svelte.ts";

/** A handle as this account's lists show it. */
export function listed(handle: string): string {
  return short(handle, app.me?.handle ?? "");
}

/** A handle that somebody new chooses: whole, unless their screen names the server beneath it. */
export function wished(handle: string): string {
  return app.fixedHost ? handle : short(handle, `@${app.host}`);
}
