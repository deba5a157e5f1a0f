/** Sending what is more than text. */
import { type MenuItem, overlays } from "../lib/overlays.svelte.ts";
import type { PollView } from "../lib/protocol.ts";
import { call } from "../lib/transport.ts";
import { upload } from "../lib/upload.ts";
import { composer as words } from "../lib/words/composer.ts";
import { type Chosen, type Piece, pieces } from "./albums.ts";
import { localFile } from "./optimistic.ts";
import { isPicture } from "./pictures.ts";
import type { Talk } from "./talk.svelte.ts";

function albumId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Show the files before they go. True if they were sent. */
export async function sendFiles(talk: Talk, files: File[], caption: string): Promise<boolean> {
  if (!files.length) return false;
  const chosen = await overlays.dialog<Chosen>("Attach", { files, caption });
  if (!chosen) return false;
  const quote = talk.replyTo ?? null;
  talk.replyTo = undefined;
  let before: Promise<void> = Promise.resolve();
  for (const piece of pieces(chosen, quote, albumId)) ({ done: before } = await sendFile(talk, piece, before));
  return true;
}

interface Begun {
  /** Ends when it went out, or failed. */
  done: Promise<void>;
}

/** All are painted at once, and go out one after the other, in this order. */
async function sendFile(talk: Talk, piece: Piece, before: Promise<void>): Promise<Begun> {
  const { file, caption, quote, album } = piece;
  const photo = isPicture(file);
  const size = photo ? await sizeOf(file) : { width: 0, height: 0 };
  const url = photo ? URL.createObjectURL(file) : "";
  const view = localFile(file, file.name, { ...size, url });
  const draft = { text: caption, kind: photo ? "photo" : "file", file: view, quote, album } as const;
  const sent = talk.send(draft, async (client, change) => {
    await before;
    const up = await upload(file, file.name, (share) =>
      change({ file: { ...view, done: Math.round(share * file.size) } }),
    );
    const kind = up.kind === "photo" ? "photo" : "file";
    return call({
      call: "SendFile",
      room: talk.id,
      upload: up.upload,
      client,
      caption,
      kind,
      reply_to: quote?.message ?? "",
      album,
    });
  });
  const done = sent.finally(() => url && setTimeout(() => URL.revokeObjectURL(url), 30_000));
  return { done };
}

async function sizeOf(file: File): Promise<{ width: number; height: number }> {
  try {
    const picture = await createImageBitmap(file);
    const size = { width: picture.width, height: picture.height };
    picture.close();
    return size;
  } catch {
    return { width: 0, height: 0 };
  }
}

/** The menu of what can be added to a message. `sent` is called if something is sent. */
export function attachMenu(talk: Talk, poll: boolean, event: MouseEvent, sent: () => void): void {
  const items: MenuItem[] = [{ label: words.photoOrFile, icon: "photo", run: () => choose(talk, sent) }];
  if (poll) items.push({ label: words.poll, icon: "poll", run: () => void sendPoll(talk, sent) });
  overlays.showMenu(items, words.attach, event);
}

/**
 * The files of a paste; if there are any, nothing else is pasted. Office programs put a picture of copied words beside
 * them, and rich text as well: there the words are meant.
 */
export function takeFiles(event: ClipboardEvent): File[] {
  const data = event.clipboardData;
  const files = data?.types.includes("text/rtf") ? [] : [...(data?.files ?? [])];
  if (files.length) event.preventDefault();
  return files;
}

function choose(talk: Talk, sent: () => void): void {
  const input = document.createElement("input");
  input.autocomplete = "off";
  input.type = "file";
  input.multiple = true;
  input.onchange = async () => {
    if (await sendFiles(talk, [...(input.files ?? [])], "")) sent();
  };
  input.click();
}

/** Send a recording. `levels` are loudnesses from 0 to 255. */
export async function sendVoice(talk: Talk, sound: Blob, duration_ms: number, levels: number[]): Promise<void> {
  const name = sound.type.includes("ogg") ? "voice.ogg" : sound.type.includes("mp4") ? "voice.m4a" : "voice.webm";
  const view = localFile(sound, name, { duration_ms, levels });
  const quote = talk.replyTo ?? null;
  talk.replyTo = undefined;
  await talk.send({ text: "", kind: "voice", file: view, quote }, async (client) => {
    const up = await upload(sound, name);
    const rest = { duration_ms, levels, reply_to: quote?.message ?? "" };
    return call({ call: "SendFile", room: talk.id, upload: up.upload, client, kind: "voice", ...rest });
  });
}

async function sendPoll(talk: Talk, sent: () => void): Promise<void> {
  const made = await overlays.dialog<{ question: string; options: string[]; multiple: boolean }>("Poll", {});
  if (!made) return;
  const options = made.options.map((text) => ({ text, votes: 0, mine: false, names: [] }));
  const poll: PollView = {
    question: made.question,
    options,
    multiple: made.multiple,
    closed: false,
    voters: 0,
    may_close: false,
  };
  const done = talk.send({ text: made.question, kind: "poll", poll }, (client) =>
    call({ call: "SendPoll", room: talk.id, client, ...made }),
  );
  sent();
  await done;
}
