import { messageDelivered } from '@pern/protocol/commands/messageDelivered';
import { noAnswer } from '@pern/protocol/commands/command';
import type { Clock, Timer } from '../clock';
import { isPassing } from '../errors';
import type { ChatSocket } from './socket';

/** Tells the server on one connection what this device has, so that it is not sent again and the window moves on. */
export interface Acknowledger {
  /** Frames came, in the order of seq (D3). */
  received(entries: readonly { conversation_id: string; seq: number }[]): void;
  /** The answer to a send, which takes the place of its frame, or came before its place. */
  answered(conversationId: string, seq: number): void;
  /** `chat:queue_empty`: whatever this device had not acknowledged has been sent. */
  drained(): void;
  /** Acknowledges nothing more. */
  stop(): void;
}

interface Deps {
  socket: Pick<ChatSocket, 'ask'>;
  clock: Clock;
  /** Whether this client has this entry, by whatever door. */
  has: (conversationId: string, seq: number) => boolean;
}

const GATHER_MS = 50;
const GATHER_MAX = 100;
const RETRY_MS = 1_000;

/**
 * Gathers for 50 ms or 100 entries: one acknowledgement covers all before it in its conversation (D6). It goes no
 * further than what came without a gap, because what is acknowledged is not sent again (D4).
 */
export function createAcknowledger({ socket, clock, has }: Deps): Acknowledger {
  /** By conversation, up to where everything has come on this connection. */
  const reached = new Map<string, number>();
  /** Answers beyond that. */
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
      await socket.ask(messageDelivered, noAnswer, { conversationId, seq });
    } catch (error) {
      // Lost with the connection: it is sent again, and acknowledged then.
      if (isStopped || !isPassing(error)) return;
      due.add(conversationId);
      timer ??= clock.setTimeout(flush, RETRY_MS);
    }
  }

  /** The first of this connection in its conversation: nothing was sent before it, or it is here all the same. */
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
