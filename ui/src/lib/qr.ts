/** Reading QR codes; the reader is loaded when it is first wanted. */
const LARGEST = 1600;

type Source = ImageBitmap | HTMLVideoElement;

/** The text of a code in the picture, or undefined. */
export async function readCode(source: Source, width: number, height: number): Promise<string | undefined> {
  const { default: jsqr } = await import("jsqr");
  const scale = Math.min(1, LARGEST / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return undefined;
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return jsqr(data, canvas.width, canvas.height)?.data || undefined;
}

/** The text of a code in a picture file; undefined if it is no picture or has none. */
export async function readCodeFile(file: Blob): Promise<string | undefined> {
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (!bitmap) return undefined;
  const text = await readCode(bitmap, bitmap.width, bitmap.height);
  bitmap.close();
  return text;
}
