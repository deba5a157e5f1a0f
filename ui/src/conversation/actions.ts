/** What can be done with messages: the same list for the toolbar, the menu and the keys. */
import { type MenuItem, overlays } from "../lib/overlays.svelte.ts";
import { moment } from "../lib/format.ts";
import { beforeLeaving } from "../lib/leaving.ts";
import type { May, Message } from "../lib/protocol.ts";
import { tryCall } from "../lib/state.svelte.ts";
import { actions as words } from "../lib/words/actions.ts";
import { common } from "../lib/words/common.ts";
import { talk as talkWords } from "../lib/words/conversation.ts";
import { gist } from "./describe.ts";
import { mayOf } from "./albums.ts";
import { quoteOf } from "./optimistic.ts";
import type { Talk } from "./talk.svelte.ts";

export const QUICK = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const UNDO_MS = 6000;

export function react(message: Message, emoji: string): void {
  const mine = message.reactions.some((one) => one.emoji === emoji && one.mine);
  void tryCall({ call: "React", room: message.room, message: message.id, emoji: mine ? "" : emoji });
}

export async function reactWithPicker(message: Message, at: Element | undefined): Promise<void> {
  const emoji = await overlays.dialog<string>("EmojiPicker", { at: at?.getBoundingClientRect() });
  if (emoji) react(message, emoji);
}

export function reply(talk: Talk, message: Message): void {
  talk.editing = undefined;
  talk.replyTo = quoteOf(message);
}

/** The words alone of one message; names and times with several. */
export async function copy(messages: readonly Message[]): Promise<void> {
  const only = messages.length === 1 ? messages[0] : undefined;
  const text = only
    ? gist(only)
    : messages.map((one) => `${one.person.name} (${moment(one.at)})\n${gist(one)}`).join("\n\n");
  await navigator.clipboard.writeText(text);
  overlays.toast(words.copied, { kind: "good" });
}

export async function forward(messages: readonly Message[]): Promise<void> {
  const room = messages[0]?.room;
  const to = await overlays.dialog<string[]>("Forward", { room });
  if (!room || !to?.length) return;
  if (await tryCall({ call: "Forward", room, messages: messages.map((one) => one.id), to })) {
    overlays.toast(words.forwardDone, { kind: "good" });
  }
}

/** Gone from this screen at once; for good when the time to undo it is over. */
export function deleteForMe(talk: Talk, messages: readonly Message[]): void {
  const ids = messages.map((one) => one.id);
  talk.hide(ids, true);
  const over = (): void => {
    clearTimeout(timer);
    talk.finish.delete(finish);
    stay();
  };
  const run = (): void => {
    over();
    talk.hide(ids, false);
  };
  const finish = async (): Promise<void> => {
    over();
    const done = await tryCall({ call: "DeleteMessages", room: talk.id, messages: ids, for_all: false });
    if (!done) talk.hide(ids, false);
  };
  const timer = window.setTimeout(() => void finish(), UNDO_MS);
  const stay = beforeLeaving(finish);
  talk.finish.add(finish);
  overlays.toast(words.deletedMe(ids.length), { action: words.undo, run });
}

export async function deleteForAll(talk: Talk, messages: readonly Message[]): Promise<void> {
  const sure = await overlays.dialog<boolean>("Confirm", {
    title: words.deleteAllTitle(messages.length),
    note: messages.some((one) => one.file) ? `${words.deleteAllNote} ${words.deleteAllFiles}` : words.deleteAllNote,
    yes: common.remove,
    danger: true,
  });
  if (!sure) return;
  await tryCall({ call: "DeleteMessages", room: talk.id, messages: messages.map((one) => one.id), for_all: true });
}

export function pin(message: Message): void {
  void tryCall({ call: "PinMessage", room: message.room, message: message.id, on: !message.pinned });
}

export function save(message: Message): void {
  const link = document.createElement("a");
  link.href = message.file?.download || message.file?.url || "";
  link.download = message.file?.name ?? "";
  if (link.href) link.click();
}

/** The menu of a message, or of the photos of an album: what it may, in a fixed order. */
export function menuOf(talk: Talk, messages: readonly Message[], at: Element | undefined): MenuItem[] {
  const message = messages[0] as Message;
  const those = (what: May): Message[] => messages.filter((one) => one.may.includes(what));
  const each = (what: May, run: (one: Message) => void) => (): void => those(what).forEach(run);
  const all: [May | "select", MenuItem][] = [
    ["retry", { label: talkWords.retry, icon: "retry", run: each("retry", (one) => talk.retry(one)) }],
    ["reply", { label: words.reply, icon: "reply", run: () => reply(talk, message) }],
    ["react", { label: words.react, icon: "react", run: () => void reactWithPicker(message, at) }],
    ["edit", { label: words.edit, icon: "edit", run: () => (talk.editing = message) }],
    ["copy", { label: words.copy, icon: "copy", run: () => void copy(those("copy")) }],
    ["forward", { label: words.forward, icon: "forward", run: () => void forward(messages) }],
    ["pin", { label: message.pinned ? words.unpin : words.pin, icon: "pin", run: () => pin(message) }],
    ["save", { label: words.save, icon: "download", run: () => messages.forEach(save) }],
    ["select", { label: words.select, icon: "select", run: () => talk.select(...messages.map((one) => one.id)) }],
    [
      "delete-me",
      { label: words.deleteMe, icon: "trash", danger: true, apart: true, run: () => deleteForMe(talk, messages) },
    ],
    [
      "delete-all",
      { label: words.deleteAll, icon: "trash", danger: true, run: () => void deleteForAll(talk, messages) },
    ],
    [
      "discard",
      {
        label: talkWords.discard,
        icon: "close",
        danger: true,
        apart: true,
        run: each("discard", (one) => talk.discard(one)),
      },
    ],
  ];
  const choosable = messages.every((one) => one.place !== "~");
  return all.filter(([what]) => (what === "select" ? choosable : mayOf(messages, what))).map(([, item]) => item);
}
