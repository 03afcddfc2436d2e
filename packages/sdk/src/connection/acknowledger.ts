import { messageDelivered, noAnswer } from '@chasqui/protocol';
import type { Clock, Timer } from '../scheduling/clock';
import { isTransient } from '../errors';
import type { ChatSocket } from '../transport/socket';

/** Acknowledges entries on one connection, so that the server does not resend them and advances its window. */
export interface Acknowledger {
  /** Entries arrived in frames, ascending by seq (D3). */
  received(entries: readonly { conversation_id: string; seq: number }[]): void;
  /** A send was answered. The reply replaces the entry's frame and may arrive before earlier entries. */
  answered(conversationId: string, seq: number): void;
  /** `chat:queue_empty` arrived: the server has resent everything this device had not acknowledged. */
  drained(): void;
  /** Stops acknowledging. */
  stop(): void;
}

interface Deps {
  socket: Pick<ChatSocket, 'request'>;
  clock: Clock;
  /** Whether this client has this entry from any source. */
  has: (conversationId: string, seq: number) => boolean;
}

const GATHER_MS = 50;
const GATHER_MAX = 100;
const RETRY_MS = 1_000;

/**
 * Collects entries for 50 ms or up to 100: one acknowledgement covers all earlier entries of its conversation (D6). It
 * never acknowledges past a gap, because acknowledged entries are not sent again (D4).
 */
export function createAcknowledger({ socket, clock, has }: Deps): Acknowledger {
  /** By conversation: the seq up to which this connection has received everything. */
  const reached = new Map<string, number>();
  /** By conversation: seqs of send replies beyond that. */
  const early = new Map<string, Set<number>>();
  const due = new Set<string>();
  let gathered = 0;
  let isDrained = false;
  let isStopped = false;
  let timer: Timer | undefined;

  function reach(conversationId: string, seq: number): void {
    let upTo = Math.max(seq, reached.get(conversationId) ?? 0);
    const answers = early.get(conversationId);
    while (answers?.delete(upTo + 1) === true) upTo += 1;
    reached.set(conversationId, upTo);
    due.add(conversationId);
    gathered += 1;
    if (gathered >= GATHER_MAX) flush();
    else timer ??= clock.setTimeout(flush, GATHER_MS);
  }

  function flush(): void {
    timer?.cancel();
    timer = undefined;
    gathered = 0;
    if (isStopped) return;
    const ids = [...due];
    due.clear();
    for (const id of ids) void acknowledge(id, reached.get(id) ?? 0);
  }

  async function acknowledge(conversationId: string, seq: number): Promise<void> {
    try {
      await socket.request(messageDelivered, noAnswer, { conversationId, seq });
    } catch (error) {
      // Lost with the connection: the entries are resent on the next one and acknowledged there.
      if (isStopped || !isTransient(error)) return;
      due.add(conversationId);
      timer ??= clock.setTimeout(flush, RETRY_MS);
    }
  }

  /** Whether acknowledging may start here: no earlier entry can still be in flight on this connection. */
  function startsAt(conversationId: string, seq: number): boolean {
    return seq === 1 || (isDrained && has(conversationId, seq - 1));
  }

  return {
    received(entries) {
      for (const { conversation_id: id, seq } of entries) reach(id, seq);
    },
    answered(conversationId, seq) {
      const upTo = reached.get(conversationId);
      if (upTo === undefined ? startsAt(conversationId, seq) : seq === upTo + 1) {
        return reach(conversationId, seq);
      }
      if (upTo !== undefined && seq <= upTo) return;
      const answers = early.get(conversationId) ?? new Set();
      early.set(conversationId, answers.add(seq));
    },
    drained() {
      isDrained = true;
      for (const [id, answers] of early) {
        const first = Math.min(...answers);
        if (!reached.has(id) && startsAt(id, first) && answers.delete(first)) reach(id, first);
      }
    },
    stop() {
      isStopped = true;
      timer?.cancel();
    },
  };
}
