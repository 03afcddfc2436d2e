import { column, statement, text } from '@chasqui/db';
import { isBlockedBetween } from '../../blocks/isBlockedBetween';

/** Open rows are few; resting rows are in the order of their last activity in an index. */
export const presenceAudienceOf = statement(
  'presence_audience',
  `SELECT DISTINCT o.user_id
   FROM (
     (SELECT p.conversation_id FROM participants p
      WHERE uuid_send(p.user_id) = uuid_send($1::uuid) AND p.open LIMIT $3::integer)
     UNION ALL
     (SELECT p.conversation_id FROM participants p WHERE p.user_id = $1::uuid AND NOT p.open
      ORDER BY p.activity_at DESC, p.conversation_id DESC LIMIT $3::integer)
     LIMIT $3::integer
   ) mine
   CROSS JOIN LATERAL (
     SELECT c.id FROM conversations c WHERE c.id = mine.conversation_id
       AND (c.type = 'direct' OR c.participant_count <= $2::integer) OFFSET 0
   ) c
   JOIN participants o ON o.conversation_id = c.id AND o.user_id <> $1::uuid
   WHERE NOT ${isBlockedBetween('$1::uuid', 'o.user_id')}`,
  column(text),
);

export const sharingConversation = statement(
  'shares_conversation',
  `SELECT o.id FROM unnest($2::uuid[]) AS o (id)
   WHERE o.id = $1::uuid OR (EXISTS (
     SELECT FROM participants mine
     JOIN participants theirs ON theirs.conversation_id = mine.conversation_id AND theirs.user_id = o.id
     WHERE mine.user_id = $1::uuid) AND NOT ${isBlockedBetween('$1::uuid', 'o.id')})`,
  column(text),
);
