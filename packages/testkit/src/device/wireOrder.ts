import type { BriefMessage, Message } from '@chasqui/protocol';

/** Two consecutive seqs on the wire that do not differ by one. */
export interface Gap {
  conversationId: string;
  from: number;
  to: number;
}

/** Tracks and checks the order of seqs on one connection: frames, and the answers that replace them. */
export interface WireOrder {
  readonly gaps: Gap[];
  /** Starts over for a new connection. */
  reset(): void;
  /** A message arrived as an event. */
  frame(message: Pick<Message, 'id' | 'seq' | 'conversation_id'>): void;
  /** The answer to an own send arrived. */
  answer(
    message: Pick<Message, 'id' | 'seq' | 'conversation_id'> | BriefMessage,
    isRetry: boolean,
  ): void;
  /** Seqs in wire order. */
  seqs(conversationId: string): number[];
  /** The seq up to which frames have arrived without a gap; 0 before the first frame. */
  completeUpTo(conversationId: string): number;
}

export function createWireOrder(options: {
  allowsGaps: boolean;
  onViolation: (violation: string) => void;
}): WireOrder {
  const gaps: Gap[] = [];
  let onWire = new Map<string, number[]>();
  /** Seqs of answers that arrived before their turn, by conversation: the next frame comes after them. */
  let early = new Map<string, Set<number>>();
  /** Conversations with at least one frame on this connection. */
  let hasFrames = new Set<string>();
  /** Messages whose answer to a retry was counted as their place. */
  const answeredEarly = new Set<string>();

  function place(conversationId: string, seq: number): void {
    const wire = onWire.get(conversationId) ?? [];
    const last = wire.at(-1);
    if (last !== undefined && seq > last + 1 && options.allowsGaps) {
      gaps.push({ conversationId, from: last, to: seq });
    } else if (last !== undefined && seq !== last + 1) {
      options.onViolation(`${seq} after ${last} in ${conversationId}`);
    }
    wire.push(seq);
    const answers = early.get(conversationId);
    for (let next = seq + 1; answers?.delete(next) === true; next += 1) wire.push(next);
    onWire.set(conversationId, wire);
  }

  return {
    gaps,
    reset() {
      onWire = new Map();
      early = new Map();
      hasFrames = new Set();
      answeredEarly.clear();
    },
    frame({ id, conversation_id: conversationId, seq }) {
      // The answer to a retry of a stored message comes immediately; this frame is the message's real place.
      if (answeredEarly.delete(id)) return;
      // Only the first frame shows whether the answers before it were early.
      const wire = onWire.get(conversationId);
      if (wire !== undefined && !hasFrames.has(conversationId) && seq < (wire[0] ?? 0)) {
        early.set(conversationId, new Set([...wire, ...(early.get(conversationId) ?? [])]));
        onWire.delete(conversationId);
      }
      hasFrames.add(conversationId);
      place(conversationId, seq);
    },
    /**
     * An answer replaces the message's frame. It may be early while earlier entries are delayed, but never late.
     * The answer to a retry may come at any later time, because the message already has its place.
     */
    answer({ id, conversation_id: conversationId, seq }, isRetry) {
      const last = onWire.get(conversationId)?.at(-1);
      if (seq === (last ?? 0) + 1 || (!isRetry && (last === undefined || seq <= last))) {
        place(conversationId, seq);
        if (isRetry) answeredEarly.add(id);
      } else if (last === undefined || seq > last) {
        if (isRetry) answeredEarly.add(id);
        early.set(conversationId, (early.get(conversationId) ?? new Set()).add(seq));
      }
    },
    seqs: (conversationId) => onWire.get(conversationId) ?? [],
    completeUpTo: (conversationId) =>
      hasFrames.has(conversationId) ? (onWire.get(conversationId)?.at(-1) ?? 0) : 0,
  };
}
