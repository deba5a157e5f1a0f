import { words } from "./index.svelte.ts";

/** Being let into a group by a link: asked, without answer, refused. */
export const wishes = words({
  ko: {
    asked: (name: string) => `${name} 님에게 들어가고 싶다고 알렸어요`,
    askedHint: "상대의 앱이 켜져 있으면 그룹이 열려요. 어떻게 되었는지는 채팅 목록에 나와요.",
    title: (name: string) => `${name} 님의 그룹`,
    waiting: "들어가고 싶다고 알렸어요. 상대의 앱이 켜져 있으면 그룹이 열려요.",
    silent: (span: string) =>
      `${span} 동안 답이 없어요. 상대의 앱이 꺼져 있을 수 있어요. 링크의 기한 안에 켜지면 그때 들어가게 돼요.`,
    used: "이미 다 쓴 링크라서 들어갈 수 없어요. 새 링크를 부탁해 보세요.",
    expired: "기한이 지난 링크라서 들어갈 수 없어요. 새 링크를 부탁해 보세요.",
    closed: "이제 이 링크로는 들어갈 수 없어요. 새 링크를 부탁해 보세요.",
    again: "다시 알리기",
    withdraw: "그만두기",
    withdrawn: "이제 저절로 들어가지 않아요",
    withdrawnHint: "이미 알린 것은 되돌릴 수 없지만, 초대가 와도 먼저 물어볼게요.",
    forget: "지우기",
  },
  en: {
    asked: (name: string) => `Asked ${name} to let you in`,
    askedHint: "The group opens when their app is running. The chat list shows what came of it.",
    title: (name: string) => `A group of ${name}`,
    waiting: "You asked to be let in. The group opens when their app is running.",
    silent: (span: string) =>
      `No answer for ${span}. Their app may be off; if it comes on while the link is good, you are let in then.`,
    used: "The link was used up, so it does not let you in. Ask for a new one.",
    expired: "The link has expired, so it does not let you in. Ask for a new one.",
    closed: "The link does not lead in any more. Ask for a new one.",
    again: "Ask again",
    withdraw: "Withdraw",
    withdrawn: "You will not enter by itself any more",
    withdrawnHint: "What was asked cannot be unsaid, but if an invitation comes, you are asked first.",
    forget: "Remove",
  },
});
