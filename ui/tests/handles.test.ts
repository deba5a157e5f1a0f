import { describe, expect, it } from "vitest";
import { short } from "../src/lib/handles.ts";

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
