/** Notices in words. */
import { moment, names, span } from "../lib/format.ts";
import type { Notice } from "../lib/protocol.ts";
import { notices as words } from "../lib/words/notices.ts";

const WARNINGS = new Set(["device-renewed", "card-changed", "identity-changed", "warning"]);

/** It concerns safety, so it must not be overlooked. */
export function isWarning(notice: Notice): boolean {
  return WARNINGS.has(notice.what);
}

type Wording = (who: string, whose: string, whom: string, notice: Notice) => string;

const WORDINGS: Record<string, Wording> = {
  created: (who) => words.created(who),
  joined: (who, _, __, notice) => (notice.name && !notice.me ? words.joinedBy(who) : words.joined),
  came: (_, whose) => words.joinedByLink(whose),
  "member-added": (who, _, whom) => words.added(who, whom),
  "member-came": (_, __, whom) => words.cameByLink(whom),
  "member-removed": (who, _, whom) => words.removedOther(who, whom),
  left: (who, _, __, notice) => (notice.me ? words.leftMe : words.left(who)),
  removed: (who, _, __, notice) => (notice.name && !notice.me ? words.removedMe(who) : words.leftMe),
  renamed: (who, _, __, notice) => words.renamed(who, notice.text),
  "admin-added": (who, _, whom) => words.adminAdded(who, whom),
  "admin-followed": (who) => words.adminFollowed(who),
  "admin-removed": (who, _, whom) => words.adminRemoved(who, whom),
  "timer-changed": (who, _, __, { text }) =>
    Number(text) ? words.timerOn(who, span(Number(text))) : words.timerOff(who),
  "pinning-changed": (who, _, __, { text }) => (text === "members" ? words.membersPin(who) : words.adminsPin(who)),
  "device-added": (_, whose) => words.deviceAdded(whose),
  "device-removed": (_, whose) => words.deviceRemoved(whose),
  "device-renewed": (_, whose) => words.deviceRenewed(whose),
  "relay-lost-box": () => words.relayLost,
  "relay-changed": (_, __, ___, notice) => words.relayChanged(notice.text),
  "card-changed": (_, whose) => words.cardChanged(whose),
  "identity-changed": (_, whose) => words.identityChanged(whose),
  gap: (_, __, ___, notice) => gapText(notice),
  accepted: () => words.accepted,
  warning: (_, __, ___, notice) =>
    notice.text === "handle-of-contact" ? words.handleOfContact : words.warning(notice.text),
};

/** Two times with a dash between: since when and until when lines may be missing; 0 is none. */
function gapText(notice: Notice): string {
  const [since = 0, until = 0] = notice.text.split("-").map(Number);
  const said = gapTimes(since, until);
  return notice.others.length ? `${said} ${words.gapWaiting(names(notice.others))}` : said;
}

function gapTimes(since: number, until: number): string {
  if (since && until) return words.gap(moment(since), moment(until));
  if (since) return words.gapSince(moment(since));
  return until ? words.gapBefore(moment(until)) : words.gapBeforeNow;
}

/** In a chat of two nobody adds anybody: it opens once both want it, by a request or by a link. */
const DIRECT: Record<string, Wording> = {
  created: () => words.opened,
  joined: () => words.opened,
  "member-added": (_, __, whom) => words.came(whom),
};

/** `direct`: it is of a chat of two. */
export function noticeText(notice: Notice, direct: boolean): string {
  const who = notice.me ? words.byMe : notice.name ? words.by(notice.name) : words.bySomebody;
  const whose = notice.me ? words.ofMe : notice.name ? words.of(notice.name) : words.ofSomebody;
  const wording = (direct && DIRECT[notice.what]) || WORDINGS[notice.what];
  return wording ? wording(who, whose, names(notice.others), notice) : notice.text || words.other;
}
