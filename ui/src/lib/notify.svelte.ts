/** Desktop notifications, and the one line that is read out. What may be shown was decided by the process. */
import { gist } from "../conversation/describe.ts";
import { places } from "./places.svelte.ts";
import type { AnyPush, Notify } from "./protocol.ts";
import { app } from "./state.svelte.ts";
import { call, transport } from "./transport.ts";

const SPOKEN = 300;
/** A line is taken back once it was read out: the message may be deleted or disappear. */
const SPOKEN_MS = 5000;

class News {
  line = $state("");
}

export const news = new News();
let timer = 0;

function speak(line: string): void {
  news.line = line;
  clearTimeout(timer);
  timer = window.setTimeout(() => (news.line = ""), SPOKEN_MS);
}

/** By room: what the desktop shows now, as far as this page knows. */
const shown = new Map<string, Notification>();

function show(push: Notify): void {
  const watching = document.hasFocus() && places.now.room === push.room;
  if (watching || !("Notification" in window) || Notification.permission !== "granted") return;
  const note = new Notification(push.title, {
    body: push.body,
    tag: push.room,
    silent: !push.sound,
    icon: "/icon.svg",
  });
  shown.set(push.room, note);
  note.onclick = () => {
    window.focus();
    if (push.room) app.openRoom(push.room);
    note.close();
  };
}

/** What was read, or is gone for everybody, is not news any more, here or in another tab. */
function outlived(push: AnyPush): string | undefined {
  if (push.push === "ChatChanged")
    return push.chat.unread && push.chat.last?.kind !== "deleted" ? undefined : push.chat.room;
  return push.push === "ChatGone" || push.push === "MessagesGone" ? push.room : undefined;
}

function withdraw(room: string): void {
  shown.get(room)?.close();
  shown.delete(room);
}

/** Names and words do not stay on the desktop when they have gone from the screen. */
function takeBack(): void {
  for (const note of shown.values()) note.close();
  shown.clear();
}

/** Tell the process where the person looks, as long as the main screen is shown: the desktop shows nothing of that chat. */
export function look(): () => void {
  const room = places.now.room;
  // A new connection is a new page to the process.
  if (app.link !== "open") return () => undefined;
  const tell = (): void => {
    const here = document.hasFocus() && document.visibilityState === "visible";
    call({ call: "Looking", here, room }).catch(() => undefined);
  };
  tell();
  addEventListener("focus", tell);
  addEventListener("blur", tell);
  document.addEventListener("visibilitychange", tell);
  return () => {
    removeEventListener("focus", tell);
    removeEventListener("blur", tell);
    document.removeEventListener("visibilitychange", tell);
  };
}

/** Hear pushes as long as the main screen is shown; when it goes, what the desktop shows goes too. */
export function listen(): () => void {
  news.line = "";
  const stop = transport.onPush((push) => {
    if (push.push === "Notify") return show(push);
    const room = outlived(push);
    if (room) withdraw(room);
    if (push.push !== "MessagesChanged" || push.room !== places.now.room) return;
    const last = push.messages.findLast(
      (one) => one.state === "received" && one.kind !== "notice" && Date.now() - one.at < 60_000,
    );
    if (last) speak(`${last.person.name}: ${gist(last).slice(0, SPOKEN)}`);
  });
  return () => {
    stop();
    takeBack();
  };
}
