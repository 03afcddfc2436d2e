import { ValidationError } from '@chasqui/protocol';

/** Encodes the position of a page as opaque text. */
export function encodeCursor(fields: (string | number | null)[]): string {
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}

/** Decodes a cursor of `width` fields. Throws ValidationError for any other text. */
export function decodeCursor(cursor: string, width: number): (string | number | null)[] {
  try {
    const fields: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(fields) && fields.length === width && fields.every(isField)) return fields;
  } catch {
    // Refused below.
  }
  throw invalidCursor();
}

function isField(value: unknown): value is string | number | null {
  return (
    value === null ||
    typeof value === 'string' ||
    (typeof value === 'number' && Number.isSafeInteger(value))
  );
}

export function invalidCursor(): ValidationError {
  const message = 'is not a cursor of an earlier answer, or has expired; start over without one';
  return new ValidationError(`cursor: ${message}`, [{ path: 'cursor', message }]);
}
