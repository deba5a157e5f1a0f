/** What the process said about the person, the chats and the connection. Conversations keep their own messages. */
import { batched } from "./batch.ts";
import { isLeaving, leaveForLock, leaveForOpen } from "./document.ts";
import { begun, first } from "./early.ts";
import { prepare } from "./format.ts";
import { overlays } from "./overlays.svelte.ts";
import { type Place, places } from "./places.svelte.ts";
import type {
  Answers,
  AnyCall,
  AnyPush,
  Backups,
  Chat,
  Connection,
  Invite,
  Me,
  OperatorNotices,
  Phase,
  Request,
  Settings,
  State,
  JoinRequest,
} from "./protocol.ts";
import { meetTabs } from "./tabs.ts";
import { call, type Link, Refused, transport } from "./transport.ts";
import { explain } from "./words/errors.ts";
import { tongue } from "./words/index.svelte.ts";

const SETTINGS: Settings = {
  language: tongue.now,
  theme: "system",
  receipts: false,
  typing: false,
  notify: "name",
  quiet_hours: "",
  default_timer_s: 0,
  lock_minutes: 0,
  enter_sends: true,
};

class AppState {
  phase = $state<Phase | "starting" | "refused">("starting");
  link = $state<Link>("opening");
  settings = $state.raw<Settings>(SETTINGS);
  connection = $state.raw<Connection>({ online: true, since: 0, waiting: 0, trouble: "" });
  me = $state.raw<Me | undefined>();
  /** Highest `order` first. */
  chats = $state.raw<Chat[]>([]);
  requests = $state.raw<Request[]>([]);
  joinRequests = $state.raw<JoinRequest[]>([]);
  notices = $state.raw<OperatorNotices>({ notices: [], said: [] });
  blocked = $state(0);
  backups = $state.raw<Backups>({ standing: "none", good_at: 0, remind: false, places: [] });
  version = $state("");
  /** The relay that is meant where a handle lacks one; empty where it has to be said. */
  host = $state("");
  fixedHost = $state(false);
  localRelay = $state<State["local_relay"]>("");
  /** A link that was opened. With an account a page is told of it once. */
  invite = $state.raw<Invite | undefined>();
  protected = $state(true);
  wordsUnchecked = $state(false);
  /** The person was not asked yet whether the app is to start when they log in. */
  offerAtLogin = $state(false);
  #rows = new Map<string, Chat>();

  constructor() {
    transport.onLink((link) => this.#linked(link));
    transport.onPush((push) => this.#pushed(push));
    transport.onReturn(() => void this.#returned());
  }

  async start(): Promise<void> {
    places.start();
    prepare();
    await begun;
    if (transport.link !== "refused") void meetTabs();
    this.#linked(transport.link);
    transport.hear();
    if (this.phase !== "refused") await this.#take(first);
  }

  /**
   * Another process of this profile is there, and locked; this page shows nothing until the passphrase is given, and has
   * everything still that was typed in it.
   */
  resuming = $state(false);

  async #returned(): Promise<void> {
    const state = await heard(call({ call: "Start" }));
    if (!state) return;
    this.resuming = this.phase === "ready" && state.phase === "locked";
    if (this.resuming) return;
    transport.release();
    if (state.phase !== this.phase) this.apply(state);
  }

  /** The process that is there now was unlocked. */
  resume(): void {
    this.resuming = false;
    transport.release();
  }

  /** Ask for everything anew. */
  async restart(): Promise<void> {
    await this.#take(call({ call: "Start" }));
  }

  async #take(asked: Promise<State>): Promise<void> {
    const state = await heard(asked);
    if (!state) return;
    if (this.resuming && state.phase === "ready") this.resume();
    if (this.phase === "starting") places.restore(state.places);
    this.apply(state);
  }

  /** Take over a state, as many calls answer it. */
  apply(state: State): void {
    let leaving = false;
    if (state.phase === "locked") {
      // Nothing is asked on a page that goes in a moment: the next one asks.
      if (isLeaving() || (this.phase !== "starting" && this.phase !== "locked")) leaving = leaveForLock();
    } else if (leaveForOpen()) return;
    transport.includes(state.seq);
    this.settings = state.settings;
    tongue.now = state.settings.language;
    this.connection = state.connection;
    this.me = state.me ?? undefined;
    this.requests = state.requests;
    this.joinRequests = state.join_requests;
    this.notices = state.notices;
    this.blocked = state.blocked;
    this.backups = state.backups;
    this.version = state.version;
    this.host = state.host;
    this.fixedHost = state.fixed_host;
    this.localRelay = state.local_relay;
    if (state.invite || state.phase !== "ready") this.invite = state.invite ?? undefined;
    this.protected = state.protected;
    this.wordsUnchecked = state.words_unchecked;
    this.offerAtLogin = state.offer_at_login;
    this.#rows = new Map(state.chats.map((chat) => [chat.room, chat]));
    this.#sort();
    this.phase = leaving ? "starting" : state.phase;
    // Its notification was pressed.
    if (state.room) this.openRoom(state.room);
  }

  /** Everything that was shown goes. */
  locked(state: State): void {
    this.apply(state);
    overlays.clear();
    places.home();
    this.wanted = "";
  }

  chat(room: string): Chat | undefined {
    void this.chats;
    return this.#rows.get(room);
  }

  /** Go to a room, and there to a message if one is named. */
  openRoom(room: string, message = ""): void {
    this.wanted = message;
    places.go({ section: "chats", room, page: "", pageProps: {}, side: "", sideProps: {} }, places.now.room === room);
  }

  #awaited: { account: string; place: Place; toast: number } | undefined;

  /** Open the conversation with this account when it begins, if the person is still where they are now; `toast` ends. */
  await(account: string, toast: number): void {
    this.#awaited = { account, place: places.now, toast };
  }

  #arrived(chat: Chat): void {
    const awaited = this.#awaited;
    if (!chat.direct || chat.phase !== "joined" || chat.person?.account !== awaited?.account) return;
    this.#awaited = undefined;
    if (awaited) overlays.dropToast(awaited.toast);
    if (places.now === awaited?.place && !overlays.dialogs.length) this.openRoom(chat.room);
  }

  /** How far a backup or an export has come, in percent. */
  moving = $state(0);

  /** The message that the conversation shall show next; it takes and empties it. */
  wanted = $state("");

  #linked(link: Link): void {
    this.link = link;
    // A page that shows something keeps what was typed in it.
    if (link === "refused" && this.phase !== "ready") void this.#shutOut();
  }

  async #shutOut(): Promise<void> {
    if (!(await meetTabs())) this.phase = "refused";
  }

  #sort(): void {
    this.chats = [...this.#rows.values()].sort((a, b) => (a.order < b.order ? 1 : a.order > b.order ? -1 : 0));
  }

  #sortSoon = batched(() => this.#sort());

  #pushed(push: AnyPush): void {
    switch (push.push) {
      case "ChatChanged":
        this.#rows.set(push.chat.room, push.chat);
        if (this.#awaited) this.#arrived(push.chat);
        return this.#sortSoon();
      case "ChatGone":
        this.#rows.delete(push.room);
        if (places.now.room === push.room) places.go({ room: push.instead, side: "", sideProps: {} }, true);
        return this.#sortSoon();
      case "MovingChanged":
        this.moving = push.percent;
        return;
      case "BackupsChanged":
        this.backups = push.backups;
        return;
      case "RequestsChanged":
        this.requests = push.requests;
        return;
      case "JoinRequestsChanged":
        this.joinRequests = push.join_requests;
        return;
      case "OperatorNoticesChanged":
        this.notices = push.notices;
        return;
      case "MeChanged":
        this.me = push.me;
        return;
      case "SettingsChanged":
        this.settings = push.settings;
        tongue.now = push.settings.language;
        return;
      case "ConnectionChanged":
        this.connection = push.connection;
        return;
      case "Told":
        return void overlays.toast(push.message, {
          hint: push.hint,
          kind: push.level === "news" ? "plain" : "bad",
          lasting: push.level === "grave",
        });
      case "Locked":
        return this.locked(push.state);
      case "Reset":
        return void this.restart();
    }
  }
}

export const app = new AppState();

/** Show a refusal as a toast; not what was still asked when the app locked: the page shows that. */
export function tell(why: unknown): void {
  if (!(why instanceof Refused)) throw why;
  if (why.code === "locked" && app.phase === "locked") return;
  const { text, hint } = explain(why);
  overlays.toast(text, { hint, kind: "bad" });
}

/** A call whose refusal is told as a toast; then the answer is undefined. */
export function tryCall<C extends AnyCall>(ask: C): Promise<Answers[C["call"]] | undefined> {
  return heard(call(ask));
}

async function heard<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (why) {
    tell(why);
    return undefined;
  }
}
