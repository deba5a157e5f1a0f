/** Names as they are typed in Hangul: by first consonants, and while a syllable is still being composed. */
const FIRST = 0xac00;
const LAST = 0xd7a3;
const INITIALS = [..."ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"];
const VOWELS = "ㅏ ㅐ ㅑ ㅒ ㅓ ㅔ ㅕ ㅖ ㅗ ㅗㅏ ㅗㅐ ㅗㅣ ㅛ ㅜ ㅜㅓ ㅜㅔ ㅜㅣ ㅠ ㅡ ㅡㅣ ㅣ".split(" ");
const FINALS =
  " ㄱ ㄲ ㄱㅅ ㄴ ㄴㅈ ㄴㅎ ㄷ ㄹ ㄹㄱ ㄹㅁ ㄹㅂ ㄹㅅ ㄹㅌ ㄹㅍ ㄹㅎ ㅁ ㅂ ㅂㅅ ㅅ ㅆ ㅇ ㅈ ㅊ ㅋ ㅌ ㅍ ㅎ".split(" ");

function initial(char: string): string {
  const code = char.charCodeAt(0);
  return code >= FIRST && code <= LAST ? (INITIALS[Math.floor((code - FIRST) / 588)] ?? char) : char;
}

/** The keys that a syllable is typed with. */
function keys(char: string): string {
  const code = char.charCodeAt(0) - FIRST;
  if (code < 0 || code > LAST - FIRST) return char;
  return `${initial(char)}${VOWELS[Math.floor((code % 588) / 28)] ?? ""}${FINALS[code % 28] ?? ""}`;
}

function spelled(text: string, letter: (char: string) => string): string {
  return [...text.normalize("NFC").toLocaleLowerCase()].map(letter).join("");
}

/** Whether a name may be meant by what was typed so far. */
export function fitsName(typed: string, name: string): boolean {
  return [keys, initial].some((letter) =>
    spelled(name, letter).includes(spelled(typed, letter === initial ? (char) => char : keys)),
  );
}
