import { WINDOW } from '@chasqui/protocol';

/** One conversation's share of the window: seqs of messages by others, ascending from `head`. */
export interface Unacknowledged {
  seqs: number[];
  head: number;
  /** The device has acknowledged up to here; earlier entries use no slot. */
  acknowledged: number;
}

/** Bounds the unacknowledged entries of a connection over all conversations (R4). */
export interface SendWindow {
  readonly full: boolean;
  add(held: Unacknowledged, seq: number): void;
  release(held: Unacknowledged, upTo: number): void;
  /** Frees all its slots. */
  forget(held: Unacknowledged): void;
}

export function createSendWindow(): SendWindow {
  let used = 0;

  return {
    get full() {
      return used >= WINDOW;
    },
    add(held, seq) {
      if (seq <= held.acknowledged) return;
      used += 1;
      held.seqs.push(seq);
    },
    release(held, upTo) {
      if (upTo <= held.acknowledged) return;
      held.acknowledged = upTo;
      const before = held.head;
      while (held.head < held.seqs.length && (held.seqs[held.head] as number) <= upTo)
        held.head += 1;
      used -= held.head - before;
      // In steps: dropping one at a time would move the array for every acknowledgement.
      if (held.head > 64 && held.head * 2 > held.seqs.length) {
        held.seqs.splice(0, held.head);
        held.head = 0;
      }
    },
    forget(held) {
      used -= held.seqs.length - held.head;
      held.seqs = [];
      held.head = 0;
    },
  };
}

/** Whether the conversation uses any slot of the window. */
export function isUnacknowledged({ seqs, head }: Unacknowledged): boolean {
  return head < seqs.length;
}
