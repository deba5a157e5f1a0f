import { words } from "./index.svelte.ts";

/** What the operator told of demands. The notices themselves come in words. */
export const operator = words({
  ko: {
    heading: "운영자의 통지",
    lead: "운영자는 나에 관한 요청을 받으면, 법이 허락하는 때에 이렇게 알려요. 기록부에서 확인된 것만 보여요.",
    banner: "운영자의 통지",
    read: "읽기",
    title: "운영자의 통지",
    asked: "요청받은 자료와 답",
    given: "넘겨진 것",
    givenNone: "아무것도 넘어가지 않았어요.",
    checked: "어떻게 확인했나요",
    putAway: "읽었어요",
    putAwayHint: "알림은 사라지고, 통지는 개인정보 화면에 남아요.",
    kept: "개인정보 화면에 남아 있어요.",
    gone: "이 통지를 찾을 수 없어요.",
    fresh: "새 통지",
  },
  en: {
    heading: "Notices of your operator",
    lead: "When the operator is asked for data about you it tells you like this, once the law allows it. Only what its log proves is shown.",
    banner: "Notice of your operator",
    read: "Read",
    title: "Notice of your operator",
    asked: "What was asked for, and the answer",
    given: "What was handed over",
    givenNone: "Nothing was handed over.",
    checked: "How this was checked",
    putAway: "I have read it",
    putAwayHint: "The banner goes; the notice stays on the privacy page.",
    kept: "It stays on the privacy page.",
    gone: "This notice is not here.",
    fresh: "New",
  },
});
