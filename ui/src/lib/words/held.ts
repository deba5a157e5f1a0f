import { words } from "./index.svelte.ts";

/** What the operator's records are, in everyday words. */
const held = words({
  ko: {
    name: "아이디",
    nameNote: "내가 고른 이름이에요. 누구나 볼 수 있어요.",
    skeleton: "아이디의 모양",
    skeletonNote: "비슷하게 생긴 아이디를 막으려고 아이디에서 계산한 것이에요.",
    encoded: "공개 이름표",
    encodedNote: "나를 찾은 사람이 받는 것이에요. 공개 열쇠가 들어 있어요.",
    registered: "가입한 날",
    registeredNote: "날짜만 있어요. 시각은 없어요.",
    address: "우편함의 위치",
    addressNote: "이름표에 공개된 우편함을 가리키는 숫자예요.",
    num: "우편함의 내부 번호",
    numNote: "뜻이 없는 무작위 숫자예요.",
    incarnation: "우편함을 만든 표시",
    incarnationNote: "릴레이가 우편함을 잃었는지 알아보는 무작위 숫자예요.",
    floor: "우편함의 다음 번호",
    floorNote: "지금까지 봉투가 몇 통 왔는지 짐작할 수 있어요.",
    boxDay: "우편함이 지워지는 날",
    boxDayNote: "마지막으로 쓴 날에서 정해져요. 시각은 없어요.",
    frameId: "기다리는 봉투",
    frameIdNote: "아직 받지 않은 봉투의 번호예요.",
    frameDay: "봉투가 지워지는 날",
    frameDayNote: "도착한 날에서 정해져요. 시각은 없어요.",
    frameBody: "잠긴 봉투",
    frameBodyNote: "나만 열 수 있어요. 크기도 일정하게 맞춰져 있어요.",
  },
  en: {
    name: "Handle",
    nameNote: "The name you chose. Everybody can see it.",
    skeleton: "Shape of the handle",
    skeletonNote: "Worked out from the handle, to refuse ones that look alike.",
    encoded: "Public name card",
    encodedNote: "What people get who look you up. It has your public keys.",
    registered: "Day of registration",
    registeredNote: "A day only, without a time.",
    address: "Place of your mailbox",
    addressNote: "The number behind the mailbox that your card names.",
    num: "Inner number of your mailbox",
    numNote: "A random number without a meaning.",
    incarnation: "Mark of your mailbox's making",
    incarnationNote: "A random number that shows whether the relay lost the mailbox.",
    floor: "Your mailbox's next number",
    floorNote: "It hints at how many envelopes ever came.",
    boxDay: "Day your mailbox is erased",
    boxDayNote: "Follows from the day it was last used, without a time.",
    frameId: "Envelopes that wait",
    frameIdNote: "The numbers of what you have not fetched yet.",
    frameDay: "Day an envelope is erased",
    frameDayNote: "Follows from the day it came, without a time.",
    frameBody: "Sealed envelopes",
    frameBodyNote: "Only you can open them. Their sizes are made alike.",
  },
});

const known: Record<string, () => [name: string, note: string]> = {
  "directory.card.name": () => [held.name, held.nameNote],
  "directory.card.skeleton": () => [held.skeleton, held.skeletonNote],
  "directory.card.encoded": () => [held.encoded, held.encodedNote],
  "directory.card.registered_day": () => [held.registered, held.registeredNote],
  "relay.box.num": () => [held.num, held.numNote],
  "relay.box.address": () => [held.address, held.addressNote],
  "relay.box.incarnation": () => [held.incarnation, held.incarnationNote],
  "relay.box.floor": () => [held.floor, held.floorNote],
  "relay.box.expiry_day": () => [held.boxDay, held.boxDayNote],
  "relay.frame.id": () => [held.frameId, held.frameIdNote],
  "relay.frame.expiry_day": () => [held.frameDay, held.frameDayNote],
  "relay.frame.body": () => [held.frameBody, held.frameBodyNote],
};

/** A record's name and meaning; one that is not known here keeps the words it came with. */
export function everyday(row: { record: string; column: string; purpose: string }): [name: string, note: string] {
  return known[`${row.record}.${row.column}`]?.() ?? [`${row.record}.${row.column}`, row.purpose];
}
