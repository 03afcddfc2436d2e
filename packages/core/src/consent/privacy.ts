import { columns, type Database, guarded, oneOf, statement } from '@chasqui/db';
import { NotFoundError, type Privacy } from '@chasqui/protocol';
import { privacyChanged } from '../events/accountEvents';
import type { Announce } from '../fanout/announce';

const audience = oneOf('everybody', 'known', 'nobody');
const toPrivacy = columns<Privacy>({ who_can_message: audience, who_can_add: audience });

const privacyOf = statement(
  'privacy_of',
  'SELECT u.who_can_message, u.who_can_add FROM users u WHERE u.id = $1',
  toPrivacy,
);

const setPrivacy = statement(
  'change_privacy',
  `UPDATE users SET who_can_message = coalesce($2, who_can_message), who_can_add = coalesce($3, who_can_add)
   WHERE id = $1 RETURNING who_can_message, who_can_add`,
  toPrivacy,
);

/** A user's privacy settings. Throws NotFoundError for an unknown user. */
export function readPrivacy(db: Database, userId: string): Promise<Privacy> {
  return guarded(async () => known(await privacyOf.row(db, userId)));
}

/** Changes the given settings, notifies all devices of the user and returns the resulting settings. */
export async function changePrivacy(
  { db, announce }: { db: Database; announce: Pick<Announce, 'toUsers'> },
  userId: string,
  { who_can_message, who_can_add }: Partial<Privacy>,
): Promise<Privacy> {
  const values = [userId, who_can_message ?? null, who_can_add ?? null];
  const privacy = await guarded(async () => known(await setPrivacy.row(db, ...values)));
  announce.toUsers(privacyChanged(userId, privacy));
  return privacy;
}

function known(privacy: Privacy | undefined): Privacy {
  if (privacy === undefined) throw new NotFoundError();
  return privacy;
}
