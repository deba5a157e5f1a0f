import { words } from "./index.svelte.ts";

/** What is wrong with public records. The warnings themselves come in words. */
export const record = words({
  ko: {
    heading: "지금 잘못된 것",
    forget: "새 기록 받아들이기",
    forgetTitle: (host: string) => `${host}의 새 기록을 받아들일까요?`,
    forgetNote:
      "운영자가 기록을 새로 시작했다고 다른 방법으로 알려 준 때에만 하세요. 전에 본 기록과는 더 비교하지 않아요. 증거는 남아요.",
    forgot: "다음에 보여 주는 기록부터 믿어요",
    save: (n: number) => `증거 저장하기 (${n})`,
    saveHint: "다운로드 폴더에 저장해요. 다른 사람에게 보여 줄 수 있어요.",
    saved: "증거를 저장했어요",
  },
  en: {
    heading: "What is wrong now",
    forget: "Accept the new record",
    forgetTitle: (host: string) => `Accept the new record of ${host}?`,
    forgetNote:
      "Only do this if the operator told you in another way that it began a new record. The new record is not compared with the one you saw before. The evidence stays.",
    forgot: "The record that is shown next will be accepted",
    save: (n: number) => `Save the evidence (${n})`,
    saveHint: "Saved to the downloads folder, to be shown to others.",
    saved: "Evidence saved",
  },
});
