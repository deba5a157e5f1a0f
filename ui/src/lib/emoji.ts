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

/** Those that words fit, the ones that are called so first. */
export function search(all: readonly Emoji[], wanted: string): Emoji[] {
  const rank = (one: Emoji): number => {
    const names = [one.ko, one.en].map((name) => name.toLocaleLowerCase());
    if (names.some((name) => name.startsWith(wanted))) return 0;
    if (names.some((name) => name.includes(wanted))) return 1;
    return one.find.split(" ").includes(wanted) ? 2 : 3;
  };
  const found = all.filter((one) => one.find.includes(wanted)).map((one) => [rank(one), one] as const);
  return found.sort(([a], [b]) => a - b).map(([, one]) => one);
}

export function recent(): string[] {
  return lately;
}

export function remember(emoji: string): void {
  lately = [emoji, ...lately.filter((one) => one !== emoji)].slice(0, RECENT);
}
