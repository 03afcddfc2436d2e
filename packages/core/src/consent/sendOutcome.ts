import type { Database } from '@chasqui/db';
import {
  ForbiddenError,
  NotFoundError,
  REQUEST_CONTENT_MAX_BYTES,
  REQUEST_MESSAGES_MAX,
} from '@chasqui/protocol';
import type { SendRequest } from '../send/send';
import type { Sender } from '../send/sender';
import type { SendReply } from '../send/send';

const STANDING = `SELECT c.requested_id = $2::uuid,
    EXISTS (SELECT FROM participants p WHERE p.conversation_id = c.id AND p.user_id = $2::uuid)
  FROM conversations c WHERE c.id = $1::uuid AND c.requested_id IS NOT NULL AND c.barred IS NULL`;

/** Whether the sender into an unaccepted conversation is the requested user or the requester. */
async function standingOf(
  db: Database,
  { conversationId, senderId }: SendRequest,
): Promise<'asked' | 'asking' | undefined> {
  const [row] = await db.query('standing_in_request', STANDING, [conversationId, senderId]);
  const [isAsked, isParticipant] = (row ?? []) as [boolean?, boolean?];
  if (isAsked === true) return 'asked';
  return isParticipant === true ? 'asking' : undefined;
}

/**
 * A sender that treats a reply by the requested user as an acceptance, and reports why a request accepts no more
 * messages. It queries PostgreSQL only after a refused send, so accepted conversations pay nothing.
 */
export function createConsentingSender(deps: {
  db: Database;
  sender: Sender;
  accept: (userId: string, conversationId: string) => Promise<unknown>;
}): Sender {
  const { db, sender } = deps;
  let answering = 0;
  let onIdle: (() => void)[] = [];

  async function answerRefused(
    refusal: NotFoundError | ForbiddenError,
    request: SendRequest,
    again: () => void,
    reply: SendReply,
  ): Promise<void> {
    answering += 1;
    try {
      const standing = await standingOf(db, request);
      if (refusal instanceof NotFoundError && standing === 'asked') {
        await deps.accept(request.senderId, request.conversationId);
        again();
      } else {
        const isWaiting = refusal instanceof ForbiddenError && standing === 'asking';
        reply.failed(isWaiting ? waiting() : refusal);
      }
    } catch {
      // The refusal is returned even if the query failed.
      reply.failed(refusal);
    }
    answering -= 1;
    if (answering > 0) return;
    for (const resolve of onIdle) resolve();
    onIdle = [];
  }

  return {
    send(id, request, reply) {
      sender.send(id, request, {
        origin: reply.origin,
        stored: (...stored) => reply.stored(...stored),
        repeated: (message) => reply.repeated(message),
        failed(error) {
          if (!(error instanceof NotFoundError || isBlocked(error))) reply.failed(error);
          else {
            const again = (): void => sender.send(id, request, reply);
            void answerRefused(error, request, again, reply);
          }
        },
      });
    },
    async idle() {
      if (answering > 0) await new Promise<void>((resolve) => onIdle.push(resolve));
      await sender.idle();
    },
  };
}

function isBlocked(error: Error): error is ForbiddenError {
  if (!(error instanceof ForbiddenError)) return false;
  const { details } = error;
  return details !== undefined && 'reason' in details && details.reason === 'blocked';
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
