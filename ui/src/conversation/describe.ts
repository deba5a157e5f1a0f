/** Messages in words, for screen readers, the chat list, copying. */
import { bytes, duration, moment } from "../lib/format.ts";
import type { Message, MessageKind, Missing } from "../lib/protocol.ts";
import { chats } from "../lib/words/chats.ts";
import { talk } from "../lib/words/conversation.ts";

/** What a kind of message is called where its words alone do not say it. */
export function kindWord(kind: MessageKind): string {
  if (kind === "photo") return chats.photo;
  if (kind === "file") return chats.file;
  if (kind === "voice") return chats.voice;
  if (kind === "poll") return chats.poll;
  return kind === "deleted" ? chats.deleted : "";
}

/** What an imported line stands for: a photo, three photos, a file. */
export function missingWord(missing: Missing): string {
  return talk.missing(missing.what, missing.count);
}

/** The content in one line of words. */
export function gist(message: Message): string {
  const file = message.file;
  if (message.kind === "deleted") return talk.deleted;
  if (message.missing) return `${missingWord(message.missing)} ${message.missing.name} ${message.text}`.trim();
  if (message.poll) return `${chats.poll}: ${message.poll.question}`;
  if (message.kind === "voice" && file) return `${chats.voice} ${duration(file.duration_ms)}`;
  if (message.kind === "file" && file) return `${chats.file} ${file.name} ${bytes(file.size)} ${message.text}`.trim();
  if (message.kind === "photo") return `${chats.photo} ${message.text}`.trim();
  return message.text;
}

const LONGEST = 400;

/** The content of an album in one line of words, or that of the only message. */
function gistOf(all: readonly Message[]): string {
  if (all.length < 2) return all[0] ? gist(all[0]) : "";
  const said = all.map((one) => one.text).filter(Boolean);
  return [talk.missing("photo", all.length), ...said].join(" ");
}

/** Of an album, the one that says how far it got: one that failed, or else one that waits. */
export function slowest(all: readonly Message[]): Message {
  const found = (["failed", "waiting"] as const).map((state) => all.find((one) => one.state === state));
  return found.find(Boolean) ?? (all[0] as Message);
}

/** Who, what, when, and how far it got. */
export function describe(message: Message, all: readonly Message[] = [message]): string {
  const parts = [
    `${message.mine ? talk.mine : message.person.name || talk.nameless}: ${gistOf(all).slice(0, LONGEST)}`,
  ];
  if (message.quote) parts.push(talk.answerTo(message.quote.name));
  if (message.edited_at) parts.push(talk.edited);
  if (message.pinned) parts.push(talk.pinnedMark);
  parts.push(moment(message.at));
  const how = stateWord(slowest(all));
  if (how) parts.push(how);
  for (const one of message.reactions) parts.push(`${one.emoji} ${one.count}`);
  return parts.join(", ");
}

/** The clock, the alarm or the number beside a message, in words; only one of them at a time. */
export function stateWord(message: Message): string {
  if (message.state === "waiting") return talk.waiting;
  if (message.state === "failed") return talk.failed;
  if (message.unread_by) return talk.unreadBy(message.unread_by);
  return message.mine && message.unread_by === 0 ? talk.allRead : "";
}
