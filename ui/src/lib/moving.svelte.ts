/** An import as it is chosen, looked at, answered and carried out. The process decides everything. */
import type { ImportDone, ImportView, StartImport } from "./protocol.ts";
import { tryCall } from "./state.svelte.ts";
import { Refused, transport } from "./transport.ts";
import { upload } from "./upload.ts";

export type DayOrder = NonNullable<StartImport["order"]>;
export type Stage = "choose" | "reading" | "look" | "running";

class Moving {
  stage = $state<Stage>("choose");
  view = $state.raw<ImportView | undefined>();
  made = $state.raw<ImportDone[]>([]);
  /** For each chat of the files: name in it → "me", an account, or empty. */
  who = $state<Record<string, string>[]>([]);
  order = $state<DayOrder>("");
  room = $state("");
  /** For each chat: the person is not in it. */
  alone = $state<boolean[]>([]);
  done = $state(0);
  total = $state(0);
  added = $state(0);
  /** How the last one ended: a code, "done", or empty. */
  end = $state("");
  trouble = $state("");
  #files: string[] = [];

  constructor() {
    transport.onPush((push) => {
      if (push.push === "ImportMoved") this.moved(push);
      else if (push.push === "Locked" || push.push === "Reset") this.again();
    });
  }

  async choose(files: File[]): Promise<void> {
    if (!files.length) return;
    this.stage = "reading";
    this.trouble = this.end = "";
    [this.who, this.alone, this.order, this.room] = [[], [], "", ""];
    try {
      this.#files = [];
      for (const file of files) this.#files.push((await upload(file, file.name)).upload);
    } catch (error) {
      this.trouble = error instanceof Refused ? error.message : String(error);
      this.stage = "choose";
      return;
    }
    await this.look();
  }

  async look(): Promise<void> {
    const view = await tryCall({ call: "PreviewImport", ...this.#answers() });
    this.view = view ?? this.view;
    this.stage = view ? "look" : this.view ? this.stage : "choose";
    for (const [place, chat] of (view?.chats ?? []).entries()) {
      const who = (this.who[place] ??= {});
      for (const one of chat.people) who[one.name] ??= one.who;
    }
  }

  /** Whether it is said who the person is in a chat; in each there is one of that name at most. */
  settled(place: number): boolean {
    const names = Object.values(this.who[place] ?? {}).filter((who) => who === "me").length;
    return names === 1 || (names === 0 && (this.alone[place] || !this.view?.chats[place]?.asks_me));
  }

  say(place: number, name: string, who: string): void {
    const here = (this.who[place] ??= {});
    if (who === "me") {
      for (const other of Object.keys(here)) if (here[other] === "me") here[other] = "";
      this.alone[place] = false;
    }
    here[name] = who;
  }

  async start(): Promise<void> {
    [this.done, this.total, this.added] = [0, this.view?.chats.reduce((sum, chat) => sum + chat.lines, 0) ?? 0, 0];
    const begun = await tryCall({ call: "StartImport", ...this.#answers() });
    if (begun) this.stage = "running";
  }

  moved(push: { done: number; total: number; added: number; state: string; code: string }): void {
    this.added = push.added;
    if (push.state === "running") {
      [this.done, this.total, this.stage] = [push.done, push.total, "running"];
      return;
    }
    this.end = push.state === "done" ? "done" : push.code;
    this.#forget();
    void this.load();
  }

  async stop(): Promise<void> {
    await tryCall({ call: "CancelImport" });
  }

  again(): void {
    this.end = this.trouble = "";
    this.#forget();
  }

  async load(): Promise<void> {
    const found = await tryCall({ call: "GetImports" });
    this.made = found?.imports ?? this.made;
    if (found && !found.running && this.stage === "running") this.#forget();
  }

  #forget(): void {
    this.stage = "choose";
    this.view = undefined;
    this.#files = [];
  }

  #answers() {
    const names = this.who.flatMap((here, chat) => Object.entries(here).map(([name, who]) => ({ chat, name, who })));
    const alone = this.alone.flatMap((yes, chat) => (yes ? [chat] : []));
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return { files: this.#files, names, order: this.order, room: this.room, alone, zone };
  }
}

export const moving = new Moving();
