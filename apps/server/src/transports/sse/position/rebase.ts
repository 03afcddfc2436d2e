import type { ChatCore } from '@chasqui/core';
import type { ChatSelection } from '../subscribe/chatSelection';
import { changedAmong, lastNewSeqs, type MissedChanges, readMissedChanges } from './missedChanges';
import type { PositionTracker } from './positionTracker';
import type { WrittenEntries } from './writtenEntries';

/** Moves the base of a stream's position forward. */
export interface Rebase {
  /**
   * Reads what has changed since the base, writes what the stream has not written yet, and moves the base there once all
   * new entries before it are written. A second call while one is in progress does nothing. Never throws.
   */
  run(): void;
  /** An entry was written. */
  written(): void;
  stop(): void;
}

interface Deps {
  sync: ChatCore['sync'];
  userId: string;
  selection: ChatSelection;
  tracker: PositionTracker;
  writtenEntries: WrittenEntries;
  /** Writes a typed event of the stream's own. */
  write: (event: string, data: object) => void;
  failed: (error: unknown) => void;
}

export function createRebase(deps: Deps): Rebase {
  const { sync, userId, selection, tracker, writtenEntries, write } = deps;
  let isRunning = false;
  let isStopped = false;
  let isFirst = true;
  let awaited: { seqs: Map<string, number>; resolve: () => void } | undefined;

  function check(): void {
    if (awaited === undefined) return;
    for (const [id, seq] of awaited.seqs) {
      if ((tracker.sentUpTo(id) ?? 0) >= seq) awaited.seqs.delete(id);
    }
    if (awaited.seqs.size > 0) return;
    awaited.resolve();
    awaited = undefined;
  }

  async function rebase(): Promise<void> {
    const since = tracker.cursor;
    const missed = await readMissedChanges(sync, userId, since);
    if (missed === undefined || isStopped) return;
    writeMissed(missed);
    const seqs = lastNewSeqs(missed);
    for (const id of [...seqs.keys()]) if (!selection.hasConversation(id)) seqs.delete(id);
    await new Promise<void>((resolve) => {
      awaited = { seqs, resolve };
      check();
    });
    if (isStopped) return;
    const then = tracker.snapshot();
    const covered = await sync.coveredBy(userId, missed.cursor);
    tracker.moveTo(missed.cursor, covered, then);
    writtenEntries.clear();
    isFirst = false;
  }

  function writeMissed(missed: MissedChanges): void {
    if (isFirst) {
      for (const conversation of missed.conversations) {
        if (selection.hasConversation(conversation.id)) write('conversation-updated', conversation);
      }
      for (const receipt of missed.receipts) {
        if (selection.hasConversation(receipt.conversation_id)) write('receipt-updated', receipt);
      }
    }
    for (const message of changedAmong(missed)) {
      if (selection.hasConversation(message.conversation_id) && !writtenEntries.has(message))
        write('message-updated', message);
    }
    for (const conversationId of missed.removed) {
      tracker.forget(conversationId);
      if (selection.hasConversation(conversationId))
        write('conversation-removed', { conversationId });
    }
  }

  return {
    run() {
      if (isRunning || isStopped) return;
      isRunning = true;
      rebase()
        .catch(deps.failed)
        .finally(() => {
          isRunning = false;
        });
    },
    written: check,
    stop() {
      isStopped = true;
      awaited?.resolve();
      awaited = undefined;
    },
  };
}
