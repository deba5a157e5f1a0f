import { words } from "./index.svelte.ts";

/** Safety numbers. */
export const safety = words({
  ko: {
    title: "안전 번호",
    lead: (name: string) => `${name} 님의 화면에 있는 번호와 같으면, 두 사람 사이에 아무도 끼어 있지 않은 거예요.`,
    how: "만나서 서로의 화면을 보거나, 목소리를 아는 통화로 소리 내어 읽어 보세요. 이 앱의 메시지로 보내서 비교하면 소용이 없어요.",
    digits: "숫자 60개",
    qr: (name: string) => `${name} 님과의 안전 번호 QR 코드`,
    scan: "상대의 QR 스캔",
    scanHint: "상대도 이 화면을 열고 QR 코드를 보여 주면 돼요.",
    matches: "같아요. 아무도 끼어 있지 않아요.",
    differs: "달라요. 다른 사람의 코드이거나 누군가 끼어 있을 수 있어요. 확인되기 전에는 중요한 이야기를 미루세요.",
    mark: "확인했다고 표시",
    unmark: "표시 지우기",
    marked: "직접 확인했어요",
    markedHint: "번호가 바뀌면 보내기 전에 알려 드려요.",
    changedTitle: "안전 번호가 바뀌었어요",
    changed: (name: string) =>
      `${name} 님이 계정을 새 기기에서 되찾았을 수 있어요. 드물지만 다른 사람이 그인 척하는 것일 수도 있어요. 직접 물어본 뒤 다시 비교해 보세요.`,
    changedHeld: "그때까지는 쓸 수 없고, 이미 보낸 것 중 나가지 않은 것은 이 기기에서 기다려요.",
    confirm: "알고 있어요. 계속 보내기",
    confirmed: "다시 보낼 수 있어요",
    copyDigits: "숫자 복사",
  },
  en: {
    title: "Safety number",
    lead: (name: string) => `If ${name} sees the same number, nobody is in between the two of you.`,
    how: "Compare when you meet, or read it aloud in a call where you know the voice. Sending it as a message here would prove nothing.",
    digits: "60 digits",
    qr: (name: string) => `QR code of the safety number with ${name}`,
    scan: "Scan their code",
    scanHint: "They open this page as well and show you their QR code.",
    matches: "The same. Nobody is in between.",
    differs: "Not the same. It is somebody else's code, or somebody is in between. Put off what matters until you know.",
    mark: "Mark as verified",
    unmark: "Remove the mark",
    marked: "You verified it",
    markedHint: "If it changes, you are told before anything is sent.",
    changedTitle: "The safety number changed",
    changed: (name: string) =>
      `${name} may have restored the account on a new device. Rarely, it is somebody who poses as them. Ask in person, then compare again.`,
    changedHeld: "Until then you cannot write, and what had not gone out yet waits on this device.",
    confirm: "I know. Go on sending",
    confirmed: "Sending goes on",
    copyDigits: "Copy digits",
  },
});
