// Made from src/nullabona/app/protocol by tools/protocol_types.py: `make generate`. Do not edit.
/* eslint-disable */

export type Phase = "empty" | "locked" | "no-account" | "unconfirmed" | "ready";

export type Theme = "system" | "light" | "dark";

export type Language = "ko" | "en";

export type NotifyLevel = "all" | "name" | "nothing" | "off";

export type MessageKind = "text" | "file" | "photo" | "voice" | "poll" | "notice" | "deleted" | "told";

export type MissingKind = "photo" | "video" | "voice" | "file" | "sticker";

export type MessageState = "waiting" | "sent" | "delivered" | "failed" | "received";

export type ToldLevel = "news" | "warning" | "grave";

export type RoomPhase = "joined" | "removed" | "left" | "signed-out" | "request" | "away" | "imported";

export type FileState = "remote" | "moving" | "here" | "failed" | "cancelled";

export type ContactState = "requested" | "asking" | "accepted" | "blocked";

export type May = "reply" | "react" | "edit" | "delete-all" | "delete-me" | "forward" | "pin" | "copy" | "retry" | "discard" | "save";

export type RoomMay = "send" | "files" | "add" | "remove" | "rename" | "admins" | "timer" | "link" | "leave" | "delete" | "pin" | "poll";

export type Opening = "" | "left" | "alone" | "asked" | "adding";

/** One thing the operator holds about this account, and its value. */
export interface PrivacyRow {
  record: string;
  column: string;
  purpose: string;
  kept: string;
  value: string;
}

/** A line of the threat model: what an adversary can or cannot do, and how it is shown. */
export interface AdversaryLine {
  id: string;
  can: boolean;
  text: string;
  shown_by: string;
}

export interface Adversary {
  name: "laptop" | "raid" | "tap" | "warrant";
  lines: AdversaryLine[];
}

/** Everything that could be handed over about me, by the same code as the operator's. */
export interface Privacy {
  handle: string;
  relay: string;
  rows: PrivacyRow[];
  record: string;
  standing: string[];
  adversaries: Adversary[];
}

/** A word and what it is. */
export interface Fact {
  term: string;
  value: string;
}

/** What the operator told of one demand, in words, once the docket log proved it. */
export interface OperatorNotice {
  id: string;
  title: string;
  day: string;
  outcome: string;
  warning: string;
  facts: Fact[];
  answers: Fact[];
  given: string[];
  planned: boolean;
  checked: string[];
  advice: Fact[];
  unreviewed: string;
  put_away: boolean;
}

/** All of them, newest first, and sentences about what is not among them. */
export interface OperatorNotices {
  notices: OperatorNotice[];
  said: string[];
}

/** A place that backups go to. Times are in ms since 1970; 0: never. */
export interface BackupPlace {
  id: string;
  kind: "folder" | "server";
  path: string;
  every_days: number;
  good_at: number;
  late: boolean;
  running: boolean;
  error: string;
  hint: string;
  tried_at: number;
  doubt: "" | "emptied" | "rolled-back";
  doubt_at: number;
  size: number;
  kept_until: number;
  same_disk: boolean;
}

/** All places. ``standing`` is that of the best: no plan, just planned, good, or older than planned. */
export interface Backups {
  standing: "good" | "late" | "new" | "none";
  good_at: number;
  remind: boolean;
  places: BackupPlace[];
}

/** A place that the process found: a drive, a folder of this computer, or the server. */
export interface BackupChoice {
  id: string;
  kind: "drive" | "folder" | "server";
  path: string;
}

/** Somebody, as shown everywhere. ``name`` is what to call them; ``colour`` picks one of 12 tints. */
export interface Person {
  account: string;
  handle: string;
  name: string;
  initial: string;
  colour: number;
  picture: string;
  me: boolean;
}

export interface Member {
  person: Person;
  admin: boolean;
  devices: number;
  may_remove: boolean;
  may_appoint: boolean;
}

/** A piece of a text. A ``link`` has its address in ``target``, a ``mention`` the account; else it is empty. */
export interface Span {
  kind: "link" | "mention" | "mention-me" | "text";
  text: string;
  target: string;
}

/** The message that is answered. ``gone``: deleted, disappeared or not here. */
export interface Quote {
  message: string;
  name: string;
  kind: "deleted" | "file" | "notice" | "photo" | "poll" | "text" | "told" | "voice";
  text: string;
  picture: string;
  gone: boolean;
}

export interface Reaction {
  emoji: string;
  count: number;
  mine: boolean;
  names: string[];
}

/** A file, photo or voice note. ``url`` is empty until it is here; ``thumb`` may be there at once. */
export interface FileView {
  name: string;
  size: number;
  mime: string;
  width: number;
  height: number;
  duration_ms: number;
  levels: number[];
  thumb: string;
  url: string;
  download: string;
  state: "cancelled" | "failed" | "here" | "moving" | "remote";
  done: number;
  reason: string;
}

export interface PollOption {
  text: string;
  votes: number;
  mine: boolean;
  names: string[];
}

export interface PollView {
  question: string;
  options: PollOption[];
  multiple: boolean;
  closed: boolean;
  voters: number;
  may_close: boolean;
}

/** A line about the room. The page words it from ``what``, who did it, to whom, and ``text`` (a name, a time). */
export interface Notice {
  what: string;
  name: string;
  me: boolean;
  others: string[];
  text: string;
}

/** What an imported line stands for, and the other messenger's export did not have. ``name``: of a file. */
export interface Missing {
  what: "file" | "photo" | "sticker" | "video" | "voice";
  name: string;
  count: number;
}

/** One line of a conversation. */
export interface Message {
  id: string;
  room: string;
  place: string;
  kind: "deleted" | "file" | "notice" | "photo" | "poll" | "text" | "told" | "voice";
  person: Person;
  mine: boolean;
  at: number;
  state: "delivered" | "failed" | "received" | "sent" | "waiting";
  reason: string;
  unread_by: number | null;
  spans: Span[];
  text: string;
  big: boolean;
  edited_at: number;
  forwarded: boolean;
  pinned: boolean;
  expires_at: number;
  timer_s: number;
  mentions_me: boolean;
  may: ("copy" | "delete-all" | "delete-me" | "discard" | "edit" | "forward" | "pin" | "react" | "reply" | "retry" | "save")[];
  quote: Quote | null;
  reactions: Reaction[];
  file: FileView | null;
  album: string;
  poll: PollView | null;
  notice: Notice | null;
  client: string;
  cut: boolean;
  imported: string;
  missing: Missing | null;
  teller: string | null;
}

/** What a chat row shows of its newest message. ``name`` is empty where it needs no saying. */
export interface LastLine {
  kind: "deleted" | "file" | "notice" | "photo" | "poll" | "text" | "told" | "voice";
  name: string;
  text: string;
  at: number;
  state: "delivered" | "failed" | "received" | "sent" | "waiting";
  notice: Notice | null;
  mine: boolean;
  missing: Missing | null;
  photos: number;
}

/** A row of the chat list. Rows sort by ``order``, highest first. */
export interface Chat {
  room: string;
  title: string;
  person: Person | null;
  faces: Person[];
  phase: "away" | "imported" | "joined" | "left" | "removed" | "request" | "signed-out";
  direct: boolean;
  members: number;
  unread: number;
  mentions: number;
  marked_unread: boolean;
  pinned: boolean;
  muted: boolean;
  muted_until: number | "always" | null;
  archived: boolean;
  draft: string;
  failed: number;
  timer_s: number;
  order: string;
  last: LastLine | null;
  opening: "" | "adding" | "alone" | "asked" | "left";
}

/** Everything about a room but its messages. */
export interface Room {
  chat: Chat;
  members: Member[];
  may: ("add" | "admins" | "delete" | "files" | "leave" | "link" | "pin" | "poll" | "remove" | "rename" | "send" | "timer")[];
  pinned: Message[];
  draft: string;
  draft_reply: Quote | null;
  first_unread: string;
  timer_s: number;
  members_pin: boolean;
  relay: string;
  verified: boolean;
  held: boolean;
  blocked: boolean;
  typing: string[];
  receipts: boolean;
  earlier: string[];
}

/** Some messages of a room, oldest first, and whether there are more before and after them. */
export interface Page {
  room: string;
  messages: Message[];
  more_before: boolean;
  more_after: boolean;
}

/** Somebody who is no contact asks to talk (``room`` empty) or invites into a group.
 * 
 * ``record``: what that says of them; empty: not asked. ``answered``: my yes waits for it. ``asks``: a yes asks it. */
export interface Request {
  id: string;
  person: Person;
  room: string;
  title: string;
  greeting: string;
  at: number;
  record: "" | "pending" | "promised" | "proven" | "refuted";
  answered: boolean;
  asks: boolean;
}

/** I asked an admin, by a link, to be let into the group ``room``. ``state``: asked; no answer within
 * ``patience_s`` seconds; or why the link does not lead in. */
export interface JoinRequest {
  room: string;
  person: Person;
  state: "closed" | "expired" | "silent" | "used" | "waiting";
  at: number;
  patience_s: number;
}

export interface Contact {
  person: Person;
  nickname: string;
  state: "accepted" | "asking" | "blocked" | "requested";
  room: string;
  verified: boolean;
  changed: boolean;
  replaced: boolean;
}

/** A found message; ``parts`` alternate plain and matching text, plain first. */
export interface Match {
  room: string;
  title: string;
  message: string;
  place: string;
  person: Person;
  at: number;
  parts: string[];
}

/** Chats and people whose names fit, and messages whose words do. */
export interface Found {
  chats: string[];
  contacts: Contact[];
  messages: Match[];
  more: boolean;
}

export interface Me {
  person: Person;
  account: string;
  handle: string;
  relay: string;
  published: boolean;
  profile_name: string;
}

export interface Settings {
  language: "en" | "ko";
  theme: "dark" | "light" | "system";
  receipts: boolean;
  typing: boolean;
  notify: "all" | "name" | "nothing" | "off";
  quiet_hours: string;
  default_timer_s: number;
  lock_minutes: number;
  enter_sends: boolean;
}

/** ``since``: when the relay was last reached. ``trouble`` is a code, or empty. */
export interface Connection {
  online: boolean;
  since: number;
  waiting: number;
  trouble: string;
}

/** An invite link that another program opened, or that was pasted before there is an account. */
export interface Invite {
  text: string;
  kind: "contact" | "room";
  handle: string;
  at_once: boolean;
}

/** What the page starts from. */
export interface State {
  phase: "empty" | "locked" | "no-account" | "ready" | "unconfirmed";
  settings: Settings;
  connection: Connection;
  seq: number;
  me: Me | null;
  chats: Chat[];
  requests: Request[];
  join_requests: JoinRequest[];
  notices: OperatorNotices;
  blocked: number;
  backups: Backups;
  version: string;
  protected: boolean;
  words_unchecked: boolean;
  host: string;
  fixed_host: boolean;
  local_relay: "" | "can" | "runs";
  invite: Invite | null;
  room: string;
  offer_at_login: boolean;
  places: Record<string, string>;
}

/** It is done, and stored. */
export interface Done {
}

/** The whole state; the first call of a page, and the one after a `Reset`. */
export interface Start {
  call: "Start";
}

/** Where the number ``at`` in this page's history leads: `Start` gives it back until the lock, the history never. */
export interface KeepPlace {
  call: "KeepPlace";
  at: number;
  place: string;
}

export interface Launch {
  launch: string;
}

/** A launch token for another page of the same browser, which has none or shares one. */
export interface OpenAnother {
  call: "OpenAnother";
}

/** The relay of the account to be made: its address, or an invite link, whose relay it then is. */
export interface ChooseRelay {
  call: "ChooseRelay";
  text: string;
}

/** Run a relay on this machine, which only this machine reaches, and choose it. */
export interface TryHere {
  call: "TryHere";
}

export interface HandleCheck {
  handle: string;
  free: boolean;
  trouble: string;
  message: string;
  hint: string;
}

/** Whether a handle may be had. ``handle`` may lack its host: the default relay is meant. */
export interface CheckHandle {
  call: "CheckHandle";
  handle: string;
}

/** A new encrypted profile. */
export interface CreateProfile {
  call: "CreateProfile";
  passphrase: string;
}

/** ``token``: the registration token, where the directory asks for one (`token-needed`). */
export interface CreateAccount {
  call: "CreateAccount";
  handle: string;
  name: string;
  token?: string;
}

export interface RestoreAccount {
  call: "RestoreAccount";
  handle: string;
  words: string;
}

/** For good; ``handle`` is its own, as the person typed it. */
export interface DeleteAccount {
  call: "DeleteAccount";
  handle: string;
}

export interface Phrase {
  words: string[];
  ask: number[];
}

/** The 24 words. Before they were confirmed without, afterwards only with the passphrase. */
export interface GetPhrase {
  call: "GetPhrase";
  passphrase?: string;
}

/** ``words`` for the places that were asked for; ``later`` skips the check. */
export interface ConfirmPhrase {
  call: "ConfirmPhrase";
  words: string[];
  later?: boolean;
}

export interface Unlock {
  call: "Unlock";
  passphrase: string;
}

export interface Lock {
  call: "Lock";
}

/** The person is here: the idle time starts again. */
export interface Active {
  call: "Active";
}

/** The person looks at this page, which shows ``room`` or none; or no longer (``here`` false). */
export interface Looking {
  call: "Looking";
  here: boolean;
  room?: string;
}

/** What this computer does while no page is open. */
export interface DesktopView {
  shows: boolean;
  at_login: "cannot" | "off" | "on";
}

export interface GetDesktop {
  call: "GetDesktop";
}

/** Start at log-in from now on, with the options of this process; or no longer. The person is not asked again. */
export interface SetAtLogin {
  call: "SetAtLogin";
  on: boolean;
}

/** None leaves a thing as it is; ``default_timer_s`` 0: for ever; ``lock_minutes`` 0: never. */
export interface SetSettings {
  call: "SetSettings";
  language?: "en" | "ko" | null;
  theme?: "dark" | "light" | "system" | null;
  receipts?: boolean | null;
  typing?: boolean | null;
  notify?: "all" | "name" | "nothing" | "off" | null;
  quiet_hours?: string | null;
  default_timer_s?: number | null;
  lock_minutes?: number | null;
  enter_sends?: boolean | null;
}

export interface ChangePassphrase {
  call: "ChangePassphrase";
  old: string;
  new: string;
}

export interface GetPrivacy {
  call: "GetPrivacy";
}

/** Keep my inbox, and the rooms that I may move, at another relay: its address, or its name alone. */
export interface MoveRelay {
  call: "MoveRelay";
  relay: string;
}

/** The person has read an operator notice; it stays listed on the privacy page. */
export interface PutAwayNotice {
  call: "PutAwayNotice";
  id: string;
}

export interface RoomPage {
  room: Room;
  page: Page;
}

/** A room and its messages around the first unread one, or the newest. The page is told of its changes. */
export interface OpenRoom {
  call: "OpenRoom";
  room: string;
  limit?: number;
}

export interface CloseRoom {
  call: "CloseRoom";
  room: string;
}

/** Messages before, after or around a place; with none of them the newest. */
export interface GetMessages {
  call: "GetMessages";
  room: string;
  before?: string;
  after?: string;
  around?: string;
  limit?: number;
}

export interface Unread {
  counts: Record<string, number | null>;
}

/** How many have not read the messages between two places, both included, by message id. */
export interface GetUnread {
  call: "GetUnread";
  room: string;
  first: string;
  last: string;
}

export interface Words {
  text: string;
  spans: Span[];
}

/** All the words of a message that was `cut`. */
export interface GetText {
  call: "GetText";
  room: string;
  message: string;
}

/** ``mentions`` are accounts; ``client`` comes back in the message. */
export interface SendText {
  call: "SendText";
  room: string;
  text: string;
  client: string;
  reply_to?: string;
  mentions?: string[];
}

/** ``upload`` is what POST /upload answered; ``album``: 32 hex digits that photos have which are sent together. */
export interface SendFile {
  call: "SendFile";
  room: string;
  upload: string;
  client: string;
  caption?: string;
  reply_to?: string;
  kind?: "file" | "photo" | "voice";
  duration_ms?: number;
  levels?: number[];
  album?: string;
}

export interface EditMessage {
  call: "EditMessage";
  room: string;
  message: string;
  text: string;
  mentions?: string[];
}

export interface DeleteMessages {
  call: "DeleteMessages";
  room: string;
  messages: string[];
  for_all: boolean;
}

/** ``emoji`` empty takes the reaction back. */
export interface React {
  call: "React";
  room: string;
  message: string;
  emoji: string;
}

export interface Forward {
  call: "Forward";
  room: string;
  messages: string[];
  to: string[];
}

export interface Retry {
  call: "Retry";
  room: string;
  message: string;
}

/** Give up a failed message. */
export interface Discard {
  call: "Discard";
  room: string;
  message: string;
}

export interface FetchFile {
  call: "FetchFile";
  room: string;
  message: string;
}

export interface CancelTransfer {
  call: "CancelTransfer";
  room: string;
  message: string;
}

export interface SendPoll {
  call: "SendPoll";
  room: string;
  question: string;
  options: string[];
  multiple: boolean;
  client: string;
}

export interface Vote {
  call: "Vote";
  room: string;
  message: string;
  choices: number[];
}

export interface ClosePoll {
  call: "ClosePoll";
  room: string;
  message: string;
}

export interface PinMessage {
  call: "PinMessage";
  room: string;
  message: string;
  on: boolean;
}

/** ``message`` empty: all of the room. */
export interface MarkRead {
  call: "MarkRead";
  room: string;
  message?: string;
}

export interface SetDraft {
  call: "SetDraft";
  room: string;
  text: string;
  reply_to?: string;
}

/** Told to the others only if the person wants that. */
export interface SetTyping {
  call: "SetTyping";
  room: string;
  on: boolean;
}

/** How this device shows a room; None leaves a thing as it is. ``mute_s`` 0 ends it. */
export interface SetRoom {
  call: "SetRoom";
  room: string;
  pinned?: boolean | null;
  archived?: boolean | null;
  mute_s?: number | "always" | null;
  marked_unread?: boolean | null;
}

/** ``room`` empty: everywhere. ``before`` goes on after the last result's place, within one room.
 * 
 * ``person``: said by anyone who is called that. ``since``, ``until``: sent from a time on, before another; 0:
 * whenever. */
export interface Search {
  call: "Search";
  text: string;
  room?: string;
  before?: string;
  limit?: number;
  person?: string;
  since?: number;
  until?: number;
}

/** Photos and files of a room, newest first. */
export interface GetMedia {
  call: "GetMedia";
  room: string;
  kind: "file" | "photo" | "voice";
  before?: string;
  limit?: number;
}

/** ``since`` in ms since 1970, at day's precision. */
export interface DeviceView {
  id: string;
  name: string;
  since: number;
  this: boolean;
}

export interface Devices {
  devices: DeviceView[];
}

export interface GetDevices {
  call: "GetDevices";
}

export interface NameDevice {
  call: "NameDevice";
  id: string;
  name: string;
}

/** Revoke it: it is removed from every room. */
export interface RemoveDevice {
  call: "RemoveDevice";
  id: string;
}

export interface LinkShown {
  handle: string;
  code: string;
  qr: string[];
  number: string[];
  expires_at: number;
}

/** A code for one more device; the one before does not work any more. */
export interface LinkDevice {
  call: "LinkDevice";
}

export interface LinkCandidate {
  name: string;
}

/** Answered once a device has used the code. */
export interface WaitLink {
  call: "WaitLink";
}

/** Whether that is the person's own device. */
export interface AnswerLink {
  call: "AnswerLink";
  yes: boolean;
}

/** The code is not shown any more. */
export interface EndLink {
  call: "EndLink";
}

/** The account that this device is about to be one of. ``in_record``: the public record shows it for the handle. */
export interface JoinInto {
  handle: string;
  number: string[];
  in_record: boolean;
}

/** Make this profile a device of the account whose other device shows ``code``. Answered when that has agreed.
 * 
 * Nothing of the account is used before `AnswerJoin`. ``code``: as typed, or the text of the QR code; ``handle`` is
 * needed for the former. */
export interface JoinAccount {
  call: "JoinAccount";
  handle: string;
  code: string;
  name: string;
}

/** Whether that is the person's own account. */
export interface AnswerJoin {
  call: "AnswerJoin";
  yes: boolean;
}

/** An invite link. ``qr`` are the rows of its code, ``1`` dark and ``0`` light. */
export interface LinkView {
  id: string;
  text: string;
  web: string;
  qr: string[];
  room: string;
  expires_at: number;
  uses_left: number;
}

/** What a link leads to, before anything is sent. ``trouble`` is a code, or empty. */
export interface LinkPreview {
  kind: "contact" | "room";
  handle: string;
  person: Person | null;
  title: string;
  known_room: string;
  trouble: string;
}

/** A safety number: 12 groups of 5 digits, and the same as a QR code. */
export interface Safety {
  person: Person;
  digits: string[];
  qr: string[];
  verified: boolean;
  changed: boolean;
  replaced: boolean;
}

export interface Contacts {
  contacts: Contact[];
}

export interface GetContacts {
  call: "GetContacts";
}

export interface AskContact {
  call: "AskContact";
  handle: string;
  greeting?: string;
}

/** ``waits``: I said yes, and it waits for the public record to prove who that is. */
export interface RequestAnswered {
  waits: boolean;
}

/** ``id`` of a `Request`: say yes, forget it, or block who asked. */
export interface AnswerRequest {
  call: "AnswerRequest";
  id: string;
  answer: "accept" | "block" | "delete";
}

export interface SetContact {
  call: "SetContact";
  account: string;
  nickname?: string | null;
  blocked?: boolean | null;
  verified?: boolean | null;
  confirmed?: boolean | null;
}

/** Forget them and leave the direct room, whose history stays. They may ask again. */
export interface DeleteContact {
  call: "DeleteContact";
  account: string;
}

export interface GetSafety {
  call: "GetSafety";
  account: string;
}

export interface CodeResult {
  matches: boolean;
}

/** What a scanned QR code says about somebody's safety number. */
export interface ReadCode {
  call: "ReadCode";
  account: string;
  text: string;
}

/** ``people`` are handles or accounts of contacts. */
export interface CreateGroup {
  call: "CreateGroup";
  name: string;
  people: string[];
  timer_s?: number;
}

/** One change of a group; ``people`` are handles or accounts. */
export interface ChangeMembers {
  call: "ChangeMembers";
  room: string;
  change: "add" | "appoint" | "dismiss" | "remove";
  people: string[];
}

export interface RenameRoom {
  call: "RenameRoom";
  room: string;
  name: string;
}

export interface SetTimer {
  call: "SetTimer";
  room: string;
  timer_s: number;
}

/** Whether every member of a group may pin messages, or its admins alone. */
export interface SetMembersPin {
  call: "SetMembersPin";
  room: string;
  on: boolean;
}

/** ``successor``: the account that the last admin makes admin first. */
export interface LeaveRoom {
  call: "LeaveRoom";
  room: string;
  successor?: string;
}

/** Erase a chat that the account is out of, here and on its other devices. */
export interface DeleteChat {
  call: "DeleteChat";
  room: string;
}

/** ``room`` empty: a link to me. ``hours`` 0: a lasting one (contact only).
 * 
 * ``uses`` 0: any number into a room, one to me. */
export interface MakeLink {
  call: "MakeLink";
  room?: string;
  hours?: number;
  uses?: number;
}

export interface Links {
  links: LinkView[];
}

export interface GetLinks {
  call: "GetLinks";
  room: string;
}

export interface RevokeLink {
  call: "RevokeLink";
  id: string;
}

/** What a pasted or scanned link is; nothing is sent. */
export interface ReadLink {
  call: "ReadLink";
  text: string;
}

/** ``account``: whose link it was. A conversation with them may begin as soon as their app answers. */
export interface Followed {
  account: string;
}

export interface FollowLink {
  call: "FollowLink";
  text: string;
  greeting?: string;
}

/** ``room`` of a `JoinRequest` without answer: ask its admin once more. */
export interface AskAgain {
  call: "AskAgain";
  room: string;
}

/** ``room`` of a `JoinRequest`: do not enter by itself any more, or forget that it was refused. */
export interface WithdrawJoinRequest {
  call: "WithdrawJoinRequest";
  room: string;
}

/** ``upload`` of a picture; ``keep``, or empty for none. */
export interface SetProfile {
  call: "SetProfile";
  name: string;
  upload?: string;
}

/** What was written or read. */
export interface Moved {
  path: string;
  messages: number;
  files: number;
  size: number;
}

/** Write today's backup, in place of an earlier one of today. ``passphrase``: instead of the 24 words. */
export interface MakeBackup {
  call: "MakeBackup";
  passphrase?: string;
}

/** Read today's backup to its end. */
export interface CheckBackup {
  call: "CheckBackup";
  passphrase?: string;
}

/** The folder that backups and exports go to. */
export interface SavingPlace {
  folder: string;
  made: boolean;
}

/** Where backups and exports would be written, to be said before. */
export interface WhereSaved {
  call: "WhereSaved";
}

/** Write every conversation out, as pages and JSON. */
export interface ExportAll {
  call: "ExportAll";
}

/** Write one conversation out, in the same way. */
export interface ExportRoom {
  call: "ExportRoom";
  room: string;
}

export interface BackupLook {
  needs_passphrase: boolean;
}

/** Whether a backup that was handed over opens with a passphrase of its own, and not with the 24 words. */
export interface LookAtBackup {
  call: "LookAtBackup";
  file: string;
}

/** Make the profile from the backup in ``files``, or from that and one that was made after it, in any order.
 * 
 * It opens with ``words`` or ``backup_passphrase``; ``passphrase`` is the one of the new profile. */
export interface RestoreBackup {
  call: "RestoreBackup";
  files: string[];
  words: string;
  backup_passphrase: string;
  passphrase: string;
}

export interface BackupChoices {
  choices: BackupChoice[];
}

/** Places that backups could go to and do not yet. */
export interface FindBackupPlaces {
  call: "FindBackupPlaces";
}

/** Make backups there every so many days, or change how often. The first one begins at once. */
export interface PlanBackup {
  call: "PlanBackup";
  place: string;
  every_days: number;
}

/** Make no more backups there. What is there stays. */
export interface StopBackups {
  call: "StopBackups";
  place: string;
}

/** Make one there now. */
export interface BackUpNow {
  call: "BackUpNow";
  place: string;
}

/** The person does not want to choose a place now. */
export interface RemindOfBackupsLater {
  call: "RemindOfBackupsLater";
}

/** While there is no profile: the places with backups in pieces, of whichever account; the server is one always. */
export interface FindBackups {
  call: "FindBackups";
}

/** The newest backup of a place that the words open. */
export interface BackupFound {
  handle: string;
  made_at: number;
  messages: number;
  files: number;
}

/** Whose backup is there, and from when. ``handle`` names the server; ``earlier``: the one before the newest. */
export interface LookAtPlace {
  call: "LookAtPlace";
  place: string;
  handle: string;
  words: string;
  earlier?: boolean;
}

/** Make the profile from that backup; ``passphrase`` is the one of the new profile. */
export interface RestoreFromPlace {
  call: "RestoreFromPlace";
  place: string;
  handle: string;
  words: string;
  passphrase: string;
  earlier?: boolean;
}

/** One thing that is still wrong, in words, and what to do. */
export interface RecordWarning {
  message: string;
  hint: string;
  forget: string;
}

/** Everything that is still wrong, and how many pieces of evidence are kept, also of what is over. */
export interface RecordWarnings {
  warnings: RecordWarning[];
  evidence: number;
}

/** What is still wrong with public records, dockets and handles. Nobody is asked. */
export interface GetRecordWarnings {
  call: "GetRecordWarnings";
}

/** Know nothing of a directory's record any more: its operator began a new one and said so in another way. */
export interface ForgetRecord {
  call: "ForgetRecord";
  host: string;
}

/** Where it lies, and how many files there are. */
export interface Saved {
  path: string;
  files: number;
}

/** Write all evidence into a folder of today's. */
export interface SaveEvidence {
  call: "SaveEvidence";
}

/** Who a name in one chat of an export is: ``me``, an account, or empty: nobody known. */
export interface ImportName {
  chat: number;
  name: string;
  who: string;
}

/** What is in the files. ``questions`` have to be answered before anything is stored. */
export interface ImportView {
  chats: ImportChat[];
  questions: ("me" | "order")[];
}

/** ``files`` are what POST /upload answered. ``alone``: places of chats that the person is not in.
 * 
 * ``zone``: the page's, by whose clock the files' times are read; a name in the time zone database. */
export interface PreviewImport {
  call: "PreviewImport";
  files: string[];
  names?: ImportName[];
  order?: "" | "day-first" | "month-first" | "year-first";
  room?: string;
  alone?: number[];
  zone?: string;
}

/** As `PreviewImport`; what comes of it is pushed as `ImportMoved`. */
export interface StartImport {
  call: "StartImport";
  files: string[];
  names?: ImportName[];
  order?: "" | "day-first" | "month-first" | "year-first";
  room?: string;
  alone?: number[];
  zone?: string;
}

/** Stop the import that runs. What is stored stays; the same files go on, and undoing removes it. */
export interface CancelImport {
  call: "CancelImport";
}

export interface ImportList {
  imports: ImportDone[];
  running: boolean;
}

export interface GetImports {
  call: "GetImports";
}

export interface UndoImport {
  call: "UndoImport";
  id: string;
}

/** ``who``: as of `ImportName`. */
export interface ImportPerson {
  name: string;
  lines: number;
  who: string;
}

export interface ImportOddity {
  what: string;
  count: number;
  numbers: number[];
}

/** One chat of the files. ``room``: where it goes by itself; empty: into a new one. */
export interface ImportChat {
  service: "kakaotalk" | "telegram" | "whatsapp";
  title: string;
  lines: number;
  first_at: number;
  last_at: number;
  people: ImportPerson[];
  files: number;
  missing: number;
  continued: number;
  oddities: ImportOddity[];
  room: string;
  known: boolean;
  asks_me: boolean;
  kinds: Record<string, number>;
}

/** An import that was made, or is not finished. ``id`` undoes it with all its chats. */
export interface ImportDone {
  id: string;
  service: string;
  title: string;
  room: string;
  state: "done" | "running" | "undoing";
  lines: number;
  done: number;
  added: number;
  at: number;
}

/** A release that is newer than what starts. ``seen``: when this machine saw it first, in milliseconds. */
export interface NewerRelease {
  version: string;
  signers: string[];
  seen: number;
  days: number;
  same: number;
  part: number;
  different: number;
  notes: string;
  refused: string;
  hint: string;
  waits: boolean;
}

/** What the release log says, and what the person wants of a release. */
export interface Followed {
  where: string;
  origin: "checked" | "named" | "unlogged";
  revoked: string;
  newer: NewerRelease | null;
  witnesses: string[];
  keys_changed: boolean;
  witnessed: number;
  silent: boolean;
  days: number;
  rebuilders: number;
  by_itself: boolean;
}

/** What the person once pinned, as far as it can still be read; each may be empty. */
export interface Remembered {
  where: string;
  policy: string;
  fingerprint: string;
}

/** ``supported``: whether this system can update in this way. ``followed``: None if no release log is followed, or
 * if what was seen of it is damaged: then ``damaged`` says what to follow again. */
export interface UpdateState {
  supported: boolean;
  running: string;
  starts: string;
  back: boolean;
  followed: Followed | null;
  damaged: Remembered | null;
}

/** What was known at the last check. Nobody is asked. */
export interface GetUpdate {
  call: "GetUpdate";
}

/** Read the release log, and say what is new. */
export interface CheckUpdate {
  call: "CheckUpdate";
}

/** Follow a release log from now on, under a policy (its text) and the fingerprint of its first statement.
 * 
 * If what was seen of this log is damaged, the days and the rebuilders that the person chose stay; what came by itself
 * does not any more. */
export interface FollowReleases {
  call: "FollowReleases";
  where: string;
  policy: string;
  fingerprint: string;
}

/** What a release must have beyond its signatures; ``by_itself`` needs at least one day. */
export interface WishOfUpdates {
  call: "WishOfUpdates";
  days: number;
  rebuilders: number;
  by_itself: boolean;
}

/** Install a release, try it, and have it run from the next start. ``at_once``: without waiting for the days. */
export interface InstallUpdate {
  call: "InstallUpdate";
  version: string;
  at_once: boolean;
}

/** Have the version before run from the next start. */
export interface UndoUpdate {
  call: "UndoUpdate";
}

/** A row of the chat list is new or different. */
export interface ChatChanged {
  push: "ChatChanged";
  chat: Chat;
}

/** How far an import has come, in lines. ``state``: ``running``, ``done``, or ``stopped`` with a code. */
export interface ImportMoved {
  push: "ImportMoved";
  done: number;
  total: number;
  added: number;
  state: "done" | "running" | "stopped";
  code: string;
}

/** ``instead``: the room in which the two of a direct room talk now, or empty. */
export interface ChatGone {
  push: "ChatGone";
  room: string;
  instead: string;
}

/** An open room is different: members, name, timer, rights, pins. */
export interface RoomChanged {
  push: "RoomChanged";
  room: Room;
}

/** Messages of an open room are new or different; insert or replace by id, sort by place. */
export interface MessagesChanged {
  push: "MessagesChanged";
  room: string;
  messages: Message[];
}

export interface MessagesGone {
  push: "MessagesGone";
  room: string;
  messages: string[];
}

/** Somebody of an open room has read further, came or went: ask how many have not read (`GetUnread`). */
export interface UnreadChanged {
  push: "UnreadChanged";
  room: string;
}

export interface TypingChanged {
  push: "TypingChanged";
  room: string;
  names: string[];
}

export interface TransferChanged {
  push: "TransferChanged";
  room: string;
  message: string;
  file: FileView;
}

/** How far a backup, a check or an export has come. */
export interface MovingChanged {
  push: "MovingChanged";
  doing: "backup" | "check" | "export" | "restore";
  percent: number;
}

/** A backup by itself was planned, begun, made or failed. */
export interface BackupsChanged {
  push: "BackupsChanged";
  backups: Backups;
}

export interface RequestsChanged {
  push: "RequestsChanged";
  requests: Request[];
}

export interface JoinRequestsChanged {
  push: "JoinRequestsChanged";
  join_requests: JoinRequest[];
}

/** The operator told of a demand, one was put away, or they read otherwise. */
export interface OperatorNoticesChanged {
  push: "OperatorNoticesChanged";
  notices: OperatorNotices;
}

/** Ask for them again if they are shown. */
export interface ContactsChanged {
  push: "ContactsChanged";
}

export interface MeChanged {
  push: "MeChanged";
  me: Me;
}

export interface SettingsChanged {
  push: "SettingsChanged";
  settings: Settings;
}

export interface ConnectionChanged {
  push: "ConnectionChanged";
  connection: Connection;
}

/** Worth a desktop notification; what it may show was decided here. */
export interface Notify {
  push: "Notify";
  room: string;
  title: string;
  body: string;
  sound: boolean;
}

/** Something the person should know: a warning or a failure that belongs to no message. */
export interface Told {
  push: "Told";
  code: string;
  message: string;
  hint: string;
  room: string;
  level: "grave" | "news" | "warning";
}

/** Everything shown must go; only unlocking is left. */
export interface Locked {
  push: "Locked";
  state: State;
}

/** What was missed is not known: `Start` again. */
export interface Reset {
  push: "Reset";
}

/** A call by the page; ``id`` is its own count. */
export interface Asked {
  id: number;
  ask: unknown;
}

export interface Answered {
  kind: "answer";
  id: number;
  answer: unknown;
}

/** A refusal, worded for the person in their language. */
export interface Failed {
  kind: "failed";
  id: number;
  code: string;
  message: string;
  hint: string;
}

export interface Pushed {
  kind: "push";
  seq: number;
  push: AnyPush;
}

/** The answer of ``POST /upload?name=…`` (raw body, header ``X-Nulla-Token``): to be named in `SendFile`. */
export interface Uploaded {
  upload: string;
  kind: string;
  name: string;
  size: number;
  width: number;
  height: number;
  preview: string;
}

/** The answer of ``POST /backup?id=…&at=N`` (raw body, header ``X-Nulla-Token``), or of one without ``id``: what is
 * there of this backup now. */
export interface GivenBackup {
  id: string;
  size: number;
}

/** The body of ``POST /keep``: with the page's key it may come back to the next process of this profile. */
export interface Keep {
  key: string;
}

/** The body of ``POST /prove``: a page wants to know whether it is the app that listens. */
export interface Prove {
  nonce: string;
}

/** One for each page that may come back: HMAC-SHA256 in hex, keyed with the SHA-256 of the page's key. */
export interface Proofs {
  proofs: string[];
}

/** The body of ``POST /trade`` (JSON): ``token``, 32 random bytes of the page's choice, works from the answer on.
 * 
 * The page keeps both until it has heard the answer, and says the same again if it was loaded again before. The key of
 * a page that comes back counts as a launch token. */
export interface Trade {
  launch: string;
  token: string;
}

export type AnyPush =
  | ChatChanged
  | ImportMoved
  | ChatGone
  | RoomChanged
  | MessagesChanged
  | MessagesGone
  | UnreadChanged
  | TypingChanged
  | TransferChanged
  | MovingChanged
  | BackupsChanged
  | RequestsChanged
  | JoinRequestsChanged
  | OperatorNoticesChanged
  | ContactsChanged
  | MeChanged
  | SettingsChanged
  | ConnectionChanged
  | Notify
  | Told
  | Locked
  | Reset;

export type AnyCall =
  | Active
  | AnswerJoin
  | AnswerLink
  | AnswerRequest
  | AskAgain
  | AskContact
  | BackUpNow
  | CancelImport
  | CancelTransfer
  | ChangeMembers
  | ChangePassphrase
  | CheckBackup
  | CheckHandle
  | CheckUpdate
  | ChooseRelay
  | ClosePoll
  | CloseRoom
  | ConfirmPhrase
  | CreateAccount
  | CreateGroup
  | CreateProfile
  | DeleteAccount
  | DeleteChat
  | DeleteContact
  | DeleteMessages
  | Discard
  | EditMessage
  | EndLink
  | ExportAll
  | ExportRoom
  | FetchFile
  | FindBackupPlaces
  | FindBackups
  | FollowLink
  | FollowReleases
  | ForgetRecord
  | Forward
  | GetContacts
  | GetDesktop
  | GetDevices
  | GetImports
  | GetLinks
  | GetMedia
  | GetMessages
  | GetPhrase
  | GetPrivacy
  | GetRecordWarnings
  | GetSafety
  | GetText
  | GetUnread
  | GetUpdate
  | InstallUpdate
  | JoinAccount
  | KeepPlace
  | LeaveRoom
  | LinkDevice
  | Lock
  | LookAtBackup
  | LookAtPlace
  | Looking
  | MakeBackup
  | MakeLink
  | MarkRead
  | MoveRelay
  | NameDevice
  | OpenAnother
  | OpenRoom
  | PinMessage
  | PlanBackup
  | PreviewImport
  | PutAwayNotice
  | React
  | ReadCode
  | ReadLink
  | RemindOfBackupsLater
  | RemoveDevice
  | RenameRoom
  | RestoreAccount
  | RestoreBackup
  | RestoreFromPlace
  | Retry
  | RevokeLink
  | SaveEvidence
  | Search
  | SendFile
  | SendPoll
  | SendText
  | SetAtLogin
  | SetContact
  | SetDraft
  | SetMembersPin
  | SetProfile
  | SetRoom
  | SetSettings
  | SetTimer
  | SetTyping
  | Start
  | StartImport
  | StopBackups
  | TryHere
  | UndoImport
  | UndoUpdate
  | Unlock
  | Vote
  | WaitLink
  | WhereSaved
  | WishOfUpdates
  | WithdrawJoinRequest;

export type FromServer =
  | Answered
  | Failed
  | Pushed;

/** What each call answers. */
export interface Answers {
  Active: Done;
  AnswerJoin: State;
  AnswerLink: Devices;
  AnswerRequest: RequestAnswered;
  AskAgain: Done;
  AskContact: Contact;
  BackUpNow: Backups;
  CancelImport: Done;
  CancelTransfer: Done;
  ChangeMembers: Done;
  ChangePassphrase: Done;
  CheckBackup: Moved;
  CheckHandle: HandleCheck;
  CheckUpdate: UpdateState;
  ChooseRelay: State;
  ClosePoll: Done;
  CloseRoom: Done;
  ConfirmPhrase: State;
  CreateAccount: State;
  CreateGroup: Chat;
  CreateProfile: State;
  DeleteAccount: Done;
  DeleteChat: Done;
  DeleteContact: Done;
  DeleteMessages: Done;
  Discard: Done;
  EditMessage: Done;
  EndLink: Done;
  ExportAll: Moved;
  ExportRoom: Moved;
  FetchFile: Done;
  FindBackupPlaces: BackupChoices;
  FindBackups: BackupChoices;
  FollowLink: Followed;
  FollowReleases: UpdateState;
  ForgetRecord: RecordWarnings;
  Forward: Done;
  GetContacts: Contacts;
  GetDesktop: DesktopView;
  GetDevices: Devices;
  GetImports: ImportList;
  GetLinks: Links;
  GetMedia: Page;
  GetMessages: Page;
  GetPhrase: Phrase;
  GetPrivacy: Privacy;
  GetRecordWarnings: RecordWarnings;
  GetSafety: Safety;
  GetText: Words;
  GetUnread: Unread;
  GetUpdate: UpdateState;
  InstallUpdate: UpdateState;
  JoinAccount: JoinInto;
  KeepPlace: Done;
  LeaveRoom: Done;
  LinkDevice: LinkShown;
  Lock: State;
  LookAtBackup: BackupLook;
  LookAtPlace: BackupFound;
  Looking: Done;
  MakeBackup: Moved;
  MakeLink: LinkView;
  MarkRead: Done;
  MoveRelay: Me;
  NameDevice: Devices;
  OpenAnother: Launch;
  OpenRoom: RoomPage;
  PinMessage: Done;
  PlanBackup: Backups;
  PreviewImport: ImportView;
  PutAwayNotice: Done;
  React: Done;
  ReadCode: CodeResult;
  ReadLink: LinkPreview;
  RemindOfBackupsLater: Backups;
  RemoveDevice: Devices;
  RenameRoom: Done;
  RestoreAccount: State;
  RestoreBackup: State;
  RestoreFromPlace: State;
  Retry: Done;
  RevokeLink: Done;
  SaveEvidence: Saved;
  Search: Found;
  SendFile: Message;
  SendPoll: Message;
  SendText: Message;
  SetAtLogin: DesktopView;
  SetContact: Done;
  SetDraft: Done;
  SetMembersPin: Done;
  SetProfile: Me;
  SetRoom: Done;
  SetSettings: Settings;
  SetTimer: Done;
  SetTyping: Done;
  Start: State;
  StartImport: Done;
  StopBackups: Backups;
  TryHere: State;
  UndoImport: Done;
  UndoUpdate: UpdateState;
  Unlock: State;
  Vote: Done;
  WaitLink: LinkCandidate;
  WhereSaved: SavingPlace;
  WishOfUpdates: UpdateState;
  WithdrawJoinRequest: Done;
}
