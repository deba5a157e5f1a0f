import type { Language } from "../protocol.ts";

/** The language of the page; every `words` reads it, so that a change repaints all of them. */
class Tongue {
  now = $state<Language>(navigator.language.startsWith("ko") ? "ko" : "en");
}

export const tongue = new Tongue();

type Word = string | ((...values: never[]) => string);
type Loose<T> = { readonly [K in keyof T]: T[K] extends string ? string : T[K] };

/** The words of one area. Both languages must have every key, with the same values to fill in. */
export function words<T extends Record<string, Word>>(both: { ko: T; en: Loose<NoInfer<T>> }): Loose<T> {
  const area = {};
  for (const key of Object.keys(both.ko)) {
    Object.defineProperty(area, key, { enumerable: true, get: () => both[tongue.now][key] });
  }
  return area as Loose<T>;
}
