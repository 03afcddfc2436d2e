import { columns, type Database, flag, statement } from '@chasqui/db';
import {
  ForbiddenError,
  NotFoundError,
  REQUEST_CONTENT_MAX_BYTES,
  REQUEST_MESSAGES_MAX,
} from '@chasqui/protocol';
import type { SendRequest } from '../send/send';

const standing = statement(
  'standing_in_request',
  `SELECT c.requested_id = $2::uuid,
    EXISTS (SELECT FROM participants p WHERE p.conversation_id = c.id AND p.user_id = $2::uuid)
  FROM conversations c WHERE c.id = $1::uuid AND c.requested_id IS NOT NULL AND c.barred IS NULL`,
  columns({ isAsked: flag, isParticipant: flag }),
);

/** Whether the sender into an unaccepted conversation is the requested user or the requester. */
async function standingOf(
  db: Database,
  { conversationId, senderId }: SendRequest,
): Promise<'asked' | 'asking' | undefined> {
  const found = await standing.row(db, conversationId, senderId);
  if (found?.isAsked === true) return 'asked';
  return found?.isParticipant === true ? 'asking' : undefined;
}

/** What follows a refused send: another attempt, or the error to answer with. */
export type AfterRefusal = (request: SendRequest, refused: Error) => Promise<'retry' | Error>;

/**
 * Treats a reply by the requested user as an acceptance, and reports why a request accepts no more messages. It queries
 * PostgreSQL only after a refused send, so accepted conversations pay nothing.
 */
export function createAfterRefusal(deps: {
  db: Database;
  accept: (userId: string, conversationId: string) => Promise<unknown>;
}): AfterRefusal {
  return async (request, refused) => {
    try {
      const role = await standingOf(deps.db, request);
      if (refused instanceof NotFoundError && role === 'asked') {
        await deps.accept(request.senderId, request.conversationId);
        return 'retry';
      }
      return refused instanceof ForbiddenError && role === 'asking' ? waiting() : refused;
    } catch {
      // The refusal is returned even if the query failed.
      return refused;
    }
  };
}

function waiting(): ForbiddenError {
  return new ForbiddenError(
    `this person has not accepted the conversation yet: it takes ${REQUEST_MESSAGES_MAX} messages of at most ${REQUEST_CONTENT_MAX_BYTES} bytes until then`,
    { reason: 'requested' },
  );
}

/** Applies the size limit of requests to an edit. Throws ForbiddenError. */
export function checkEditInRequest(isRequested: boolean, content: string): void {
  if (isRequested && Buffer.byteLength(content) > REQUEST_CONTENT_MAX_BYTES) throw waiting();
}
