/** Keys in the history: arrows move by message, letters act on the one that has the focus. */
import { overlays } from "../lib/overlays.svelte.ts";
import type { Message } from "../lib/protocol.ts";
import { talk as words } from "../lib/words/conversation.ts";
import { copy, deleteForMe, forward, menuOf, reactWithPicker, reply } from "./actions.ts";
import { mayOf } from "./albums.ts";
import type { Talk } from "./talk.svelte.ts";

interface List {
  focus: (id: string) => Promise<void>;
}

interface Writer {
  focus: () => void;
  insert: (text: string) => void;
}

export class MessageKeys {
  constructor(
    readonly talk: Talk,
    readonly list: () => List | undefined,
    readonly composer: () => Writer | undefined,
  ) {}

  readonly keydown = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (target.closest("input, textarea, [role='menu']")) return;
    const row = target.closest<HTMLElement>("[data-message]");
    const onRow = row === target;
    const all = row ? this.talk.rows.find((one) => one.message.id === row.dataset["message"])?.all : undefined;
    const message = all?.[0];
    if (event.key === "Escape") {
      if (this.talk.selected) this.talk.selected = undefined;
      else this.composer()?.focus();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown")
      this.#move(message, event.key === "ArrowUp" ? -1 : 1);
    else if (event.key === "End" && !event.shiftKey) void this.talk.toEnd();
    else if (!(onRow && all && this.#act(event, all, row)) && !this.#typed(event, onRow)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  #move(from: Message | undefined, step: number): void {
    const rows = this.talk.rows;
    const at = from ? rows.findIndex((one) => one.message.id === from.id) + step : rows.length - 1;
    const next = rows[at];
    if (next) void this.list()?.focus(next.message.id);
    else if (at >= rows.length) this.composer()?.focus();
  }

  #act(event: KeyboardEvent, all: readonly Message[], row: HTMLElement): boolean {
    const message = all[0] as Message;
    const may = (what: Message["may"][number]): boolean => mayOf(all, what);
    const ids = all.map((one) => one.id);
    if (event.key === "Enter" || event.key === " ") {
      if (this.talk.selected) this.talk.select(...ids);
      else overlays.showMenu(menuOf(this.talk, all, row), words.actionsOf, row);
      return true;
    }
    if (event.ctrlKey || event.metaKey) {
      if (event.code !== "KeyC" || getSelection()?.toString() || !may("copy")) return false;
      void copy(all.filter((one) => one.may.includes("copy")));
      return true;
    }
    if (event.key === "Delete" && may("delete-me")) deleteForMe(this.talk, all);
    else if (event.code === "KeyR" && may("reply")) reply(this.talk, message);
    else if (event.code === "KeyE" && may("edit")) this.talk.editing = message;
    else if (event.code === "KeyF" && may("forward")) void forward(all);
    else if (event.code === "KeyA" && may("react")) void reactWithPicker(message, row);
    else if (event.code === "KeyX") this.talk.select(...ids);
    else return false;
    return true;
  }

  /** Whoever types without having chosen a message wants to write. */
  #typed(event: KeyboardEvent, onRow: boolean): boolean {
    if (
      onRow ||
      event.key.length !== 1 ||
      event.key === " " ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.key === "?"
    )
      return false;
    this.composer()?.insert(event.key);
    return true;
  }
}
