import { createHmac, timingSafeEqual } from 'node:crypto';
import { invalidCursor } from '../paging/pageCursor';

/** How far a sync has come. Between syncs, `until` is 0 and only `since` counts. */
export interface SyncPosition {
  /** The sync returns changes closed after this position. */
  since: number;
  /** Becomes `since` after the last page. */
  until: number;
  /** The conversation where the next page continues; those before it are complete. */
  conversationId: string | null;
  phase: 'changed' | 'new';
  /** The version or seq, depending on the phase, up to which that conversation was read. */
  marker: number;
}

const LIFETIME_MS = 90 * 24 * 60 * 60 * 1000;

/**
 * Cursors are signed, bound to the user and valid for 90 days, so no cursor can return another user's changes (D9). A
 * foreign, altered or expired one is a ValidationError that says to start over.
 */
export function encodeSyncCursor(
  key: Buffer,
  userId: string,
  position: SyncPosition,
  now: number,
): string {
  const body = Buffer.from(
    JSON.stringify([
      position.since,
      position.until,
      position.conversationId,
      position.phase,
      position.marker,
      now,
    ]),
  ).toString('base64url');
  return `${body}.${sign(key, userId, body).toString('base64url')}`;
}

export function decodeSyncCursor(
  key: Buffer,
  userId: string,
  cursor: string,
  now: number,
): SyncPosition {
  const [body = '', signature = '', rest] = cursor.split('.');
  const given = Buffer.from(signature, 'base64url');
  const expected = sign(key, userId, body);
  if (rest !== undefined || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw invalidCursor();
  }
  // The signature proves that encodeSyncCursor wrote it.
  const [since, until, conversationId, phase, marker, issuedAt] = JSON.parse(
    Buffer.from(body, 'base64url').toString(),
  ) as [number, number, string | null, SyncPosition['phase'], number, number];
  if (issuedAt < now - LIFETIME_MS) throw invalidCursor();
  return { since, until, conversationId, phase, marker };
}

function sign(key: Buffer, userId: string, body: string): Buffer {
  return createHmac('sha256', key).update(`${userId} ${body}`).digest().subarray(0, 16);
}
