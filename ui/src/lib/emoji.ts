/** The emoji of the picker, loaded when it is first opened. What was used lately is kept for this window only. */
export interface Emoji {
  emoji: string;
  ko: string;
  en: string;
  /** Words to find it by, in both languages. */
  find: string;
  group: number;
}

const RECENT = 16;
let loading: Promise<Emoji[][]> | undefined;
let lately: string[] = [];

/** By group. */
export function loadEmoji(): Promise<Emoji[][]> {
  loading ??= import("virtual:emoji").then(({ default: rows }) => {
    const groups = new Map<number, Emoji[]>();
    for (const [emoji, group, ko, en, tags] of rows) {
      const one = { emoji, ko, en, group, find: `${ko} ${en} ${tags} ${emoji}`.toLocaleLowerCase() };
      const list = groups.get(group);
      if (list) list.push(one);
      else groups.set(group, [one]);
    }
    return [...groups.values()];
  });
  return loading;
}

export function recent(): string[] {
  return lately;
}

export function remember(emoji: string): void {
  lately = [emoji, ...lately.filter((one) => one !== emoji)].slice(0, RECENT);
}
