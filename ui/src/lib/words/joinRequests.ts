import { words } from "./index.svelte.ts";

/** Being let into a group by a link: asked, without answer, refused. */
export const joinRequests = words({
  ko: {
    asked: (name: string) => `${name} 님에게 참여 요청을 보냈어요`,
    askedHint: "상대의 앱이 켜져 있으면 그룹이 열려요. 어떻게 되었는지는 채팅 목록에 나와요.",
    title: (name: string) => `${name} 님의 그룹`,
    waiting: "참여를 요청했어요. 상대의 앱이 켜지면 그룹이 열려요.",
    silent: (span: string) =>
      `${span} 동안 답이 없어요. 상대의 앱이 꺼져 있을 수 있어요. 링크의 기한 안에 켜지면 그때 들어가게 돼요.`,
    used: "이미 다 쓴 초대 링크라서 들어갈 수 없어요. 새 초대 링크를 부탁해 보세요.",
    expired: "기한이 지난 초대 링크라서 들어갈 수 없어요. 새 초대 링크를 부탁해 보세요.",
    closed: "이제 이 초대 링크로는 들어갈 수 없어요. 새 초대 링크를 부탁해 보세요.",
    again: "다시 요청하기",
    withdraw: "요청 취소",
    withdrawn: "참여 요청을 취소했어요",
    withdrawnHint: "상대가 이미 봤을 수 있어요. 초대가 오면 먼저 물어볼게요.",
    forget: "지우기",
  },
  en: {
    asked: (name: string) => `Request to join sent to ${name}`,
    askedHint: "The group opens when their app is running. The chat list shows the answer.",
    title: (name: string) => `${name}’s group`,
    waiting: "You asked to join. The group opens when their app is running.",
    silent: (span: string) =>
      `No answer for ${span}. Their app may be off. You join as soon as it is on, if the link still works then.`,
    used: "You cannot join: this invite link has been used up. Ask for a new one.",
    expired: "You cannot join: this invite link has expired. Ask for a new one.",
    closed: "This invite link no longer works. Ask for a new one.",
    again: "Ask again",
    withdraw: "Cancel request",
    withdrawn: "Request cancelled",
    withdrawnHint: "They may already have seen it. If an invitation still comes, you are asked first.",
    forget: "Remove",
  },
});
