import type { Clock, Timer } from '@chasqui/foundation';
import { UnavailableError } from '@chasqui/protocol';
import type { Connection } from '../connection';
import type { AckTarget } from '../../receipts/receipts';

export interface LateAcknowledgement {
  connection: Connection;
  target: AckTarget;
  status: 'delivered' | 'read';
}

/**
 * Acknowledgements that PostgreSQL did not answer, retried every second until it does: a client may have asked for no
 * answer and will not repeat them (D6, D11). A retry is harmless, because positions only rise. They are dropped with
 * the connection: the device receives unacknowledged entries again when it reconnects (D4).
 */
export interface LateAcknowledgements {
  /** Keeps the acknowledgement if retrying can help; of several in one conversation, the furthest. */
  keep(late: LateAcknowledgement, reason: unknown): void;
}

const RETRY_MS = 1_000;
/** Beyond this, further ones are dropped, as they would be by a restart. */
const MAX_KEPT = 100_000;

export function createLateAcknowledgements(
  clock: Clock,
  acknowledge: (late: LateAcknowledgement) => Promise<void>,
): LateAcknowledgements {
  let kept = new Map<string, LateAcknowledgement>();
  let timer: Timer | undefined;
  let trying = false;

  function keep(late: LateAcknowledgement, reason: unknown): void {
    const { connection, target, status } = late;
    if (!(reason instanceof UnavailableError) || connection.isClosed()) return;
    const what = 'seq' in target ? target.conversationId : target.messageId;
    const key = `${connection.id} ${status} ${what}`;
    const before = kept.get(key);
    if (before === undefined ? kept.size < MAX_KEPT : isFurther(target, before.target)) {
      kept.set(key, late);
    }
    schedule();
  }

  function schedule(): void {
    if (timer !== undefined || trying || kept.size === 0) return;
    timer = clock.setTimeout(() => {
      timer = undefined;
      void retry();
    }, RETRY_MS);
  }

  async function retry(): Promise<void> {
    trying = true;
    const due = [...kept.values()].filter(({ connection }) => !connection.isClosed());
    kept = new Map();
    await Promise.all(
      due.map((late) => acknowledge(late).catch((reason: unknown) => keep(late, reason))),
    );
    trying = false;
    schedule();
  }

  return { keep };
}

function isFurther(one: AckTarget, other: AckTarget): boolean {
  return 'seq' in one && 'seq' in other && one.seq > other.seq;
}
