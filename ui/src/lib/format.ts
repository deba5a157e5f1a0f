/** Dates, times, sizes and numbers in the language of the page. Times are ms since the epoch. */
import { today } from "./today.svelte.ts";
import { tongue } from "./words/index.svelte.ts";

const DAY_MS = 86_400_000;
const made = new Map<string, Intl.DateTimeFormat>();

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = tongue.now + JSON.stringify(options);
  let format = made.get(key);
  if (!format) made.set(key, (format = new Intl.DateTimeFormat(tongue.now, options)));
  return format;
}

const spans = new Map<string, Intl.RelativeTimeFormat>();

function relative(): Intl.RelativeTimeFormat {
  let format = spans.get(tongue.now);
  if (!format) spans.set(tongue.now, (format = new Intl.RelativeTimeFormat(tongue.now, { numeric: "auto" })));
  return format;
}

/** Make the formats that a chat list needs: each takes some ms, which are free while the state is on its way. */
export function prepare(): void {
  const now = Date.now();
  for (const at of [now, now - 7 * DAY_MS, now - 400 * DAY_MS]) brief(at, now);
  moment(now);
}

/** A number that is the same for all times of one local day. */
export function dayOf(at: number): number {
  const date = new Date(at);
  return date.getFullYear() * 10_000 + date.getMonth() * 100 + date.getDate();
}

/** 오후 2:48, 2:48 PM. */
export function clock(at: number): string {
  return dates({ hour: "numeric", minute: "2-digit" }).format(at);
}

/** The day in full, with the year only if it is not this one. */
export function day(at: number, now = Date.now()): string {
  const year = new Date(at).getFullYear() === new Date(now).getFullYear() ? {} : ({ year: "numeric" } as const);
  return dates({ ...year, month: "long", day: "numeric", weekday: "long" }).format(at);
}

/** A date alone, by the person's clock. */
export function date(at: number): string {
  return dates({ dateStyle: "long" }).format(at);
}

/** A date alone, in UTC: for days that were counted there. */
export function dateOf(at: number): string {
  return dates({ dateStyle: "long", timeZone: "UTC" }).format(at);
}

/** Exact and in full, for labels and tooltips. */
export function moment(at: number): string {
  return dates({ dateStyle: "long", timeStyle: "short" }).format(at);
}

/** Date and time where there is little room, with the year only if it is not this one. */
export function stamp(at: number, now = Date.now()): string {
  const year = new Date(at).getFullYear() === new Date(now).getFullYear() ? {} : ({ year: "numeric" } as const);
  return dates({ ...year, month: "short", day: "numeric", hour: "numeric", minute: "2-digit" }).format(at);
}

/** Short, for lists: the time today, "yesterday", else the date. */
export function brief(at: number, now = Date.now()): string {
  void today.since; // worded anew when another day begins
  if (!at) return "";
  if (dayOf(at) === dayOf(now)) return clock(at);
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (dayOf(at) === dayOf(yesterday.getTime())) {
    return relative().format(-1, "day");
  }
  if (new Date(at).getFullYear() === new Date(now).getFullYear()) {
    return dates({ month: tongue.now === "ko" ? "long" : "short", day: "numeric" }).format(at);
  }
  return dates({ year: "numeric", month: "numeric", day: "numeric" }).format(at);
}

/** A span of time as one unit: 30 s, 5 minutes, 1 week. */
export function span(seconds: number): string {
  const steps = [
    ["week", 604_800],
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
    ["second", 1],
  ] as const;
  const [unit, size] = steps.find(([, size]) => seconds >= size && seconds % size === 0) ?? steps[4];
  return new Intl.NumberFormat(tongue.now, { style: "unit", unit, unitDisplay: "long" }).format(seconds / size);
}

/** How long ago or ahead, in the largest fitting unit. */
export function ago(at: number, now = Date.now()): string {
  const seconds = Math.round((at - now) / 1000);
  const format = relative();
  if (Math.abs(seconds) < 60) return format.format(seconds, "second");
  if (Math.abs(seconds) < 3600) return format.format(Math.round(seconds / 60), "minute");
  if (Math.abs(seconds) < 86_400) return format.format(Math.round(seconds / 3600), "hour");
  return format.format(Math.round(seconds / 86_400), "day");
}

/** 1.2 MB; 1.2MB in Korean. `Intl` would write kB and byte, which nobody does. */
export function bytes(size: number): string {
  const step = Math.min(3, Math.floor(Math.log10(Math.max(size, 1)) / 3));
  const number = new Intl.NumberFormat(tongue.now, { maximumFractionDigits: step > 1 ? 1 : 0 });
  return `${number.format(size / 1000 ** step)}${tongue.now === "ko" ? "" : " "}${["B", "KB", "MB", "GB"][step]}`;
}

/** 1:05, 12:00. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export function count(n: number): string {
  return new Intl.NumberFormat(tongue.now).format(n || 0); // -0 is written as 0
}

/** Names as one would say them: "A, B and C"; Korean only lists them, as its "및" is for official papers. */
export function names(list: readonly string[]): string {
  if (tongue.now === "ko") return list.join(", ");
  return new Intl.ListFormat(tongue.now, { type: "conjunction" }).format(list);
}

/** What a person calls a server: the host of its address. */
export function hostOf(address: string): string {
  return URL.parse(address)?.host || address;
}
