/**
 * Comes and runs ahead of the rest of the page (vite.config.ts): while that is fetched and read, the way to the process
 * is opened and the state asked for. What comes before the page can hear it is kept until `transport.hear`.
 */
import { transport } from "./transport.ts";

/** Ends when the launch token was traded; the link may be refused then. */
export const begun = transport.start();
/** What the page starts from. */
export const first = transport.call({ call: "Start" });
// Whoever waits for it is told; until then it is nobody's unheard refusal.
first.catch(() => undefined);
