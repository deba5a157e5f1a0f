import { words } from "./index.svelte.ts";

export const heard = words({
  ko: {
    offer: "창을 닫아도 메시지를 받을까요?",
    offerHint: "컴퓨터에 로그인하면 창 없이 시작해서 메시지를 받고 알려요. 설정에서 언제든 바꿀 수 있어요.",
    offerLocked:
      "컴퓨터에 로그인하면 창 없이 시작해요. 암호로 한 번 열면 그때부터 메시지를 받고 알려요. 설정에서 언제든 바꿀 수 있어요.",
    offerYes: "로그인하면 시작하기",
    offerNo: "괜찮아요",

    byDesktop: "이 컴퓨터가 알림을 보여 줘요. 창을 닫아도 앱이 켜져 있으면 와요.",
    levelOff: "알림 끄기",
    atLogin: "로그인하면 창 없이 시작하기",
    atLoginHint: "창을 열지 않아도 메시지를 받고 알려요.",
    atLoginLocked: "이 프로필에는 암호가 있어서, 로그인한 뒤 한 번 열어야 메시지를 받아요.",
    quiet: "방해금지 시간",
    quietHint: "이 시간에는 알림이 오지 않아요. 안 읽은 메시지 수는 그대로 보여요.",
    quietFrom: "시작",
    quietUntil: "끝",
  },
  en: {
    offer: "Receive messages while the window is shut?",
    offerHint:
      "The app starts without a window when you log in, receives messages and notifies you. You can change this in Settings at any time.",
    offerLocked:
      "The app starts without a window when you log in. Once you have unlocked it, it receives messages and notifies you. You can change this in Settings at any time.",
    offerYes: "Start when I log in",
    offerNo: "No, thanks",

    byDesktop: "This computer shows notifications. They come while the app runs, also with its window shut.",
    levelOff: "No notifications",
    atLogin: "Start without a window when I log in",
    atLoginHint: "Messages arrive and notify you without a window.",
    atLoginLocked: "This profile has a passphrase: unlock it once after you log in, and it receives messages.",
    quiet: "Quiet hours",
    quietHint: "No notifications during these hours. The number of unread messages still shows.",
    quietFrom: "From",
    quietUntil: "Until",
  },
});
