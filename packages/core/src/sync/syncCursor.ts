import { createHmac, timingSafeEqual } from 'node:crypto';
import { invalidCursor } from '../paging/pageCursor';

/** Where a sync stands. `until` is 0 between syncs; the rest is where a sync of several pages goes on. */
export interface SyncPosition {
  /** Changes closed after this position are due. */
  since: number;
  /** The position that becomes `since` when the last page has been read. */
  until: number;
  /** The conversation that is being read; those before it are done. */
  conversationId: string | null;
  phase: 'changed' | 'new';
  /** Version or seq, by phase, up to which it has been read. */
  marker: number;
}

const LIFETIME_MS = 90 * 24 * 60 * 60 * 1000;

/**
 * Cursors are signed and bound to the user: a foreign, altered or outdated one is a ValidationError
 * that says to start over, never somebody else's changes (D9). They live 90 days.
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
  // Signed by us: its shape is ours.
  const [since, until, conversationId, phase, marker, issuedAt] = JSON.parse(
    Buffer.from(body, 'base64url').toString(),
  ) as [number, number, string | null, SyncPosition['phase'], number, number];
  if (issuedAt < now - LIFETIME_MS) throw invalidCursor();
  return { since, until, conversationId, phase, marker };
}

function sign(key: Buffer, userId: string, body: string): Buffer {
  return createHmac('sha256', key).update(`${userId} ${body}`).digest().subarray(0, 16);
}
