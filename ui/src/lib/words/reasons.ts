import { words } from "./index.svelte.ts";

const reasons = words({
  ko: {
    size: "허용된 크기보다 커요",
    damaged: "파일이 손상됐어요",
    gone: "파일을 찾을 수 없어요",
    "not-an-image": "사진 파일이 아니에요",
    "too-many-pixels": "사진이 너무 커요",
    "not-audio": "음성 파일이 아니에요",
    refused: "서버가 받지 않았어요",
    unreachable: "서버에 연결할 수 없어요",
    "too-big": "너무 길어요",
  },
  en: {
    size: "It is larger than allowed",
    damaged: "The file is damaged",
    gone: "The file is gone",
    "not-an-image": "It is not a photo",
    "too-many-pixels": "The photo is too large",
    "not-audio": "It is not an audio file",
    refused: "The server refused it",
    unreachable: "The server cannot be reached",
    "too-big": "It is too long",
  },
});

/** Why something failed, if there is a word for the code; what the page worded itself stays as it is. */
export function why(code: string): string {
  if (Object.hasOwn(reasons, code)) return reasons[code as keyof typeof reasons];
  return /^[a-z0-9-]+$/.test(code) ? "" : code;
}
