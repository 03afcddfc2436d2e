/** A piece of a text: as it was written, and where it leads if it is an address. */
export interface Piece {
  readonly text: string;
  readonly href?: string;
}

/** Where an address can begin. The letter before it is looked at by `begins`, so that no text is read twice. */
const START = /https?:\/\/|www\./giu;

/**
 * What ends an address: white space, controls, quotation marks and angle brackets of ASCII, marks that turn the
 * direction of a text, and punctuation of Chinese, Japanese and Korean, which is written without spaces around it.
 */
const END =
  /[\s\p{Cc}"<>`\u200b\u200e\u200f\u061c\u2028-\u202e\u2066-\u2069\u2018-\u201f\u3000-\u3003\u3008-\u3011\u3014-\u301f\u30fb\uff01-\uff03\uff05-\uff0f\uff1a-\uff1e\uff1f\uff3b-\uff3d\uff3f\uff40\uff5b-\uff65\ufeff]/u;

/** What belongs to the sentence when it stands at the end of an address. */
const TRAILING = new Set(".,;:!?'*_~|…·؟،؛।".split(''));

const CLOSING: ReadonlyMap<string, string> = new Map([
  [')', '('],
  [']', '['],
  ['}', '{'],
]);

/**
 * Cuts a text into words and web addresses (`http:`, `https:`, and `www.`, which is taken for https). Joined, the pieces
 * are the text. Takes time proportional to the length of the text.
 */
export function linked(text: string): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  const start = new RegExp(START);
  for (let found = start.exec(text); found !== null; found = start.exec(text)) {
    if (!begins(text, found.index)) continue;
    const end = endOf(text, start.lastIndex);
    const address = trimmed(text.slice(found.index, end));
    const href = hrefOf(address);
    if (href === undefined) {
      // Not tried again from within, because that would take quadratic time.
      start.lastIndex = end;
      continue;
    }
    if (found.index > done) pieces.push({ text: text.slice(done, found.index) });
    pieces.push({ text: address, href });
    done = found.index + address.length;
    start.lastIndex = done;
  }
  if (done < text.length) pieces.push({ text: text.slice(done) });
  return pieces;
}

/** `xhttps://` and `awww.` are within a word. */
function begins(text: string, at: number): boolean {
  return at === 0 || !/[a-z0-9_@./-]/i.test(text.charAt(at - 1));
}

function endOf(text: string, from: number): number {
  let at = from;
  while (at < text.length && !END.test(text.charAt(at))) at += 1;
  return at;
}

/** Without the punctuation of the sentence. A closing bracket stays where the address itself has opened one. */
function trimmed(address: string): string {
  const open = new Map<string, number>();
  for (const sign of address) open.set(sign, (open.get(sign) ?? 0) + 1);
  let end = address.length;
  while (end > 0) {
    const last = address.charAt(end - 1);
    const opening = CLOSING.get(last);
    if (opening !== undefined) {
      const closed = open.get(last) ?? 0;
      if (closed <= (open.get(opening) ?? 0)) break;
      open.set(last, closed - 1);
    } else if (!TRAILING.has(last)) break;
    end -= 1;
  }
  return address.slice(0, end);
}

/** Undefined for what is no web address: nothing but http and https, with a host. */
function hrefOf(address: string): string | undefined {
  const href = /^www\./i.test(address) ? `https://${address}` : address;
  if (!URL.canParse(href)) return undefined;
  const { protocol, hostname } = new URL(href);
  const isWeb = protocol === 'https:' || protocol === 'http:';
  // `www.` alone, and `www.x` without a dot behind it, are words.
  const isHost = href === address ? hostname !== '' : /^www\.[^.]+\.[^.]/.test(hostname);
  return isWeb && isHost ? href : undefined;
}
