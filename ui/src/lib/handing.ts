/** Backups are handed to the process in pieces: a large one is never whole in memory, here or there. */
import type { GivenBackup } from "./protocol.ts";
import { Refused, transport } from "./transport.ts";

const PIECE = 8 * 1024 * 1024;

/** Hand a backup over; the id by which the process knows it. `moved` hears the share (0 to 1). Raises `Refused`. */
export async function handOver(file: Blob, moved: (share: number) => void): Promise<string> {
  let id = "";
  let at = 0;
  do {
    const given = await put(id, at, file.slice(at, at + PIECE));
    id = given.id;
    at = given.size;
    moved(file.size ? at / file.size : 1);
  } while (at < file.size);
  return id;
}

async function put(id: string, at: number, piece: Blob): Promise<GivenBackup> {
  const where = new URLSearchParams(id ? { id, at: `${at}` } : { at: `${at}` });
  let answer: Response;
  try {
    answer = await fetch(`/backup?${where}`, {
      method: "POST",
      headers: { "X-Nulla-Token": transport.token, "Content-Type": "application/octet-stream" },
      body: piece,
    });
  } catch {
    throw new Refused("cut", "");
  }
  const said = (await answer.json().catch(() => undefined)) as
    (GivenBackup & { code?: string; message?: string; hint?: string }) | undefined;
  if (answer.ok && said) return said;
  throw new Refused(said?.code ?? "upload", said?.message ?? "", said?.hint);
}
