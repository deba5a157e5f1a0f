import { describe, expect, it } from "vitest";
import { readable, short } from "../src/lib/handles.ts";

describe("a handle in a list", () => {
  const own = "mina@relay.example:7700";
  it.each([
    ["jun@relay.example:7700", "jun"],
    ["준호@relay.example:7700", "준호"],
    ["jun@relay.example", "jun@relay.example"],
    ["jun@other.example:7700", "jun@other.example:7700"],
    ["jun", "jun"],
    ["@relay.example:7700", "@relay.example:7700"],
    ["", ""],
  ])("%s is shown as %s", (handle, expected) => expect(short(handle, own)).toBe(expected));
  it("is whole as long as one has no account", () => expect(short("jun@relay.example", "")).toBe("jun@relay.example"));
});

it("a link is shown with the letters of its handle, and nothing else in it changes", () => {
  const link = "http://relay.example/i#contact/%EB%AF%B8%EB%82%98@relay.example/2xe6.token";
  expect(readable(link)).toBe("http://relay.example/i#contact/미나@relay.example/2xe6.token");
  expect(readable("nullabona:contact/%40%2F%23x#2xe6")).toBe("nullabona:contact/%40%2F%23x#2xe6");
  expect(readable("http://relay.example/i#contact/%EB")).toBe("http://relay.example/i#contact/%EB");
});
