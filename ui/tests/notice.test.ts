import { expect, test } from "vitest";
import { asText } from "../src/lib/notice.ts";
import { operator } from "../src/lib/words/operator.ts";

const NOTICE = {
  id: "00",
  title: "US Marshals demanded data",
  day: "24 November 2026",
  outcome: "It handed over the record.",
  warning: "",
  facts: [{ term: "Docket number", value: "2026-00007" }],
  answers: [{ term: "Subscriber data", value: "Produced" }],
  given: ["day of registration"],
  planned: false,
  checked: ["Checked against the log."],
  advice: [{ term: "How to object", value: "Ask the court." }],
  unreviewed: "No lawyer has reviewed this.",
  put_away: false,
};

test("what a lawyer gets holds everything that the page shows", () => {
  const text = asText(NOTICE, operator);
  const shown = [
    "US Marshals",
    "2026-00007",
    "Produced",
    "day of registration",
    "Checked",
    "Ask the court",
    "No lawyer",
  ];
  expect(shown.filter((each) => !text.includes(each))).toEqual([]);
});

test("nothing that was given and a warning are said as well", () => {
  const text = asText({ ...NOTICE, given: [], warning: "More than it can hold." }, operator);
  expect(text).toContain(operator.givenNone);
  expect(text).toContain("More than it can hold.");
});
