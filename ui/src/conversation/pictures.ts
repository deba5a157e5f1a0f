/** Which files the process sends as photos, without what a camera wrote into them (client/core/model/sniff.py). */

/** What a camera says in a file: where, when and with what it was taken. Nothing is known of it in other files. */
export type Traces = "removed" | "kept" | "none";

const SHOWN = /^image\/(png|jpeg|webp|gif)$/;
const TAKEN = /^(image|video)\//;
/** Of those a browser may not know the type. */
const CAMERAS = /\.(heic|heif|avif|tiff?|dng|mov|mp4)$/i;
/** As much as the process looks at. */
const HEAD = 1_048_576;
const NO_SIZE = new Set([0x01, ...Array.from({ length: 10 }, (_, i) => 0xd0 + i)]);
const NO_FRAME = new Set([0xc4, 0xc8, 0xcc]);

/** Whether a file is shown as a photo while it is sent. */
export function isPicture(file: File): boolean {
  return SHOWN.test(file.type);
}

/** What becomes of a file's traces. A still GIF loses them, too, but to know that it is still takes the whole file. */
export async function traces(file: File): Promise<Traces> {
  const head = new DataView(await file.slice(0, HEAD).arrayBuffer());
  try {
    if (isJpeg(head) || isStillPng(head) || isStillWebp(head)) return "removed";
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // cut short: the process does not know it either
  }
  return TAKEN.test(file.type) || CAMERAS.test(file.name) ? "kept" : "none";
}

function name(head: DataView, at: number): string {
  return String.fromCharCode(head.getUint8(at), head.getUint8(at + 1), head.getUint8(at + 2), head.getUint8(at + 3));
}

/** The process goes from marker to marker for the size, and takes what has none for another file. */
function isJpeg(head: DataView): boolean {
  if (head.getUint32(0) >>> 8 !== 0xffd8ff) return false;
  for (let at = 2; ;) {
    if (head.getUint8(at) !== 0xff) return false;
    const marker = head.getUint8(at + 1);
    if (marker === 0xff) at += 1;
    else if (marker >= 0xc0 && marker < 0xd0 && !NO_FRAME.has(marker)) return true;
    else if (NO_SIZE.has(marker)) at += 2;
    else at += 2 + Math.max(2, head.getUint16(at + 2));
  }
}

/** One that moves says so before its first picture. */
function isStillPng(head: DataView): boolean {
  if (head.getUint32(0) !== 0x89504e47) return false;
  for (let at = 8; ; at += 12 + head.getUint32(at)) {
    const kind = name(head, at + 4);
    if (kind === "IDAT" || kind === "acTL") return kind === "IDAT";
  }
}

function isStillWebp(head: DataView): boolean {
  if (name(head, 0) !== "RIFF" || name(head, 8) !== "WEBP") return false;
  return name(head, 12) !== "VP8X" || !(head.getUint8(20) & 2);
}
