/** Every key of the page, once: the handler and the sheet of shortcuts both read this list. */
import { overlays } from "./overlays.svelte.ts";
import { places } from "./places.svelte.ts";
import { app } from "./state.svelte.ts";
import { keyWords } from "./words/keys.ts";

type Name = Exclude<keyof typeof keyWords, "title" | "anywhere" | "inChat" | "inField">;

export interface Shortcut {
  name: Name;
  /** As shown; `Mod` is Ctrl, or Command on a Mac. */
  keys: string[];
  run?: () => void;
  /** True if the key is taken by whoever has the focus. */
  fits?: (event: KeyboardEvent) => boolean;
}

function mod(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey;
}

/** The next or previous chat of the list. */
function step(by: number): void {
  const chats = app.chats.filter((chat) => !chat.archived);
  const at = chats.findIndex((chat) => chat.room === places.now.room);
  const next = chats[at < 0 ? 0 : at + by];
  if (next) app.openRoom(next.room);
}

function search(): void {
  if (places.now.section !== "chats") places.go({ section: "chats" });
  requestAnimationFrame(() => document.querySelector<HTMLElement>("[data-shortcut='search']")?.focus());
}

export const anywhere: Shortcut[] = [
  {
    name: "switcher",
    keys: ["Mod", "K"],
    fits: (event) => mod(event) && event.code === "KeyK",
    run: () => void overlays.dialog("Switcher"),
  },
  {
    name: "searchHere",
    keys: ["Mod", "F"],
    fits: (event) => mod(event) && !event.shiftKey && event.code === "KeyF" && !!places.now.room,
    run: () => places.go({ side: "Search", sideProps: { room: places.now.room } }, places.now.side !== ""),
  },
  {
    name: "search",
    keys: ["Mod", "Shift", "F"],
    fits: (event) => mod(event) && event.shiftKey && event.code === "KeyF",
    run: search,
  },
  { name: "next", keys: ["Alt", "↓"], fits: (event) => event.altKey && event.key === "ArrowDown", run: () => step(1) },
  {
    name: "previous",
    keys: ["Alt", "↑"],
    fits: (event) => event.altKey && event.key === "ArrowUp",
    run: () => step(-1),
  },
  {
    name: "settings",
    keys: ["Mod", ","],
    fits: (event) => mod(event) && event.key === ",",
    run: () => places.go({ page: "Settings", pageProps: {} }),
  },
  {
    name: "sheet",
    keys: ["?"],
    fits: (event) => event.key === "?" && !writing(event),
    run: () => void overlays.dialog("Shortcuts"),
  },
  {
    name: "close",
    keys: ["Esc"],
    fits: (event) => event.key === "Escape" && !!(places.now.side || places.now.page),
    run: () => places.back(),
  },
];

export const inChat: Shortcut[] = [
  { name: "move", keys: ["↑", "↓"] },
  { name: "menu", keys: ["Enter"] },
  { name: "reply", keys: ["R"] },
  { name: "react", keys: ["A"] },
  { name: "edit", keys: ["E"] },
  { name: "forward", keys: ["F"] },
  { name: "copy", keys: ["Mod", "C"] },
  { name: "select", keys: ["X"] },
  { name: "remove", keys: ["Delete"] },
  { name: "toEnd", keys: ["End"] },
];

export const inField: Shortcut[] = [
  { name: "send", keys: ["Enter"] },
  { name: "newline", keys: ["Shift", "Enter"] },
  { name: "editLast", keys: ["↑"] },
  { name: "mention", keys: ["@"] },
  { name: "cancel", keys: ["Esc"] },
];

function writing(event: KeyboardEvent): boolean {
  return event.target instanceof Element && !!event.target.closest("input, textarea, select");
}

export function pageKeys(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || overlays.dialogs.length || overlays.menu) return;
  const found = anywhere.find((one) => one.fits?.(event));
  if (!found) return;
  event.preventDefault();
  found.run?.();
}

/** A key as this system calls it. */
export function keyName(key: string): string {
  const mac = navigator.platform.startsWith("Mac");
  if (key === "Mod") return mac ? "⌘" : "Ctrl";
  return mac && key === "Alt" ? "⌥" : key;
}
