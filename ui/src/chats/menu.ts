import { deleteChat, leaveRoom, mayDelete, mayLeave } from "../lib/leaveRoom.ts";
import { type MenuItem, overlays } from "../lib/overlays.svelte.ts";
import { places } from "../lib/places.svelte.ts";
import type { Chat, SetRoom } from "../lib/protocol.ts";
import { app, tryCall } from "../lib/state.svelte.ts";
import { chats as words } from "../lib/words/chats.ts";
import { moving } from "../lib/words/moving.ts";

const HOUR_S = 3600;
const MORNING = 8;

function set(chat: Chat, change: Partial<SetRoom>): void {
  void tryCall({ call: "SetRoom", room: chat.room, ...change });
}

function untilMorning(): number {
  const then = new Date();
  then.setDate(then.getDate() + 1);
  then.setHours(MORNING, 0, 0, 0);
  return Math.round((then.getTime() - Date.now()) / 1000);
}

/** What can be done with a chat. */
export function chatMenu(chat: Chat): MenuItem[] {
  const unread = chat.unread > 0 || chat.marked_unread;
  const mute: MenuItem = chat.muted
    ? { label: words.unmute, icon: "bell", run: () => set(chat, { mute_s: 0 }) }
    : {
        label: words.mute,
        icon: "mute",
        items: [
          { label: words.muteHour, run: () => set(chat, { mute_s: HOUR_S }) },
          { label: words.muteMorning, run: () => set(chat, { mute_s: untilMorning() }) },
          { label: words.muteAlways, run: () => set(chat, { mute_s: "always" }) },
        ],
      };
  const items: MenuItem[] = [
    { label: chat.pinned ? words.unpin : words.pin, icon: "pin", run: () => set(chat, { pinned: !chat.pinned }) },
    mute,
    unread
      ? { label: words.markRead, icon: "check", run: () => void tryCall({ call: "MarkRead", room: chat.room }) }
      : { label: words.markUnread, icon: "unread", run: () => set(chat, { marked_unread: true }) },
    {
      label: chat.archived ? words.unarchive : words.archive,
      icon: "archive",
      run: () => set(chat, { archived: !chat.archived }),
    },
    {
      label: words.info,
      icon: "info",
      apart: true,
      run: () => {
        app.openRoom(chat.room);
        places.go({ side: "RoomInfo", sideProps: { room: chat.room } }, true);
      },
    },
  ];
  items.push({
    label: moving.room,
    icon: "download",
    run: () => void overlays.dialog("ExportRoom", { room: chat.room, title: chat.title }),
  });
  if (mayLeave(chat)) items.push({ label: words.leave, icon: "leave", danger: true, run: () => void leaveRoom(chat) });
  if (mayDelete(chat))
    items.push({ label: words.deleteChat, icon: "trash", danger: true, run: () => void deleteChat(chat) });
  return items;
}
