/** Panels and dialogs by the name of their file, loaded when they are first shown. */
import type { Component } from "svelte";

type Loaded = { default: Component<Record<string, unknown>> };

const panels = import.meta.glob<Loaded>("../panels/*.svelte");
const dialogs = import.meta.glob<Loaded>("../dialogs/*.svelte");

export async function panel(name: string): Promise<Component<Record<string, unknown>> | undefined> {
  return (await panels[`../panels/${name}.svelte`]?.())?.default;
}

export async function dialog(name: string): Promise<Component<Record<string, unknown>> | undefined> {
  return (await dialogs[`../dialogs/${name}.svelte`]?.())?.default;
}
