import { createHash } from 'node:crypto';

/** Where a subscriber of the chat is: the value of an `id` field, and of the Last-Event-ID that comes back. */
export interface StreamPosition {
  /**
   * What the subscriber had received before the first of `seqs`: everything up to the cursor (`sync`), or what its device has
   * acknowledged (`device`). Then the cursor only says since when changes of earlier entries are due.
   */
  readonly base: 'sync' | 'device';
  /** Which conversations the stream carries: a position proves nothing about others. */
  readonly scope: string;
  /** A sync cursor of the user. Its signature binds the position to them. */
  readonly cursor: string;
  /** By conversation, the seq up to which entries after the base have been received. */
  readonly seqs: ReadonlyMap<string, number>;
  /** Updates of applications were received up to here, if the stream carries them. */
  readonly updatesSeq?: number | undefined;
}

/** Positions begin with `#`, as ids of publishers never do. */
const MARK = '#';
const SCOPE_BYTES = 4;
const UUID_BYTES = 16;
/** Characters that are read; positions are at most 800 long. */
const LENGTH_MAX = 2_048;

export const ALL_CONVERSATIONS = '00000000';

/** The scope of a stream that carries only these conversations. */
export function scopeOf(conversationIds: Iterable<string>): string {
  const names = [...conversationIds].sort().join();
  return createHash('sha256')
    .update(names)
    .digest('hex')
    .slice(0, 2 * SCOPE_BYTES);
}

export function encodePosition({ base, scope, cursor, seqs, updatesSeq }: StreamPosition): string {
  const bytes: Uint8Array[] = [
    ...[Buffer.from([kindOf(base, updatesSeq !== undefined)]), Buffer.from(scope, 'hex')],
    ...[Buffer.from([cursor.length]), Buffer.from(cursor, 'latin1')],
  ];
  if (updatesSeq !== undefined) bytes.push(encodeNumber(updatesSeq));
  for (const [conversationId, seq] of seqs) {
    bytes.push(Buffer.from(conversationId.replaceAll('-', ''), 'hex'), encodeNumber(seq));
  }
  return MARK + Buffer.concat(bytes).toString('base64url');
}

/** Undefined for a text that is not a position. Only its form is checked: the core checks the cursor. */
export function decodePosition(text: string): StreamPosition | undefined {
  if (!text.startsWith(MARK) || text.length > LENGTH_MAX) return undefined;
  const bytes = Buffer.from(text.slice(MARK.length), 'base64url');
  const [kind, cursorLength] = [bytes[0], bytes[1 + SCOPE_BYTES]];
  if (kind === undefined || kind > 3 || cursorLength === undefined) return undefined;
  const cursorAt = 2 + SCOPE_BYTES;
  let at = cursorAt + cursorLength;
  const cursor = bytes.toString('latin1', cursorAt, at);
  if (cursor.length !== cursorLength || cursor === '') return undefined;
  const updates = hasUpdates(kind) ? decodeNumber(bytes, at) : undefined;
  if (hasUpdates(kind) && updates === undefined) return undefined;
  at = updates?.end ?? at;
  const seqs = new Map<string, number>();
  while (at < bytes.length) {
    const id = uuidOf(bytes.toString('hex', at, at + UUID_BYTES));
    const read = decodeNumber(bytes, at + UUID_BYTES);
    if (read === undefined) return undefined;
    seqs.set(id, read.value);
    at = read.end;
  }
  const scope = bytes.toString('hex', 1, 1 + SCOPE_BYTES);
  const position: StreamPosition = {
    base: kind % 2 === 0 ? 'sync' : 'device',
    scope,
    cursor,
    seqs,
  };
  return updates === undefined ? position : { ...position, updatesSeq: updates.value };
}

/** The first byte: 0 to 3. */
const kindOf = (base: StreamPosition['base'], withUpdates: boolean): number =>
  (base === 'sync' ? 0 : 1) + (withUpdates ? 2 : 0);

const hasUpdates = (kind: number): boolean => kind >= 2;

/** Seven bits a byte, the lowest first; all bytes but the last have the highest bit set. */
function encodeNumber(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

function decodeNumber(bytes: Buffer, from: number): { value: number; end: number } | undefined {
  let value = 0;
  let weight = 1;
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte % 128) * weight;
    if (value > Number.MAX_SAFE_INTEGER) return undefined;
    if (byte < 128) return { value, end: at + 1 };
    weight *= 128;
  }
  return undefined;
}

const uuidOf = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    '-',
  );
