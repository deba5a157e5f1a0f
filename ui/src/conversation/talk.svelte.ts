/** One open conversation: its room, its messages, what is on its way out, and what the person is about to do in it. */
import { batched } from "../lib/batch.ts";
import { overlays } from "../lib/overlays.svelte.ts";
import type { AnyPush, Message, Quote, Room } from "../lib/protocol.ts";
import { app, tell, tryCall } from "../lib/state.svelte.ts";
import { call, Refused, transport } from "../lib/transport.ts";
import { talk as words } from "../lib/words/conversation.ts";
import { clientId, type Draft, provisional } from "./optimistic.ts";
import { type Row, Rows } from "./rows.ts";
import { MessageWindow } from "./window.svelte.ts";

/** What is to be shown next: a message, or the end. */
export interface Target {
  id: string;
  align: "start" | "center" | "end";
  flash: boolean;
}

/** Newest answers to one message that are looked up again when it changes; older ones are when they are seen next. */
const MOST_QUOTING = 50;

export class Talk {
  room = $state.raw<Room | undefined>();
  window: MessageWindow;
  pending = $state.raw<Message[]>([]);
  typing = $state.raw<string[]>([]);
  unreadLine = $state("");
  target = $state.raw<Target | undefined>();
  flash = $state("");
  /** Ids of messages from which the person jumped away, to go back to. */
  returns = $state.raw<string[]>([]);
  replyTo = $state.raw<Quote | undefined>();
  editing = $state.raw<Message | undefined>();
  selected = $state.raw<ReadonlySet<string> | undefined>();
  /** Set by the list. */
  atEnd = $state(true);
  trouble = $state("");
  /** Deletions that can still be undone; run when the conversation is left. */
  readonly finish = new Set<() => Promise<void>>();
  #hidden = $state.raw<ReadonlySet<string>>(new Set());
  rows: Row[] = $derived.by(() => {
    let all = this.pending.length ? [...this.window.list, ...this.pending] : this.window.list;
    if (this.#hidden.size) all = all.filter((one) => !this.#hidden.has(one.id));
    return this.#rows.make(
      all,
      this.unreadLine,
      (message) => this.#keys.get(message.id) ?? (message.client || message.id),
    );
  });
  #rows = new Rows();
  #keys = new Map<string, string>();
  #again = new Map<string, () => void>();
  #incoming = new Map<string, Message>();
  /** What was deleted while the page looked: the late answer of a call must not bring it back. */
  #gone = new Set<string>();
  #readUpTo = "";
  /** The newest message that was seen and is not told yet. */
  #read = "";
  #readTimer = 0;
  #closed = false;
  #stop: () => void;

  constructor(readonly id: string) {
    this.window = new MessageWindow(id);
    this.#stop = transport.onPush((push) => this.#pushed(push));
  }

  async open(message = ""): Promise<void> {
    try {
      const { room, page } = await call({ call: "OpenRoom", room: this.id });
      if (this.#closed) return;
      this.room = room;
      this.typing = room.typing;
      this.replyTo = room.draft_reply ?? undefined;
      this.unreadLine = room.first_unread;
      if (message) return await this.show(message);
      this.window.replace(page);
      const unread = room.first_unread && this.window.get(room.first_unread);
      this.target = unread
        ? { id: room.first_unread, align: "start", flash: false }
        : { id: "", align: "end", flash: false };
    } catch (why) {
      if (why instanceof Refused) this.trouble = why.message;
      tell(why);
    }
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    for (const finish of this.finish) void finish();
    clearTimeout(this.#readTimer);
    if (app.phase !== "ready") return;
    // What was on the screen counts, however soon it is left.
    this.#tellRead();
    void tryCall({ call: "CloseRoom", room: this.id });
  }

  // -- moving about --------------------------------------------------------------------------------------------------

  /** Show a message wherever it is, and light it up. `from`: where "back" leads. */
  async show(id: string, from = ""): Promise<void> {
    if (!this.window.get(id)) {
      const page = await tryCall({ call: "GetMessages", room: this.id, around: id, limit: 120 });
      if (!page || this.#closed) return;
      if (!page.messages.some((one) => one.id === id)) return void overlays.toast(words.notHere);
      this.window.replace(page);
    }
    if (from) this.returns = [...this.returns.filter((one) => one !== from), from];
    this.target = { id, align: "center", flash: true };
  }

  async toEnd(): Promise<void> {
    const last = this.returns.at(-1);
    this.returns = [];
    if (last) return this.show(last);
    if (this.window.moreAfter) {
      const page = await tryCall({ call: "GetMessages", room: this.id, limit: 100 });
      if (!page || this.#closed) return;
      this.window.replace(page);
    }
    this.target = { id: "", align: "end", flash: false };
  }

  /** The person sees everything up to this message. */
  read(message: Message): void {
    if (!document.hasFocus() || message.place <= this.#readUpTo || message.place === "~") return;
    const chat = app.chat(this.id);
    if (!chat || !(chat.unread || chat.mentions || chat.marked_unread)) return;
    this.#readUpTo = message.place;
    this.#read = message.id;
    clearTimeout(this.#readTimer);
    this.#readTimer = window.setTimeout(() => this.#tellRead(), 200);
  }

  #tellRead(): void {
    clearTimeout(this.#readTimer);
    if (this.#read) void call({ call: "MarkRead", room: this.id, message: this.#read }).catch(tellUnlessGone);
    this.#read = "";
  }

  /** These rows are the first and the last that are seen: what is near them is loaded, and it counts as read. */
  seen(first: Row | undefined, last: Row | undefined, live: boolean): void {
    const { list } = this.window;
    if (last) this.read(last.upTo);
    const at = first ? list.indexOf(first.message) : -1;
    const to = last ? list.indexOf(last.upTo) : -1;
    this.window.seen(at < 0 ? list.length - 1 : at, to < 0 ? list.length - 1 : to, live);
  }

  // -- going out -----------------------------------------------------------------------------------------------------

  /** Paint `draft` at once, then do `send`, which names the draft's `client`. */
  async send(
    draft: Omit<Draft, "client">,
    send: (client: string, change: (part: Partial<Message>) => void) => Promise<Message>,
  ): Promise<void> {
    const me = app.me?.person;
    if (!me) return;
    const client = clientId();
    const message = provisional(this.id, me, { ...draft, client });
    const change = (part: Partial<Message>): void => {
      this.pending = this.pending.map((one) => (one.client === client ? { ...one, ...part } : one));
    };
    const go = async (): Promise<void> => {
      change({ state: "waiting", reason: "", may: [] });
      try {
        this.#settle([await send(client, change)]);
      } catch (why) {
        if (!(why instanceof Refused)) throw why;
        if (why.code === "aborted") return this.forget(message.id);
        change({ state: "failed", reason: why.message || words.cut, may: ["retry", "discard", "copy"] });
      }
    };
    this.#again.set(message.id, () => void go());
    this.pending = [...this.pending, message];
    this.unreadLine = "";
    if (this.window.moreAfter) void this.toEnd();
    else this.target = { id: "", align: "end", flash: false };
    await go();
  }

  sendText(text: string, mentions: string[] = []): Promise<void> {
    const quote = this.replyTo ?? null;
    this.replyTo = undefined;
    const rest = { room: this.id, text, mentions, reply_to: quote?.message ?? "" };
    return this.send({ text, quote }, (client) => call({ call: "SendText", client, ...rest }));
  }

  retry(message: Message): void {
    const again = this.#again.get(message.id);
    if (again) again();
    else void tryCall({ call: "Retry", room: this.id, message: message.id });
  }

  discard(message: Message): void {
    if (this.#again.has(message.id)) this.forget(message.id);
    else void tryCall({ call: "Discard", room: this.id, message: message.id });
  }

  forget(id: string): void {
    this.#again.delete(id);
    this.pending = this.pending.filter((one) => one.id !== id);
  }

  hide(ids: readonly string[], on: boolean): void {
    const next = new Set(this.#hidden);
    for (const id of ids) on ? next.add(id) : next.delete(id);
    this.#hidden = next;
  }

  // -- choosing several ----------------------------------------------------------------------------------------------

  /** Choose these, or no longer if all of them are chosen. */
  select(...ids: string[]): void {
    const next = new Set(this.selected ?? []);
    const all = ids.every((id) => next.has(id));
    for (const id of ids) all ? next.delete(id) : next.add(id);
    this.selected = next;
  }

  chosen(): Message[] {
    return this.window.list.filter((one) => this.selected?.has(one.id));
  }

  // -- what the process tells ----------------------------------------------------------------------------------------

  #settle(told: Message[]): void {
    const messages = told.filter((one) => !this.#gone.has(one.id));
    const clients = new Set(told.map((one) => one.client).filter(Boolean));
    const before = this.pending.filter((one) => clients.has(one.client));
    for (const one of messages) if (one.client) this.#keys.set(one.id, one.client);
    const changed = messages.filter((one) => this.window.get(one.id)?.text !== one.text).map((one) => one.id);
    this.window.merge(messages);
    this.#quotedAnew(changed);
    if (before.length) this.pending = this.pending.filter((one) => !clients.has(one.client));
    for (const one of before) this.#again.delete(one.id);
  }

  /** What quotes these messages quotes them as they are now. */
  #quotedAnew(changed: readonly string[]): void {
    const quoting = changed.length ? this.window.quoting(changed) : [];
    for (const id of quoting.slice(-MOST_QUOTING)) void this.#askAgain(id);
  }

  async #askAgain(id: string): Promise<void> {
    const page = await tryCall({ call: "GetMessages", room: this.id, around: id, limit: 1 });
    if (page && !this.#closed) this.window.merge(page.messages.filter((one) => one.id === id && !this.#gone.has(id)));
  }

  #flushSoon = batched(() => {
    const changed = [...this.#incoming.values()];
    this.#incoming.clear();
    if (!this.#closed) this.#settle(changed);
  });

  #askUnreadSoon = batched(() => {
    if (!this.#closed) this.window.askUnread().catch(tell);
  });

  #pushed(push: AnyPush): void {
    if (push.push === "Reset") return void this.open();
    if (push.push === "RoomChanged" && push.room.chat.room === this.id) this.room = push.room;
    if (!("room" in push) || push.room !== this.id) return;
    switch (push.push) {
      case "MessagesChanged":
        for (const one of push.messages) this.#incoming.set(one.id, one);
        return this.#flushSoon();
      case "MessagesGone":
        for (const id of push.messages) {
          this.#incoming.delete(id);
          this.#gone.add(id);
        }
        // What was seen last may be gone, and lines before it may have come since.
        this.#readUpTo = "";
        this.window.remove(push.messages);
        return this.#quotedAnew(push.messages);
      case "UnreadChanged":
        return this.#askUnreadSoon();
      case "TypingChanged":
        this.typing = push.names;
        return;
      case "TransferChanged": {
        const old = this.#incoming.get(push.message) ?? this.window.get(push.message);
        if (!old) return;
        this.#incoming.set(old.id, { ...old, file: push.file });
        return this.#flushSoon();
      }
    }
  }
}

/** A line that went while the page said that it was read needs no word. */
function tellUnlessGone(why: unknown): void {
  if (!(why instanceof Refused && why.code === "no-such-message")) tell(why);
}
