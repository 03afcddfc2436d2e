import { column, columns, command, number, statement, text } from '@chasqui/db';
import { COLUMNS, STATUS, toMessage } from '../messages/messageRows';

/** The user's next membership, present or former, with the seq after which its messages are not erased yet. */
export const nextPlaceToErase = statement(
  'next_place_to_erase',
  `SELECT w.conversation_id, greatest(w.from_seq - 1,
     CASE WHEN w.conversation_id = d.erased_in THEN d.erased_seq ELSE 0 END)::float8, w.to_seq::float8
   FROM account_deletions d CROSS JOIN LATERAL (
     SELECT p.conversation_id, p.joined_seq AS from_seq, c.last_seq AS to_seq
     FROM participants p JOIN conversations c ON c.id = p.conversation_id WHERE p.user_id = d.user_id
     UNION ALL
     SELECT f.conversation_id, f.from_seq, f.to_seq FROM former_memberships f WHERE f.user_id = d.user_id
   ) w
   WHERE d.user_id = $1::uuid AND (w.conversation_id, w.to_seq) > (d.erased_in, d.erased_seq)
   ORDER BY w.conversation_id, w.to_seq LIMIT 1`,
  columns({ conversationId: text, from: number, to: number }),
);

export const ownSeqsBetween = statement(
  'own_messages',
  `SELECT m.seq::float8 FROM messages m
   WHERE m.conversation_id = $1::uuid AND m.seq > $2::bigint AND m.seq <= $3::bigint
     AND m.sender_id = $4::uuid AND m.kind = 'message'
     AND (m.deleted_at IS NULL OR m.client_message_id IS NOT NULL)
   ORDER BY m.seq LIMIT $5::integer`,
  column(number),
);

/** Runs after the tombstones are made: when content is deleted, a trigger keeps its digest. */
export const forgetClientIds = command(
  'forget_client_ids',
  `UPDATE messages m SET client_message_id = NULL, digest = NULL
   WHERE m.conversation_id = $1::uuid AND m.seq = ANY ($2::bigint[])`,
);

export const erasedSince = statement(
  'erased_since',
  `SELECT ${COLUMNS}, ${STATUS} FROM messages m
   WHERE m.conversation_id = $1::uuid AND m.seq = ANY ($2::bigint[]) AND m.version > $3::bigint
   ORDER BY m.version`,
  toMessage,
);

export const noteErased = command(
  'note_erased',
  `UPDATE account_deletions SET erased_in = $2::uuid, erased_seq = $3::bigint
   WHERE user_id = $1::uuid AND (erased_in, erased_seq) < ($2::uuid, $3::bigint)`,
);

export const forgetTombstoneBatch = command(
  'forget_tombstone_batch',
  'DELETE FROM tombstone_news WHERE conversation_id = $1::uuid AND from_version = $2::bigint',
);
