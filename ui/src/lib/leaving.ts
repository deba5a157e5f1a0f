/** What must not be lost when the app is locked or the page goes: drafts, and deletions that could still be undone. */
type Work = () => unknown;

const works = new Set<Work>();

/** Have `work` done before that; what comes back takes it from the list. */
export function beforeLeaving(work: Work): () => void {
  works.add(work);
  return () => works.delete(work);
}

/** Do all of it. Ends when it is done. */
export async function finishAll(): Promise<void> {
  await Promise.allSettled([...works].map((work) => work()));
}

// What is sent now still reaches the process; nobody hears the answer.
addEventListener("pagehide", () => void finishAll());
