/**
 * The one way to the process: a WebSocket that comes back by itself and goes on after the last push it saw.
 *
 * A call made while the socket is away waits for it. One that was under way when it broke is refused with the code
 * `cut`: nobody knows whether it was done.
 */
import type { Answers, AnyCall, AnyPush, FromServer } from "./protocol.ts";

export type Link = "opening" | "open" | "lost" | "refused";

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
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;

class Transport {
  link: Link = "opening";
  #token = "";
  #socket: WebSocket | undefined;
  #count = 0;
  #seq = 0;
  #pause = FIRST_PAUSE_MS;
  #waiting = new Map<number, Waiting>();
  #onPush: ((push: AnyPush) => void)[] = [];
  #onLink: ((link: Link) => void)[] = [];
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

  onLink(listen: (link: Link) => void): void {
    this.#onLink.push(listen);
  }

  /** Trade the launch token of the address for a working one, or take the one of this tab, and connect. */
  async start(): Promise<void> {
    const launch = new URLSearchParams(location.hash.slice(1)).get("launch");
    this.#token = remembered();
    if (launch) {
      history.replaceState(history.state, "", location.pathname);
      const body = JSON.stringify({ launch });
      const answer = await fetch("/trade", { method: "POST", headers: { "Content-Type": "application/json" }, body });
      if (answer.ok) remember((this.#token = ((await answer.json()) as { token: string }).token));
    }
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

  call<C extends AnyCall>(ask: C): Promise<Answers[C["call"]]> {
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      const one: Waiting = { text: JSON.stringify({ id, ask }), sent: false, resolve, reject };
      this.#waiting.set(id, one);
      if (this.link === "open") this.#send(one);
    });
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
      this.#socket = socket;
      this.#become("open");
      for (const one of this.#waiting.values()) if (!one.sent) this.#send(one);
    };
    socket.onmessage = (event: MessageEvent<string>) => this.#take(JSON.parse(event.data) as FromServer);
    socket.onclose = (event) => {
      this.#socket = undefined;
      if (event.code === 4401) return this.#become("refused");
      this.#become("lost");
      this.#cut();
      this.#pause = opened ? FIRST_PAUSE_MS : Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
      setTimeout(() => this.#open(), this.#pause * (0.75 + Math.random() / 2));
    };
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
function remembered(): string {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

function remember(token: string): void {
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // Memory has it until the page is closed.
  }
}

export const transport = new Transport();
export const call = transport.call.bind(transport);
