import type { Uploaded } from "./protocol.ts";
import { Refused, transport } from "./transport.ts";
import { tooLarge } from "./words/errors.ts";

/** The process hangs up on more, which would look like a broken connection here. */
const MOST = 100 * 1024 * 1024;

/** Whether a file can be sent at all. */
export function fits(file: Blob): boolean {
  return file.size <= MOST;
}

/** Hand bytes to the process. `moved` hears the share (0 to 1). Raises `Refused`; aborting raises it with `aborted`. */
export function upload(
  file: Blob,
  name: string,
  moved?: (share: number) => void,
  signal?: AbortSignal,
): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    if (!fits(file)) return reject(tooLarge());
    const request = new XMLHttpRequest();
    request.open("POST", `/upload?name=${encodeURIComponent(name)}`);
    request.setRequestHeader("X-Nulla-Token", transport.token);
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => moved?.(event.total ? event.loaded / event.total : 0);
    request.onload = () => {
      const answer = request.response as (Uploaded & { code?: string; message?: string; hint?: string }) | null;
      if (request.status === 200 && answer) resolve(answer);
      else reject(new Refused(answer?.code ?? "upload", answer?.message ?? "", answer?.hint));
    };
    request.onerror = () => reject(new Refused("cut", ""));
    request.onabort = () => reject(new Refused("aborted", ""));
    signal?.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
