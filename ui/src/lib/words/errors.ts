import { Refused } from "../transport.ts";
import { words } from "./index.svelte.ts";

/** Refusals that only the page knows; all others come worded from the process. */
const errors = words({
  ko: {
    cut: "연결이 잠깐 끊겼어요",
    cutHint: "처리됐는지 확인한 뒤 다시 시도해 주세요.",
    upload: "파일을 첨부하지 못했어요",
    uploadHint: "크기와 형식을 확인하고 다시 시도해 주세요.",
    large: "파일이 너무 커요. 100 MB까지 보낼 수 있어요.",
    largeHint: "나누어 보내 주세요.",
    aborted: "취소했어요",
    unknown: "문제가 생겼어요",
    unknownHint: "잠시 뒤에 다시 시도해 주세요.",
  },
  en: {
    cut: "The connection was lost for a moment",
    cutHint: "Check whether it worked, and try again if not.",
    upload: "The file could not be attached",
    uploadHint: "Check its size and type, then try again.",
    large: "The file is too large: at most 100 MB can be sent.",
    largeHint: "Send it in parts.",
    aborted: "Cancelled",
    unknown: "Something went wrong",
    unknownHint: "Please try again in a moment.",
  },
});

/** The refusal of a file that is not even handed to the process. */
export function tooLarge(): Refused {
  return new Refused("file-too-large", errors.large, errors.largeHint);
}

/** What a refusal says to the person. */
export function explain(why: { code: string; message: string; hint: string }): { text: string; hint: string } {
  if (why.message) return { text: why.message, hint: why.hint };
  if (why.code === "cut") return { text: errors.cut, hint: errors.cutHint };
  if (why.code === "upload") return { text: errors.upload, hint: errors.uploadHint };
  if (why.code === "aborted") return { text: errors.aborted, hint: "" };
  return { text: errors.unknown, hint: errors.unknownHint };
}
