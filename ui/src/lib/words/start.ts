import { words } from "./index.svelte.ts";

/** Before anything is known. */
export const start = words({
  ko: {
    starting: "여는 중…",
    refused: "이 창은 앱과 연결되어 있지 않아요",
    refusedHint: "주소만으로는 열리지 않아요. 누르면 앱이 새 창을 열고, 이 창도 함께 연결돼요.",
    openHere: "여기서 열기",
    openedElsewhere: "앱이 새 창을 열었어요. 이 창도 곧 연결돼요.",
    openByHand: "앱이 창을 열 수 없어요. 컴퓨터에서 앱을 다시 열어 주세요.",
  },
  en: {
    starting: "Opening…",
    refused: "This window is not connected to the app",
    refusedHint:
      "The address alone does not open it. Press the button: the app opens a new window and connects this one too.",
    openHere: "Open here",
    openedElsewhere: "The app opened a new window. This one connects in a moment.",
    openByHand: "The app cannot open a window. Open the app again on your computer.",
  },
});
