/** Leaving a chat, and deleting one that was left: asked first; the last admin says who becomes admin. */
import { overlays } from "./overlays.svelte.ts";
import type { Chat } from "./protocol.ts";
import { rooms } from "./rooms.svelte.ts";
import { tryCall } from "./state.svelte.ts";
import { chats } from "./words/chats.ts";
import { room as said } from "./words/room.ts";

export function mayLeave(chat: Chat): boolean {
  return chat.phase === "joined";
}

export function mayDelete(chat: Chat): boolean {
  return chat.phase === "left" || chat.phase === "removed";
}

export async function leaveRoom(chat: Chat): Promise<void> {
  await rooms.load(chat.room);
  const members = rooms.get(chat.room)?.members ?? [];
  const admins = members.filter((one) => one.admin);
  if (members.length > 1 && admins.length === 1 && admins[0]?.person.me)
    return void overlays.dialog("Succeed", { room: chat.room });
  const note = chat.direct ? said.leaveDirectNote(chat.title) : said.leaveNote;
  const question = { title: chats.leaveTitle(chat.title), note, yes: said.leave, danger: true };
  if (await overlays.dialog("Confirm", question)) await tryCall({ call: "LeaveRoom", room: chat.room });
}

export async function deleteChat(chat: Chat): Promise<void> {
  const question = { title: chats.deleteTitle(chat.title), note: said.deleteNote, yes: said.deleteYes, danger: true };
  if (!(await overlays.dialog("Confirm", question))) return;
  if (await tryCall({ call: "DeleteChat", room: chat.room })) overlays.toast(said.deleted);
}
