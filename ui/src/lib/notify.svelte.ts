/** Desktop notifications, and the one line that is read out. What may be shown was decided by the process. */
import { gist } from "../conversation/describe.ts";
import { places } from "./places.svelte.ts";
import type { Notify } from "./protocol.ts";
import { app } from "./state.svelte.ts";
import { transport } from "./transport.ts";

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

function show(push: Notify): void {
  const watching = document.hasFocus() && places.now.room === push.room;
  if (watching || !("Notification" in window) || Notification.permission !== "granted") return;
  const shown = new Notification(push.title, { body: push.body, tag: push.room, silent: !push.sound, icon: "/icon.svg" });
  shown.onclick = () => {
    window.focus();
    if (push.room) app.openRoom(push.room);
    shown.close();
  };
}

/** Hear pushes as long as the main screen is shown. */
export function listen(): () => void {
  news.line = "";
  return transport.onPush((push) => {
    if (push.push === "Notify") return show(push);
    if (push.push !== "MessagesChanged" || push.room !== places.now.room) return;
    const last = push.messages.findLast((one) => one.state === "received" && one.kind !== "notice" && Date.now() - one.at < 60_000);
    if (last) speak(`${last.person.name}: ${gist(last).slice(0, SPOKEN)}`);
  });
}
