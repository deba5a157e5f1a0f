/**
 * The one way to the process: a WebSocket that comes back by itself and goes on after the last push it saw.
 *
 * A call made while the socket is away waits for it. One that was under way when it broke is refused with the code
 * `cut`: nobody knows whether it was done. To the next process of the profile it comes back as well (`back.ts`): then
 * calls wait until the page has asked for the state, and for the passphrase if need be.
 */
import { keepKey, post, randomToken, standingOf } from "./back.ts";
import type { Answers, AnyCall, AnyPush, FromServer, Trade } from "./protocol.ts";

/** `lost`: it may be back in a moment; `gone`: it has ended, or nobody listens where it was. */
export type Link = "opening" | "open" | "lost" | "gone" | "refused";

/** A refusal; `message` and `hint` are worded for the person. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint = "",
  ) {
    super(message);
  }
}

interface Waiting {
  text: string;
  sent: boolean;
  resolve: (answer: never) => void;
  reject: (why: Refused) => void;
}

const KEY = "nulla-token";
/** The launch that is being traded and the token that was chosen for it: a page loaded anew says the same again. */
const TRADING = "nulla-trading";
const ENDED = 1001;
/** The process begins anew, because the app was locked; it is back in a moment. */
const RESTARTS = 1012;
/** After so many tries without an answer the process is said to have ended. */
const TRIES = 3;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;
/** What opens the app again after its process was another one. */
const URGENT: ReadonlySet<string> = new Set(["Start", "Unlock", "SetSettings", "OpenAnother"]);

class Transport {
  link: Link = "opening";
  #token = "";
  #socket: WebSocket | undefined;
  #count = 0;
  #seq = 0;
  #pause = FIRST_PAUSE_MS;
  #tries = 0;
  #waiting = new Map<number, Waiting>();
  #onPush: ((push: AnyPush) => void)[] = [];
  #onLink: ((link: Link) => void)[] = [];
  #onRestart: (() => void)[] = [];
  #onReturn: (() => void)[] = [];
  /** With this the page comes back to the next process; in memory only. */
  #key = "";
  /** The process is another one than before: only what `urgent` says goes out until `release`. */
  #held = false;
  #returned = false;
  /** What came before anybody could hear it; undefined once they can. */
  #early: FromServer[] | undefined = [];

  get token(): string {
    return this.#token;
  }

  /** Hear every push; what comes back ends it. */
  onPush(listen: (push: AnyPush) => void): () => void {
    this.#onPush = [...this.#onPush, listen];
    return () => (this.#onPush = this.#onPush.filter((one) => one !== listen));
  }

  onRestart(listen: () => void): void {
    this.#onRestart.push(listen);
  }

  /** The page came back to another process of the profile; it has to ask for everything anew. */
  onReturn(listen: () => void): void {
    this.#onReturn.push(listen);
  }

  onLink(listen: (link: Link) => void): void {
    this.#onLink.push(listen);
  }

  /** Trade the launch token of the address for a working one, or take the one of this tab, and connect. */
  async start(): Promise<void> {
    const launch = new URLSearchParams(location.hash.slice(1)).get("launch");
    this.#token = remembered(KEY);
    if (launch) await this.#trade(launch);
    if (this.#token) this.#open();
    else this.#become("refused");
  }

  /** From now on everything is told when it comes; first what came before, each in a task of its own, as it did come. */
  hear(): void {
    const next = this.#early?.shift();
    if (!next) this.#early = undefined;
    else {
      this.#tell(next);
      setTimeout(() => this.hear());
    }
  }

  /** The address and the storage of the tab keep what is needed until it is done: a reload at any moment goes on. */
  async #trade(launch: string): Promise<void> {
    const [before, chosen] = remembered(TRADING).split(" ");
    const token = before === launch && chosen ? chosen : randomToken();
    // Not the key of a page that comes back: only this document knows it.
    if (location.hash) remember(TRADING, `${launch} ${token}`);
    const body = { launch, token } satisfies Trade;
    const answer = await this.#reach(() => post("/trade", body));
    if (answer.ok) remember(KEY, (this.#token = token));
    history.replaceState(history.state, "", location.pathname);
    remember(TRADING, "");
  }

  /** Try until the process answers. */
  async #reach(ask: () => Promise<Response>): Promise<Response> {
    for (;;) {
      try {
        return await ask();
      } catch {
        this.#missed();
        await new Promise((done) => setTimeout(done, this.#pause));
      }
    }
  }

  /** Nobody answered; the next try waits longer. */
  #missed(): void {
    this.#tries++;
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
    this.#become(this.#tries < TRIES ? "lost" : "gone");
  }

  /** Whoever shows something asks for it anew, and what waited for that goes out. */
  release(): void {
    this.#held = false;
    for (const listen of this.#onPush) listen({ push: "Reset" });
    this.#sendWaiting();
  }

  call<C extends AnyCall>(ask: C): Promise<Answers[C["call"]]> {
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      const one: Waiting = { text: JSON.stringify({ id, ask }), sent: false, resolve, reject };
      this.#waiting.set(id, one);
      if (this.link === "open" && (!this.#held || URGENT.has(ask.call))) this.#send(one);
    });
  }

  #sendWaiting(): void {
    for (const one of this.#waiting.values()) if (!one.sent) this.#send(one);
  }

  /** Pushes after this one are asked for after a reconnect. */
  includes(seq: number): void {
    this.#seq = Math.max(this.#seq, seq);
  }

  #send(one: Waiting): void {
    one.sent = true;
    this.#socket?.send(one.text);
  }

  #open(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const after = this.#seq ? `?after=${this.#seq}` : "";
    const socket = new WebSocket(`${scheme}://${location.host}/ws${after}`, ["nulla", `token.${this.#token}`]);
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.#pause = FIRST_PAUSE_MS;
      this.#tries = 0;
      this.#socket = socket;
      this.#become("open");
      if (this.#returned) for (const listen of this.#onReturn) listen();
      else if (!this.#held) this.#sendWaiting();
      this.#returned = false;
      if (!this.#key) void keepKey(this.#token).then((key) => (this.#key = key));
    };
    socket.onmessage = (event: MessageEvent<string>) => this.#take(JSON.parse(event.data) as FromServer);
    socket.onclose = (event) => {
      this.#socket = undefined;
      if (event.code === RESTARTS) for (const listen of this.#onRestart) listen();
      if (event.code === 4401) return this.#become("refused");
      if (event.code === ENDED) this.#tries = TRIES;
      if (opened && event.code !== ENDED) this.#become("lost");
      else this.#missed();
      this.#cut();
      setTimeout(() => void this.#again(), this.#pause * (0.75 + Math.random() / 2));
    };
  }

  /** Connect once more, but to nobody who does not prove to be the app. */
  async #again(): Promise<void> {
    const standing = this.#key ? await standingOf(this.#key, this.#token) : "same";
    if (standing === "same") return this.#open();
    if (standing === "next") return this.#comeBack();
    this.#missed();
    setTimeout(() => void this.#again(), this.#pause * (0.75 + Math.random() / 2));
  }

  /** With its key the page gets into the process that is there now. */
  async #comeBack(): Promise<void> {
    const key = this.#key;
    this.#key = "";
    this.#seq = 0;
    this.#returned = this.#held = true;
    await this.#trade(key);
    this.#open();
  }

  #cut(): void {
    for (const [id, one] of this.#waiting) {
      if (!one.sent) continue;
      this.#waiting.delete(id);
      one.reject(new Refused("cut", ""));
    }
  }

  #take(got: FromServer): void {
    if (this.#early) this.#early.push(got);
    else this.#tell(got);
  }

  #tell(got: FromServer): void {
    if (got.kind === "push") {
      this.#seq = got.seq;
      for (const listen of this.#onPush) listen(got.push);
      return;
    }
    const one = this.#waiting.get(got.id);
    this.#waiting.delete(got.id);
    if (got.kind === "answer") one?.resolve(got.answer as never);
    else one?.reject(new Refused(got.code, got.message, got.hint));
  }

  #become(link: Link): void {
    if (this.link === link) return;
    this.link = link;
    for (const listen of this.#onLink) listen(link);
  }
}

/** sessionStorage may be unavailable (private windows); then a reload needs a new launch. */
function remembered(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

function remember(key: string, text: string): void {
  try {
    if (text) sessionStorage.setItem(key, text);
    else sessionStorage.removeItem(key);
  } catch {
    // Memory has it until the page is closed.
  }
}

export const transport = new Transport();
export const call = transport.call.bind(transport);
