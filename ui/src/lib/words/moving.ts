import { words } from "./index.svelte.ts";

/** A count with its noun, in English. */
const many = (n: number, one: string, more: string): string => `${n} ${n === 1 ? one : more}`;

export const moving = words({
  ko: {
    title: "백업 파일과 내보내기",
    hint: (folder: string) => `이 컴퓨터의 ${folder} 폴더에 저장해요. 다른 곳에도 복사해 두세요.`,
    backup: "백업 파일 만들기",
    backupHint: "대화, 친구, 설정을 잠긴 파일 하나에 담아요.",
    check: "오늘 백업 확인하기",
    checkHint: "끝까지 읽어서 온전한지 봐요.",
    export: "모든 대화 내보내기",
    exportHint: "브라우저로 볼 수 있는 웹 페이지와 다른 프로그램이 읽는 파일로 저장해요.",
    backupDoing: "백업을 만드는 중",
    checkDoing: "백업을 읽는 중",
    exportDoing: "내보내는 중",
    backupDone: (entries: number, files: number) =>
      `백업했어요. 기록 ${entries}건, 파일 ${files}개가 들어 있어요. 메시지뿐 아니라 공감, 수정, 삭제도 한 건으로 세었어요.`,
    checkDone: (entries: number, files: number) =>
      `온전해요. 기록 ${entries}건, 파일 ${files}개가 들어 있어요. 메시지뿐 아니라 공감, 수정, 삭제도 한 건으로 세었어요.`,
    exportDone: (lines: number, files: number) => `내보냈어요. 대화에 보이는 ${lines}줄, 파일 ${files}개예요.`,
    sure: "모든 대화를 잠그지 않은 파일로 내보낼까요?",
    sureNote: (folder: string) =>
      `${folder} 폴더에 저장해요. 내보낸 것은 잠겨 있지 않아서, 파일을 가진 사람은 누구나 읽을 수 있어요.`,
    roomTitle: (title: string) => `‘${title}’ 내보내기`,
    roomLead: (folder: string) =>
      `이 대화를 브라우저로 볼 수 있는 웹 페이지와, 다른 프로그램이 읽는 파일로 ${folder} 폴더에 저장해요.`,
    roomDo: "내보내기",
    room: "이 대화 내보내기",
    opens: "24개 단어로 열려요. 새 기기의 첫 화면에서 ‘백업으로 되찾기’를 고르면 돼요.",
    readable: "내보낸 것은 잠겨 있지 않아요. 파일을 가진 사람은 누구나 읽을 수 있어요.",
  },
  en: {
    title: "Backup file and export",
    hint: (folder: string) => `Saved to ${folder} on this computer. Keep a copy somewhere else, too.`,
    backup: "Make a backup file",
    backupHint: "Chats, contacts and settings in one locked file.",
    check: "Check today's backup",
    checkHint: "Reads the whole file to make sure that it is complete.",
    export: "Export all chats",
    exportHint: "As web pages for any browser, and as files for other programs.",
    backupDoing: "Making the backup",
    checkDoing: "Reading the backup",
    exportDoing: "Exporting",
    backupDone: (entries: number, files: number) =>
      `Backed up: ${many(entries, "entry", "entries")} and ${many(files, "file", "files")}. Reactions, edits and deletions count as entries too.`,
    checkDone: (entries: number, files: number) =>
      `It is complete: ${many(entries, "entry", "entries")} and ${many(files, "file", "files")}. Reactions, edits and deletions count as entries too.`,
    exportDone: (lines: number, files: number) =>
      `Exported: ${many(lines, "line", "lines")}, as the chats show them, and ${many(files, "file", "files")}.`,
    sure: "Export all chats as unlocked files?",
    sureNote: (folder: string) =>
      `They are saved to ${folder}. An export is not locked: anyone who has the files can read them.`,
    roomTitle: (title: string) => `Export “${title}”`,
    roomLead: (folder: string) =>
      `Saves this chat to ${folder}, as web pages for any browser and as files for other programs.`,
    roomDo: "Export",
    room: "Export this chat",
    opens: "It opens with your 24 words: on a new device, choose “Restore from a backup” on the first screen.",
    readable: "Exported files are not locked: anyone who has them can read them.",
  },
});
