import {
  columns,
  command,
  guarded,
  inTransaction,
  nullable,
  number,
  oneOf,
  statement,
  text,
  withTransaction,
} from '@chasqui/db';
import { type Conversation, type ConversationEvent, NotFoundError } from '@chasqui/protocol';
import { lockConversation, openResting } from './lockConversation';
import type { Entry } from '../ports/index';
import { checkMaySetRetention } from '../retention/checkMaySetRetention';
import { retentionChange, type PresentRetention } from '../retention/retentionChange';
import { appendEvent, type RowChange } from './appendEvent';
import { checkMayRename } from './group/checkMayRename';
import type { ChangeDeps } from './changeDeps';
import { announceGroupUpdate, readGroupUpdate } from './group/groupUpdate';
import { readConversations } from './read/readConversations';

interface Deps extends ChangeDeps {
  /** Longest retention that the instance allows, seconds; null: unlimited. */
  maxRetentionS?: number | null;
}

/** The fields to change; omitted fields stay unchanged. */
export interface ConversationChange {
  title?: string | undefined;
  /** Seconds for which the content of future messages is kept; null: forever. */
  retentionS?: number | null | undefined;
  /** Also applies the retention to existing messages. In a direct conversation this requires both users to ask for it. */
  applyToHistory?: boolean | undefined;
}

const presentState = statement(
  'present_retention',
  `SELECT c.type, c.title, c.retention_s, c.barred, p.role, c.history_request_by, c.history_request_s, c.history_limit_s
   FROM conversations c JOIN participants p ON p.conversation_id = c.id AND p.user_id = $2::uuid
   WHERE c.id = $1::uuid`,
  columns<PresentRetention>({
    type: oneOf('direct', 'group'),
    title: nullable(text),
    retentionS: nullable(number),
    barred: nullable(oneOf('blocked', 'deleted')),
    role: oneOf('admin', 'moderator', 'member'),
    historyRequestBy: nullable(text),
    historyRequestS: nullable(number),
    historyLimitS: nullable(number),
  }),
);

const keepRetention = command(
  'keep_retention',
  `UPDATE conversations SET retention_s = $2::integer, history_request_by = $3::uuid, history_request_s = $4::integer
   WHERE id = $1::uuid`,
);

const applyToLog = command(
  'apply_retention',
  'SELECT apply_retention_to_history($1::uuid, $2::integer)',
);

/**
 * Applies all changes or none. Values that are already set change nothing and announce nothing. Each change appends an
 * event entry, and all of them share one `conversation:updated`. Throws NotFoundError unless the user is a participant
 * (D9), and the ForbiddenError and ValidationError of `checkMayRename` and `checkMaySetRetention`.
 */
export async function changeConversation(
  { db, announce, maxRetentionS = null }: Deps,
  userId: string,
  conversationId: string,
  { title, retentionS, applyToHistory = false }: ConversationChange,
): Promise<Conversation> {
  return guarded(async () => {
    const { conversation, update, entries } = await withTransaction(db, async (transaction) => {
      const locked = await lockConversation(transaction, conversationId);
      // Memberships and roles change only under this lock, so this state is valid until the commit.
      const on = inTransaction(transaction);
      const present = await presentState.row(on, conversationId, userId);
      if (locked === undefined || present === undefined) throw new NotFoundError();
      if (title !== undefined) checkMayRename(present);
      if (retentionS !== undefined) checkMaySetRetention(present, retentionS, maxRetentionS);

      const renames = title !== undefined && title !== present.title;
      const retention =
        retentionS === undefined
          ? undefined
          : retentionChange(present, userId, retentionS, applyToHistory);
      if (renames || retention !== undefined) await openResting(transaction, locked);
      let group = locked;
      const entries: Entry[] = [];
      const append = async (event: ConversationEvent, row: RowChange = {}): Promise<void> => {
        const appended = await appendEvent(db, transaction, group, userId, event, row);
        group = appended.group;
        entries.push(appended.entry);
      };
      if (renames) await append({ type: 'title', title }, { title });
      if (retention !== undefined) {
        const { event, request } = retention;
        const { by = null, seconds = null } = request ?? {};
        await keepRetention.run(on, conversationId, event.retention_s, by, seconds);
        if (event.apply_to_history) await applyToLog.run(on, conversationId, event.retention_s);
        await append(event);
      }
      const [conversation] = await readConversations(db, userId, [conversationId], {
        ...{ preview: false, transaction },
      });
      return {
        ...{ conversation, entries },
        update: entries.length > 0 ? await readGroupUpdate(db, transaction, group) : undefined,
      };
    });
    if (update !== undefined) announceGroupUpdate(announce, update, entries);
    if (conversation === undefined) throw new NotFoundError();
    return conversation;
  });
}
