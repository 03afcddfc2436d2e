/**
 * Encodes array parameters in PostgreSQL's binary format (array_send in arrayfuncs.c): dimensions, null flag, element
 * type, length, lower bound, then each element with its length. The driver passes a Buffer unchanged. As text, each
 * element would be escaped here and parsed there, which on the send path costs both sides more than the rest of the
 * statement.
 */

const HEADER_BYTES = 20;
const UUID_BYTES = 16;

// Type oids are fixed in pg_type.dat.
const INT4 = 23;
const TEXT = 25;
const UUID = 2950;

/** Encodes ids of 36 characters. Any other text is stored as a wrong id, so parse ids first (protocol/ids). */
export function uuidArray(values: readonly (string | null)[]): Buffer {
  return encode(UUID, values, () => UUID_BYTES, writeUuid);
}

/** Encodes texts. PostgreSQL refuses U+0000. */
export function textArray(values: readonly (string | null)[]): Buffer {
  return encode(TEXT, values, Buffer.byteLength, (buffer, value, at) => {
    buffer.write(value, at, 'utf8');
  });
}

/** Encodes 32-bit integers; throws a RangeError for other numbers. */
export function integerArray(values: readonly (number | null)[]): Buffer {
  return encode(
    INT4,
    values,
    () => 4,
    (buffer, value, at) => {
      buffer.writeInt32BE(value, at);
    },
  );
}

const HEX_DIGITS = new Uint8Array(128);
for (let digit = 0; digit < 16; digit += 1) {
  const character = digit.toString(16);
  HEX_DIGITS[character.charCodeAt(0)] = digit;
  HEX_DIGITS[character.toUpperCase().charCodeAt(0)] = digit;
}
const HYPHEN = 0x2d;

// Written by hand: a batch of sends has three ids per message, and the library takes seven times as long.
function writeUuid(buffer: Buffer, value: string, at: number): void {
  for (let byte = 0, from = 0; byte < UUID_BYTES; byte += 1, from += 2) {
    if (value.charCodeAt(from) === HYPHEN) from += 1;
    const high = HEX_DIGITS[value.charCodeAt(from)] ?? 0;
    const low = HEX_DIGITS[value.charCodeAt(from + 1)] ?? 0;
    buffer[at + byte] = (high << 4) | low;
  }
}

function encode<T>(
  type: number,
  values: readonly (T | null)[],
  bytesOf: (value: T) => number,
  write: (buffer: Buffer, value: T, at: number) => void,
): Buffer {
  let length = HEADER_BYTES;
  let nulls = 0;
  for (const value of values) {
    length += 4;
    if (value === null) nulls = 1;
    else length += bytesOf(value);
  }
  const buffer = Buffer.allocUnsafe(length);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(nulls, 4);
  buffer.writeInt32BE(type, 8);
  buffer.writeInt32BE(values.length, 12);
  buffer.writeInt32BE(1, 16);
  let at = HEADER_BYTES;
  for (const value of values) {
    if (value === null) {
      at = buffer.writeInt32BE(-1, at);
      continue;
    }
    const bytes = bytesOf(value);
    at = buffer.writeInt32BE(bytes, at);
    write(buffer, value, at);
    at += bytes;
  }
  return buffer;
}
