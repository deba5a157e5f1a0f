/** Messages as they are painted before the process answered. */
import type { FileView, Message, MessageKind, Person, PollView, Quote } from "../lib/protocol.ts";

const LETTER = /\p{L}/u;
const BIG_CHARS = 60;
let emojiOnly: RegExp | undefined;
let count = 0;

/** An id for a message of this page. */
export function clientId(): string {
  return `${Date.now().toString(36)}-${(++count).toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
}

/** Emoji alone are shown big. Their pattern takes long to make, and most texts can be told without it. */
function isBig(text: string): boolean {
  if (text.length >= BIG_CHARS || LETTER.test(text)) return false;
  emojiOnly ??= new RegExp("^(?:\\p{RGI_Emoji}\\s*){1,3}$", "v");
  return emojiOnly.test(text);
}

export interface Draft {
  client: string;
  text: string;
  kind?: MessageKind;
  quote?: Quote | null;
  file?: FileView;
  poll?: PollView;
  album?: string;
}

export function provisional(room: string, me: Person, draft: Draft): Message {
  return {
    id: `provisional-${draft.client}`,
    room,
    place: "~",
    kind: draft.kind ?? "text",
    person: me,
    mine: true,
    at: Date.now(),
    state: "waiting",
    reason: "",
    unread_by: null,
    spans: draft.text ? [{ kind: "text", text: draft.text, target: "" }] : [],
    text: draft.text,
    big: isBig(draft.text),
    edited_at: 0,
    forwarded: false,
    pinned: false,
    expires_at: 0,
    timer_s: 0,
    mentions_me: false,
    may: [],
    quote: draft.quote ?? null,
    reactions: [],
    file: draft.file ?? null,
    album: draft.album ?? "",
    poll: draft.poll ?? null,
    notice: null,
    cut: false,
    client: draft.client,
    imported: "",
    missing: null,
    teller: null,
  };
}

/** A file that goes up: shown from the bytes that are here. */
export function localFile(file: File | Blob, name: string, more: Partial<FileView> = {}): FileView {
  return {
    name,
    size: file.size,
    mime: file.type,
    width: 0,
    height: 0,
    duration_ms: 0,
    levels: [],
    thumb: "",
    url: "",
    download: "",
    state: "moving",
    done: 0,
    reason: "",
    ...more,
  };
}

/** What an answer shows of the message it answers. */
export function quoteOf(message: Message): Quote {
  return {
    message: message.id,
    name: message.person.name,
    kind: message.kind,
    text: message.text || message.file?.name || message.poll?.question || "",
    picture: message.file?.thumb ?? "",
    gone: false,
  };
}
