/** How hard a passphrase is to guess, roughly: 0 (very easy) to 3. It knows no dictionary, and the words beside it say so. */
export function strength(text: string): 0 | 1 | 2 | 3 {
  const letters = [...text.normalize("NFC")];
  let bits = 0;
  letters.forEach((letter, at) => {
    const before = letters[at - 1];
    const step = before === undefined ? 9 : Math.abs(letter.codePointAt(0)! - before.codePointAt(0)!);
    bits += step <= 1 ? 0.5 : weight(letter);
  });
  bits = Math.min(bits, new Set(letters).size * 6);
  if (letters.length < 8 && bits < 40) return 0;
  return bits < 40 ? 1 : bits < 60 ? 2 : 3;
}

function weight(letter: string): number {
  if (/\d/u.test(letter)) return 2.5;
  if (/[a-z]/u.test(letter)) return 3;
  if (/[가-힣]/u.test(letter)) return 5.5;
  return 4;
}
