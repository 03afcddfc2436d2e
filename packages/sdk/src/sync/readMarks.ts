import { messageRead, noAnswer, position } from '@chasqui/protocol';
import type { Clock, Timer } from '../scheduling/clock';
import type { ChatSocket } from '../transport/socket';
import { isTransient } from '../errors';
import type { Storage } from '../storage/storage';

/** Read positions that the server has not acknowledged yet, including those set while offline. */
export interface ReadMarks {
  /** Loads the unacknowledged positions of earlier runs, by conversation. */
  restore(): Promise<ReadonlyMap<string, number>>;
  mark(conversationId: string, seq: number): void;
  connect(socket: Pick<ChatSocket, 'request'> | undefined): void;
  /** Stops sending and stores the unacknowledged positions. */
  stop(): Promise<void>;
}

const GATHER_MS = 100;
const RETRY_MS = 2_000;

export function createReadMarks(storage: Storage, userId: string, clock: Clock): ReadMarks {
  const prefix = `user/${userId}/reads/`;
  const marks = new Map<string, number>();
  const stored = new Set<string>();
  let socket: Pick<ChatSocket, 'request'> | undefined;
  let timer: Timer | undefined;
  let isStopped = false;

  const soon = (ms: number): void => {
    if (!isStopped) timer ??= clock.setTimeout(sendAll, ms);
  };

  function sendAll(): void {
    timer = undefined;
    for (const [id, seq] of marks) void send(id, seq);
  }

  /** Idempotent: the server keeps the highest position (D6). */
  async function send(conversationId: string, seq: number): Promise<void> {
    try {
      if (socket === undefined) return await store(conversationId, seq);
      await socket.request(messageRead, noAnswer, { conversationId, seq });
    } catch (error) {
      if (isTransient(error)) {
        soon(RETRY_MS);
        return store(conversationId, seq);
      }
      // Refused: the user left, or the position lies past the end. A retry cannot succeed.
    }
    if (marks.get(conversationId) === seq) {
      marks.delete(conversationId);
      if (stored.delete(conversationId)) await storage.write([{ key: prefix + conversationId }]);
    }
  }

  async function store(conversationId: string, seq: number): Promise<void> {
    stored.add(conversationId);
    await storage.write([{ key: prefix + conversationId, value: seq }]).catch(() => undefined);
  }

  return {
    async restore() {
      for (const { key, value } of await storage.list(prefix)) {
        const seq = position.safeParse(value);
        const id = key.slice(prefix.length);
        if (seq.success && seq.data > (marks.get(id) ?? 0)) marks.set(id, seq.data);
        stored.add(id);
      }
      return new Map(marks);
    },
    mark(conversationId, seq) {
      if (seq <= (marks.get(conversationId) ?? 0)) return;
      marks.set(conversationId, seq);
      soon(GATHER_MS);
    },
    connect(to) {
      socket = to;
      if (to !== undefined && marks.size > 0) soon(0);
    },
    async stop() {
      isStopped = true;
      timer?.cancel();
      await Promise.all([...marks].map(([id, seq]) => store(id, seq)));
    },
  };
}
