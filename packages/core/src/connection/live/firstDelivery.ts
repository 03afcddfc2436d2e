import { type Database, guarded } from '@chasqui/db';
import { NotFoundError } from '@chasqui/protocol';
import type { Watermarks } from '../../receipts/watermarks';
import { type BacklogConversation, readBacklog } from '../backlog/backlog';
import type { Follows } from '../start/followed';
import { readResumed, receivedBy, type ResumePoint } from '../start/resumePoint';

/** A device that connects. */
interface Opening {
  userId: string;
  deviceNo: number;
  follows: Follows;
  resume: ResumePoint | undefined;
  /** The position of `resume.cursor` in the user's change log. */
  since: number;
}

/**
 * What a new connection delivers first: the backlog of the device, or what follows the point at which the client
 * resumes. Resolves after the acknowledgements that follow from that point are committed.
 */
export function createFirstDelivery(deps: {
  db: Database;
  watermarks: Watermarks;
  /** Runs reads of opening connections, a few at a time. */
  whenOpening: <T>(read: () => Promise<T>) => Promise<T>;
}): (opening: Opening) => Promise<BacklogConversation[]> {
  const { db, watermarks, whenOpening } = deps;

  return async ({ userId, deviceNo, follows, resume, since }) => {
    // Nothing is read ahead for conversations that the client names later.
    if (resume === undefined && follows.length === 0) return [];
    const backlog = await whenOpening(() => guarded(() => readBacklog(db, userId, deviceNo)));
    if (resume === undefined) return backlog;

    const found = await whenOpening(() =>
      guarded(() => readResumed(db, userId, since, resume.seqs)),
    );
    const received = receivedBy(backlog, found).filter(
      ({ conversationId }) => follows === 'all' || follows.includes(conversationId),
    );
    await Promise.all(
      received.map(({ conversationId, seq }) =>
        watermarks
          .acknowledge({ userId, deviceNo, conversationId, seq, status: 'delivered' })
          .catch((error: unknown) => {
            // The membership has ended since.
            if (!(error instanceof NotFoundError)) throw error;
          }),
      ),
    );
    return found.filter(({ position, lastSeq }) => position < lastSeq);
  };
}
