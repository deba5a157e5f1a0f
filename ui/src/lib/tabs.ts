/**
 * The tabs of one browser let one another in: a tab that was opened by its address has no token, and a duplicated one
 * has that of another. Each loads anew with a launch of its own, which it gets from a tab that is at work.
 */
import { post } from "./back.ts";
import { transport } from "./transport.ts";

const CHANNEL = "nulla-tabs";
/** An answer of the same browser comes within a few milliseconds. */
const PATIENCE_MS = 500;

type Said = { wants: string; token: string } | { gets: string; launch: string } | { here: true };

const channel = new BroadcastChannel(CHANNEL);
const tab = crypto.randomUUID();
/** A launch that is refused is not followed by another one by itself. */
const launched = location.hash.startsWith("#launch=");
/** This tab shows that it is not let in, and nothing else. */
let shut = false;
let took: ((launch: string) => void) | undefined;

async function digest(text: string): Promise<string> {
  const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return String.fromCharCode(...new Uint8Array(sum));
}

async function heard({ data }: MessageEvent<Said>): Promise<void> {
  if ("here" in data) {
    if (shut) await enterFromTab();
  } else if ("gets" in data) {
    if (data.gets === tab) took?.(data.launch);
  } else if (transport.link === "open" && (!data.token || data.token === (await digest(transport.token)))) {
    const answer = await transport.call({ call: "OpenAnother" }).catch(() => undefined);
    if (answer) channel.postMessage({ gets: data.wants, launch: answer.launch } satisfies Said);
  }
}

/** A launch from a tab that is at work; with a token from the one that has the same. Empty if there is none. */
async function launchFromTab(token: string): Promise<string> {
  const wish = { wants: tab, token: token && (await digest(token)) } satisfies Said;
  return new Promise((resolve) => {
    took = resolve;
    channel.postMessage(wish);
    setTimeout(() => resolve(""), PATIENCE_MS);
  });
}

/** Load this tab anew with a launch from another one. False if no other tab is at work. */
async function enterFromTab(token = ""): Promise<boolean> {
  const launch = await launchFromTab(token);
  if (launch) {
    history.replaceState(history.state, "", `/#launch=${launch}`);
    location.reload();
  }
  return !!launch;
}

/** Those that are shut out may ask now. */
function tellOthers(link: string): void {
  if (link === "open") channel.postMessage({ here: true } satisfies Said);
}

/** What a tab does about the others once it knows whether it is let in. True if it is about to be loaded anew. */
export async function meetTabs(): Promise<boolean> {
  channel.onmessage = (event: MessageEvent<Said>) => void heard(event);
  shut = transport.link === "refused";
  if (transport.link === "open") tellOthers("open");
  else transport.onLink(tellOthers);
  if (launched) return false;
  if (shut) return enterFromTab();
  void enterFromTab(transport.token);
  return false;
}

/** Have the app open a page in the browser; this tab is let in by that one. False if the app cannot. */
export async function openAgain(): Promise<boolean> {
  return (
    (await enterFromTab()) ||
    (await post("/again", {}).then(
      (answer) => answer.ok,
      () => false,
    ))
  );
}
