import type { OperatorNotice } from "./protocol.ts";

interface Headings {
  asked: string;
  given: string;
  givenNone: string;
  checked: string;
  now: string;
}

/** A notice as plain text, to keep or to give to a lawyer: everything that the page shows of it. */
export function asText(notice: OperatorNotice, words: Headings): string {
  const facts = (list: { term: string; value: string }[]): string[] => list.map((one) => `${one.term}: ${one.value}`);
  const part = (heading: string, lines: string[]): string[] => ["", heading, ...lines];
  return [
    notice.title,
    notice.outcome,
    ...(notice.warning ? [notice.warning] : []),
    "",
    ...facts(notice.facts),
    ...part(words.asked, facts(notice.answers)),
    ...part(words.given, notice.given.length ? notice.given.map((one) => `- ${one}`) : [words.givenNone]),
    ...part(words.now, [...facts(notice.advice), notice.unreviewed]),
    ...part(words.checked, notice.checked),
    "",
  ].join("\n");
}
