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
    changedTitle: "이 아이디가 다른 계정으로 바뀌었어요",
    changed: (name: string) =>
      `기기를 바꾸거나 단어로 계정을 되찾아서는 열쇠가 바뀌지 않아요. ${name} 님이 계정을 지우고 새로 만들었거나, 다른 사람이 그 사람인 척하는 거예요. 만나거나 통화해서 물어보세요.`,
    changedNumber:
      "아래 번호는 지금까지 이야기하던 계정의 번호예요. 상대의 화면과 같으면 그 계정은 그대로이고, 서버가 거짓을 보인 거예요.",
    changedHeld:
      "그때까지는 쓸 수 없고, 아직 보내지 못한 메시지는 이 기기에서 기다려요. 여기에 쓰는 말은 새 계정으로 가지 않아요.",
    confirm: "확인했어요, 계속 보내기",
    confirmed: "이제 메시지를 보낼 수 있어요",
    banner: (name: string) => `${name} 님의 아이디가 다른 계정으로 바뀌었어요`,
    bannerHint: "확인했다는 표시는 지웠어요. 누구에게 쓰는지 확인해 보세요.",
    see: "보기",
    otherKeys: "다른 계정이에요",
    replacedTitle: "전에 알던 계정이에요",
    replaced: "이 아이디는 이제 다른 계정의 것이에요. 여기에 쓰는 메시지는 전부터 알던 계정에만 가요.",
    askNew: "새 계정에 친구 요청",
    sameHandle: (name: string) => `${name} 님이 쓰던 아이디예요. 같은 사람인지 다른 방법으로 확인한 뒤에 수락하세요.`,
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
    matches: "The numbers match. Nobody is in between.",
    differs:
      "The numbers do not match. Either it is someone else's code, or someone is in between. Do not write anything important until you know.",
    mark: "Mark as verified",
    unmark: "Remove the mark",
    marked: "You verified it",
    markedHint: "If it changes, you are told before anything is sent.",
    changedTitle: "This handle now belongs to another account",
    changed: (name: string) =>
      `Changing devices or restoring with the 24 words does not change the keys. Either ${name} deleted the account and made a new one, or someone is posing as them. Ask in person or in a call.`,
    changedNumber:
      "The number below is of the account you have been talking with. If they see the same one, that account is still theirs, and the server shows something false.",
    changedHeld:
      "Until then you cannot write, and what had not gone out yet waits on this device. Nothing you write here goes to the other account.",
    confirm: "I checked, keep sending",
    confirmed: "You can send again",
    banner: (name: string) => `${name}’s handle now belongs to another account`,
    bannerHint: "They are no longer verified. Check whom you are writing to.",
    see: "See",
    otherKeys: "Another account",
    replacedTitle: "The account you knew before",
    replaced: "The handle now belongs to another account. What you write here goes only to the account you knew.",
    askNew: "Send a request to the new account",
    sameHandle: (name: string) =>
      `${name} had this handle. Make sure in another way that it is the same person before you accept.`,
    copyDigits: "Copy digits",
  },
});
