import { expect, test } from "vitest";
import { isPicture, traces } from "../src/conversation/pictures.ts";

const JPEG = [0xff, 0xd8, 0xff, 0xe1, 0, 4, 1, 2, 0xff, 0xc0, 0, 17];
const PNG = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10];

function letters(text: string): number[] {
  return [...text].map((one) => one.charCodeAt(0));
}

function chunk(kind: string, size = 0): number[] {
  return [0, 0, 0, size, ...letters(kind), ...Array<number>(size + 4).fill(0)];
}

function webp(kind: string, flags: number): number[] {
  return [...letters("RIFF"), 0, 0, 0, 0, ...letters(`WEBP${kind}`), 10, 0, 0, 0, flags, 0, 0, 0];
}

function file(bytes: number[], called: string, type: string): File {
  return new File([new Uint8Array(bytes)], called, { type });
}

test.each([
  ["a photo", JPEG, "a.jpg", "image/jpeg", "removed"],
  ["a photo that is called a text", JPEG, "a.txt", "text/plain", "removed"],
  ["a still PNG", [...PNG, ...chunk("IHDR", 13), ...chunk("IDAT", 4)], "a.png", "image/png", "removed"],
  ["a still WebP", webp("VP8X", 8), "a.webp", "image/webp", "removed"],
  ["a simple WebP", webp("VP8 ", 0), "a.webp", "image/webp", "removed"],
  ["a PNG that moves", [...PNG, ...chunk("IHDR", 13), ...chunk("acTL", 8)], "a.png", "image/png", "kept"],
  ["a WebP that moves", webp("VP8X", 10), "a.webp", "image/webp", "kept"],
  ["a photo that is cut short", JPEG.slice(0, 8), "a.jpg", "image/jpeg", "kept"],
  ["what only says it is a photo", letters("....ftypheic"), "a.jpg", "image/jpeg", "kept"],
  ["a photo of an iPhone", letters("....ftypheic"), "a.heic", "image/heic", "kept"],
  ["the same, of a type that the browser does not know", letters("....ftypheic"), "A.HEIC", "", "kept"],
  ["a film", letters("....ftypqt"), "a.mov", "video/quicktime", "kept"],
  ["a text", letters("hello"), "a.txt", "text/plain", "none"],
  ["nothing", [], "a", "", "none"],
])("of %s it is known whether it keeps its traces", async (_, bytes, called, type, expected) => {
  expect(await traces(file(bytes, called, type))).toBe(expected);
});

test("what cannot be shown is not painted as a photo", () => {
  expect(["image/jpeg", "image/heic", "text/plain"].map((type) => isPicture(file([], "a", type)))).toEqual([
    true,
    false,
    false,
  ]);
});
