import { openFrameSocket } from '../wire/frames';

interface Entry {
  conversation_id: string;
  seq: number;
  kind: 'message' | 'event';
}

export interface ReceiverOptions {
  readonly url: string;
  readonly token: string;
  readonly deviceId?: string;
  /** Whether the server may send several messages per frame. Default: true. */
  readonly batch?: boolean;
  /** How long an acknowledgement may be delayed to cover more messages. */
  readonly acknowledgeWithinMs?: number;
  readonly arrived: (entry: Entry) => void;
  readonly lost: (error: Error) => void;
  /** Called when the backlog has been sent. */
  readonly queueEmpty?: () => void;
}

// Often enough that the delivery window of 1,000 never fills, rarely enough to be cheap. An acknowledgement covers all
// earlier messages (D6).
const ACKNOWLEDGE_AFTER = 100;
const ACKNOWLEDGE_WITHIN_MS = 100;

/** Connects a device that acknowledges continuously and fails on a gap or a repetition (D3, D4). */
export async function createReceiver(options: ReceiverOptions): Promise<{ close(): void }> {
  const { acknowledgeWithinMs = ACKNOWLEDGE_WITHIN_MS } = options;
  const last = new Map<string, number>();
  const due = new Set<string>();
  let count = 0;
  let timer: NodeJS.Timeout | undefined;

  const acknowledge = (): void => {
    clearTimeout(timer);
    timer = undefined;
    count = 0;
    for (const conversationId of due) {
      const seq = last.get(conversationId);
      socket.emit('chat:message_delivered', JSON.stringify({ conversationId, seq }));
    }
    due.clear();
  };
  const take = (entry: Entry): void => {
    const before = last.get(entry.conversation_id);
    if (before !== undefined && entry.seq !== before + 1) {
      options.lost(new Error(`seq ${entry.seq} arrived after ${before}`));
    }
    last.set(entry.conversation_id, entry.seq);
    due.add(entry.conversation_id);
    count += 1;
    options.arrived(entry);
  };
  const socket = await openFrameSocket({
    url: options.url,
    auth: {
      token: options.token,
      deviceId: options.deviceId ?? 'bench',
      brief: true,
      batch: options.batch ?? true,
    },
    onEvent(event, payload) {
      if (event === 'chat:messages_received')
        (payload as { messages: Entry[] }).messages.forEach(take);
      else if (event === 'chat:message_received') take(payload as Entry);
      else if (event === 'chat:queue_empty') options.queueEmpty?.();
      else return;
      if (count >= ACKNOWLEDGE_AFTER) acknowledge();
      else if (count > 0) timer ??= setTimeout(acknowledge, acknowledgeWithinMs);
    },
    lost: options.lost,
  });
  return {
    close() {
      if (count > 0) acknowledge();
      socket.close();
    },
  };
}
