/**
 * Texts that make naive parsers backtrack: a valid beginning, one piece repeated to `length` characters, and an end
 * that does not match.
 */
export function hostileTexts(length: number, beginnings: readonly string[] = ['']): string[] {
  return beginnings.flatMap((beginning) =>
    PIECES.flatMap((piece) =>
      ENDS.map((end) => beginning + piece.repeat(Math.ceil(length / piece.length)) + end),
    ),
  );
}

const PIECES = [
  ...[' ', '\t', 'a', '0', '-', '.', ',', ';', '=', ':', '/', '%', '@', '"', '[', '(', '\\', '+'],
  ...['a ', 'a.', 'a,', ', ', ' ;', '; ', 'a=a;', '../', 'a@', '"a",', '%41', '1-2,', '::', '0:'],
];
const ENDS = ['', 'x', '!', '"'];

/** A linear parser needs under a millisecond for 16 kB; a quadratic one needs hundreds. */
const BOUND_MS = 40;

/** The first text for which the work is slow on every attempt, or undefined. */
export function slowText<T>(texts: readonly T[], work: (text: T) => void): T | undefined {
  return texts.find((text) => {
    for (let tries = 0; tries < 4; tries += 1) {
      const began = performance.now();
      work(text);
      if (performance.now() - began < BOUND_MS) return false;
    }
    return true;
  });
}
