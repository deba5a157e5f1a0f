import { words } from "./index.svelte.ts";

/** Before anything is known. */
export const start = words({
  ko: {
    starting: "여는 중…",
    refused: "이 창은 더 이상 열 수 없어요",
    refusedHint: "창을 닫고 앱을 다시 열어 주세요. 메시지는 그대로 있어요.",
  },
  en: {
    starting: "Opening…",
    refused: "This window can no longer be used",
    refusedHint: "Close it and open the app again. Your messages are still there.",
  },
});
