/**
 * How a page that stayed open comes back to the next process of its profile (spec/app.md §2.1).
 *
 * The key is kept in memory only. It is shown to nobody but a process that proved that it knows it: another program may
 * listen where the app was.
 */
import type { Keep, Proofs, Prove } from "./protocol.ts";

const CONTEXT = "nullabona return v1";
const bytes = (text: string) => new TextEncoder().encode(text);

/** 32 random bytes in base64url. */
export function randomToken(): string {
  const text = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function post(path: string, body: object, token = ""): Promise<Response> {
  const headers = { "Content-Type": "application/json", ...(token && { "X-Nulla-Token": token }) };
  return fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Give the process a key to come back with; empty if it did not take it. */
export async function keepKey(token: string): Promise<string> {
  const key = randomToken();
  const answer = await post("/keep", { key } satisfies Keep, token).catch(() => undefined);
  return answer?.ok ? key : "";
}

/** Who listens: the process that knows the token, the next one of its profile, or another program or nobody. */
export async function standingOf(key: string, token: string): Promise<"same" | "next" | "other"> {
  try {
    if (!(await proves(key))) return "other";
    return (await post("/keep", { key } satisfies Keep, token)).ok ? "same" : "next";
  } catch {
    return "other";
  }
}

/** Whether the app listens, i.e. a process that was given the key. Fails if nobody does. */
async function proves(key: string): Promise<boolean> {
  const nonce = randomToken();
  const answer = await post("/prove", { nonce } satisfies Prove);
  if (!answer.ok) return false;
  const { proofs } = (await answer.json()) as Proofs;
  const secret = await crypto.subtle.digest("SHA-256", bytes(key));
  const hmac = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const proof = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, bytes(`${CONTEXT} ${location.port} ${nonce}`)));
  return proofs.includes([...proof].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
}
