/** A part of a text. `href` is set if the part is a link. */
export interface TextPart {
  readonly text: string;
  readonly href?: string;
}

/** Where a URL can start. `startsUrl` checks the preceding character, so that no text is scanned twice. */
const START = /https?:\/\/|www\./giu;

/**
 * Characters that end a URL: white space, control characters, ASCII quotes and angle brackets, bidirectional controls,
 * and Chinese, Japanese and Korean punctuation, which is written without spaces.
 */
const END =
  /[\s\p{Cc}"<>`\u200b\u200e\u200f\u061c\u2028-\u202e\u2066-\u2069\u2018-\u201f\u3000-\u3003\u3008-\u3011\u3014-\u301f\u30fb\uff01-\uff03\uff05-\uff0f\uff1a-\uff1e\uff1f\uff3b-\uff3d\uff3f\uff40\uff5b-\uff65\ufeff]/u;

/** Punctuation that belongs to the sentence if it is at the end of a URL. */
const TRAILING = new Set(".,;:!?'*_~|…·؟،؛।".split(''));

const CLOSING: ReadonlyMap<string, string> = new Map([
  [')', '('],
  [']', '['],
  ['}', '{'],
]);

/**
 * Splits a text into plain parts and links (`http:`, `https:` and `www.`, which becomes https). The parts concatenate to
 * the text. Runs in linear time.
 */
export function splitLinks(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let done = 0;
  const start = new RegExp(START);
  for (let found = start.exec(text); found !== null; found = start.exec(text)) {
    if (!startsUrl(text, found.index)) continue;
    const end = endOf(text, start.lastIndex);
    const address = trimPunctuation(text.slice(found.index, end));
    const href = hrefOf(address);
    if (href === undefined) {
      // Do not retry from inside this match, which would take quadratic time.
      start.lastIndex = end;
      continue;
    }
    if (found.index > done) parts.push({ text: text.slice(done, found.index) });
    parts.push({ text: address, href });
    done = found.index + address.length;
    start.lastIndex = done;
  }
  if (done < text.length) parts.push({ text: text.slice(done) });
  return parts;
}

/** False inside a word, as in `xhttps://` or `awww.`. */
function startsUrl(text: string, at: number): boolean {
  return at === 0 || !/[a-z0-9_@./-]/i.test(text.charAt(at - 1));
}

function endOf(text: string, from: number): number {
  let at = from;
  while (at < text.length && !END.test(text.charAt(at))) at += 1;
  return at;
}

/** Strips the punctuation of the sentence. A closing bracket stays if the URL contains its opening bracket. */
function trimPunctuation(address: string): string {
  const open = new Map<string, number>();
  for (const character of address) open.set(character, (open.get(character) ?? 0) + 1);
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

/** The link target, or undefined unless the URL is http or https and has a host. */
function hrefOf(address: string): string | undefined {
  const href = /^www\./i.test(address) ? `https://${address}` : address;
  if (!URL.canParse(href)) return undefined;
  const { protocol, hostname } = new URL(href);
  const isWeb = protocol === 'https:' || protocol === 'http:';
  // `www.` alone and `www.x` without a further dot are plain words.
  const isHost = href === address ? hostname !== '' : /^www\.[^.]+\.[^.]/.test(hostname);
  return isWeb && isHost ? href : undefined;
}
