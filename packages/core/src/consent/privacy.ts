import { type Database, guarded } from '@chasqui/db';
import { NotFoundError, type Privacy } from '@chasqui/protocol';
import { privacyChanged } from '../events/accountEvents';
import type { Announce } from '../fanout/announce';

const READ = `SELECT u.who_can_message, u.who_can_add FROM users u WHERE u.id = $1`;
const CHANGE = `UPDATE users SET who_can_message = coalesce($2, who_can_message), who_can_add = coalesce($3, who_can_add)
  WHERE id = $1 RETURNING who_can_message, who_can_add`;

/** A user's privacy settings. Throws NotFoundError for an unknown user. */
export function readPrivacy(db: Database, userId: string): Promise<Privacy> {
  return guarded(async () => toPrivacy(await db.query('privacy_of', READ, [userId])));
}

/** Changes the given settings, notifies all devices of the user and returns the resulting settings. */
export async function changePrivacy(
  { db, announce }: { db: Database; announce: Pick<Announce, 'toUsers'> },
  userId: string,
  { who_can_message, who_can_add }: Partial<Privacy>,
): Promise<Privacy> {
  const values = [userId, who_can_message ?? null, who_can_add ?? null];
  const privacy = await guarded(async () =>
    toPrivacy(await db.query('change_privacy', CHANGE, values)),
  );
  announce.toUsers(privacyChanged(userId, privacy));
  return privacy;
}

function toPrivacy([row]: unknown[][]): Privacy {
  if (row === undefined) throw new NotFoundError();
  const [who_can_message, who_can_add] = row as [
    Privacy['who_can_message'],
    Privacy['who_can_add'],
  ];
  return { who_can_message, who_can_add };
}
