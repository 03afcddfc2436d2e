import {
  column,
  columns,
  command,
  isGone,
  json,
  nullable,
  number,
  statement,
  text,
  flag,
  oneOf,
} from '@chasqui/db';
import { COLUMNS, STATUS, toMessage } from './messageRows';
import type { MessageSubject } from './messageSubject';
import type { StoredReaction } from './reactions/storedReactions';

/** A message by its id, without an access check. */
export const messageById = statement(
  'message_by_id',
  `SELECT ${COLUMNS}, ${STATUS} FROM messages m WHERE m.id = $1::uuid`,
  toMessage,
);

export const messageAtSeq = statement(
  'message_at_seq',
  `SELECT ${COLUMNS}, ${STATUS} FROM messages m WHERE m.conversation_id = $1::uuid AND m.seq = $2::bigint`,
  toMessage,
);

/** Where a message is, if the membership of user $1 covers it. */
export const visibleLocation = statement(
  'locate_message',
  `SELECT m.conversation_id, m.seq FROM messages m
   JOIN participants p ON p.conversation_id = m.conversation_id AND p.user_id = $1::uuid AND p.joined_seq <= m.seq
   WHERE m.id = $2::uuid`,
  columns({ conversationId: text, seq: number }),
);

/** The range of seqs that a membership covers. */
export const membershipRange = statement(
  'membership',
  `SELECT p.joined_seq, c.last_seq FROM participants p JOIN conversations c ON c.id = p.conversation_id
   WHERE p.conversation_id = $1::uuid AND p.user_id = $2::uuid`,
  columns({ joinedSeq: number, lastSeq: number }),
);

/** Joins the membership again, because it may have ended since `membershipRange` was read (R9). */
export const messagesBetween = statement(
  'history',
  `SELECT ${COLUMNS}, ${STATUS} FROM messages m
   JOIN participants me ON me.conversation_id = m.conversation_id AND me.user_id = $4::uuid AND me.joined_seq <= m.seq
   WHERE m.conversation_id = $1::uuid AND m.seq > $2::bigint AND m.seq < $3::bigint ORDER BY m.seq`,
  toMessage,
);

export const messageSubject = statement(
  'message_subject',
  `SELECT m.id, m.conversation_id, c.type, c.barred, c.requested_id IS NOT NULL, m.seq, m.kind, m.sender_id,
     ${isGone('m')}, m.content_encrypted, m.reactions, p.role
   FROM messages m
   JOIN conversations c ON c.id = m.conversation_id
   JOIN participants p ON p.conversation_id = m.conversation_id AND p.user_id = $1::uuid AND p.joined_seq <= m.seq
   WHERE m.id = $2::uuid`,
  columns<MessageSubject>({
    id: text,
    conversationId: text,
    conversationType: oneOf('direct', 'group'),
    barred: nullable(oneOf('blocked', 'deleted')),
    requested: flag,
    seq: number,
    kind: text,
    senderId: text,
    deleted: flag,
    content: nullable(text),
    reactions: nullable(json<StoredReaction[]>()),
    role: oneOf('admin', 'moderator', 'member'),
  }),
);

const CHANGED_NOW = `version = $3::bigint, changed_at = date_trunc('milliseconds', clock_timestamp())`;
const BY_SEQ = 'WHERE conversation_id = $1::uuid AND seq = $2::bigint';

export const setContent = command(
  'edit_message',
  `UPDATE messages SET content_encrypted = $4::text, edited_at = date_trunc('milliseconds', clock_timestamp()),
     ${CHANGED_NOW} ${BY_SEQ}`,
);

export const setDeleted = command(
  'delete_message',
  `UPDATE messages SET content_encrypted = NULL, reactions = NULL,
     deleted_at = date_trunc('milliseconds', clock_timestamp()), ${CHANGED_NOW} ${BY_SEQ}`,
);

export const setReactions = command(
  'react_to_message',
  `UPDATE messages SET reactions = $4::jsonb, ${CHANGED_NOW} ${BY_SEQ}`,
);

export const raiseVersion = command(
  'raise_conversation_version',
  'UPDATE conversations SET version = version + 1 WHERE id = $1::uuid',
);

export const tombstones = statement(
  'make_tombstones',
  'SELECT make_tombstones($1::uuid[], $2::bigint[])',
  column(number),
);
