/**
 * Texts that make careless parsers slow: a beginning that is taken, one piece repeated to `length` characters, and an
 * end at which everything read so far has to be given up.
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

/** What a parser takes for 16 kB is below a millisecond; work that grows with the square takes hundreds. */
const BOUND_MS = 40;

/** The text of those given for which the work takes too long every time, or undefined. */
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
