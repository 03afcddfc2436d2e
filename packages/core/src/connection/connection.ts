import type { BacklogConversation } from './backlog';
import { amend, type ChangedEntry } from '../cache/changedEntries';
import { newCursor, nextEntry, type Cursor } from './cursor';
import { createGapReader, type GapReader } from './gapReader';
import type { LocalConversation } from '../cache/conversationCache';
import { createOutbox, type Outbox } from './frameBatcher';
import { type AnswerSend, createOwnSends, type OwnSends } from './pendingReplies';
import type { EntryHint, Gauges, Outlet } from '../ports/index';
import type { Clock } from '@chasqui/foundation';
import { createSendWindow, isUnacknowledged } from './sendWindow';

export interface ConnectionDeps {
  userId: string;
  deviceNo: number;
  batch: boolean;
  outlet: Outlet;
  clock: Clock;
  gauges: Gauges;
  /** Reads the next entries after these positions, for this user, as `readEntries` does. */
  readEntries: (
    after: { conversationId: string; seq: number }[],
    limit: number,
  ) => Promise<Map<string, EntryHint[]>>;
  /** Where the device stands in one conversation; undefined for a non-participant. */
  readPosition: (
    conversationId: string,
  ) => Promise<{ position: number; lastSeq: number } | undefined>;
  /** A read failed; the connection tries again by itself. */
  onReadFailed: (error: unknown) => void;
}

/**
 * The delivery path of one connection (RULES.md, R3 and R4): whatever happens, it only learns that a
 * conversation holds something up to `target`, and the pump sends the next seq after `sent` until it
 * is there. The next entry comes from the hint itself, from the node's memory, or from PostgreSQL.
 */
export interface Connection {
  readonly userId: string;
  readonly deviceNo: number;
  readonly outlet: Outlet;
  /** The device's backlog as read at connect. */
  begin(backlog: BacklogConversation[]): void;
  start(): void;
  /** A live entry, which need not be the next one. */
  offer(local: LocalConversation, entry: EntryHint): void;
  /**
   * An entry was changed. It is told at once; when the entry itself is still to be sent, it is sent as it is
   * now, so that what comes last is never older.
   */
  changed(change: ChangedEntry): void;
  /** There is something up to lastSeq; `position` is used where the connection has no cursor yet. */
  expect(conversationId: string, lastSeq: number, position: number | undefined): void;
  /** The device has acknowledged up to seq. */
  release(conversationId: string, seq: number): void;
  /** A send of this connection is under way: its entry is answered, not sent. */
  sending(messageId: string): void;
  /** The send was a repeat: `answer` is called once its entry has been sent as a frame (D3). */
  repeated(sendId: string, conversationId: string, seq: number, answer: AnswerSend): void;
  /** The send failed. */
  sendEnded(messageId: string, conversationId: string): void;
  /** The send was committed: `answer` is called at its place in the order of seq (D3). */
  sent(messageId: string, conversationId: string, seq: number, answer: AnswerSend): void;
  /** Writes answers that have waited longer than their patience: early is allowed, late is not. */
  answerOverdue(): void;
  hasAnswersDue(): boolean;
  wasSent(conversationId: string, seq: number): boolean;
  /** When the window is full: the conversations in which the device has something to acknowledge. */
  blockedBy(): string[];
  forget(conversationId: string): void;
  isClosed(): boolean;
  close(): void;
}

/** Own sends that were answered before their place because the client does not acknowledge others'. */
const MAX_EARLY_ANSWERS = 10_000;

type Outcome = 'done' | 'read' | 'held' | 'blocked';

export function createConnection(deps: ConnectionDeps): Connection {
  const { userId, outlet } = deps;
  const cursors = new Map<string, Cursor>();
  const window = createSendWindow();
  // Most connections are idle most of the time: each of these is made when it is first needed.
  let own: OwnSends | undefined;
  let outbox: Outbox | undefined;
  let reader: GapReader | undefined;
  const ownSends = (): OwnSends => (own ??= createOwnSends(deps.clock));
  const gapReader = (): GapReader => (reader ??= createGapReader({ ...deps, onRead }));
  const queue: Cursor[] = [];
  let started = false;
  let closed = false;
  let pumping = false;
  let blocked = false;
  let draining = false;
  let backlogLeft = 0;
  let backlogSent = 0;
  let emptyTold = false;

  function cursorOf(conversationId: string): Cursor {
    let cursor = cursors.get(conversationId);
    if (cursor === undefined) {
      cursor = newCursor(conversationId);
      cursors.set(conversationId, cursor);
    }
    return cursor;
  }

  /** Gives an idle cursor to who can move it on. */
  function enqueue(cursor: Cursor): void {
    if (cursor.state !== 'idle' || closed) return;
    if (cursor.sent === undefined) {
      cursor.state = 'reading';
      gapReader().locate(cursor);
    } else if (cursor.sent < cursor.target) {
      cursor.state = 'queued';
      queue.push(cursor);
    }
  }

  /** PostgreSQL has said what it has for these cursors; those without a position are no participant's. */
  function onRead(read: Cursor[]): void {
    if (closed) return;
    for (const cursor of read) {
      cursor.changed = [];
      if (cursor.state !== 'reading') continue;
      cursor.state = 'idle';
      if (cursor.sent === undefined) forget(cursor.conversationId);
      else {
        own?.passed(cursor, cursor.sent);
        if (cursor.sent >= cursor.target) reachGoal(cursor);
        enqueue(cursor);
      }
    }
    pump();
  }

  /** Sends what is due in one conversation. */
  function advance(cursor: Cursor): Outcome {
    // Writing may close the connection or forget the conversation.
    while (cursor.state === 'queued' && !closed) {
      const sent = cursor.sent as number;
      if (sent >= cursor.target) break;
      const entry = nextEntry(cursor, userId, deps.clock.now());
      if (entry === undefined) return 'read';
      if (entry.seq > sent + 1) own?.passed(cursor, entry.seq - 1);

      const mayBeOwn = entry.origin === null || entry.origin === outlet.id;
      // Committed, but our own send has not been answered yet: its answer belongs here.
      if (mayBeOwn && own?.isUnderWay(entry.id) === true) return 'held';
      const answer = mayBeOwn ? own?.reach(entry.id) : undefined;
      if (typeof answer === 'function') outbox?.flush();
      const isAnswered = typeof answer === 'function' ? answer() : answer === 'answered';
      if (!isAnswered) {
        const counts = entry.counts && entry.senderId !== userId;
        if (counts && window.full) return 'blocked';
        if (!outlet.writable()) {
          waitForDrain();
          return 'blocked';
        }
        if (counts) window.add(cursor.unacknowledged, entry.seq);
        if (cursor.goal !== 0) backlogSent += 1;
        cursor.sent = entry.seq;
        outbox ??= createOutbox(deps);
        outbox.write(entry);
        if (own?.isFollowed(cursor, entry.seq) === true) {
          outbox.flush();
          own.passed(cursor, entry.seq);
        }
      } else {
        cursor.sent = entry.seq;
      }
      if (entry.seq >= cursor.goal) reachGoal(cursor);
    }
    return 'done';
  }

  function reachGoal(cursor: Cursor): void {
    if (cursor.goal === 0) return;
    cursor.goal = 0;
    backlogLeft -= 1;
  }

  function pump(): void {
    if (!started || closed || pumping) return;
    pumping = true;
    blocked = false;
    try {
      for (let cursor = queue[0]; cursor !== undefined && !blocked; cursor = queue[0]) {
        const outcome = advance(cursor);
        if (outcome === 'blocked') blocked = true;
        else {
          queue.shift();
          if (cursor.state === 'queued') settle(cursor, outcome);
        }
      }
    } finally {
      pumping = false;
    }
    if (!blocked) reader?.read();
    if (backlogLeft === 0) tellEmpty();
  }

  function settle(cursor: Cursor, outcome: Exclude<Outcome, 'blocked'>): void {
    if (outcome === 'done') cursor.state = 'idle';
    else if (outcome === 'held') cursor.state = 'held';
    else {
      cursor.state = 'reading';
      gapReader().want(cursor);
    }
  }

  function tellEmpty(): void {
    if (emptyTold || closed) return;
    emptyTold = true;
    outbox?.flush();
    outlet.emit('chat:queue_empty', `{"delivered":${backlogSent}}`);
  }

  function waitForDrain(): void {
    if (draining) return;
    draining = true;
    outbox?.flush();
    outlet.whenWritable(() => {
      draining = false;
      pump();
    });
  }

  function resume(cursor: Cursor): void {
    if (cursor.state !== 'held') return;
    cursor.state = 'idle';
    enqueue(cursor);
  }

  function forget(conversationId: string): void {
    const cursor = cursors.get(conversationId);
    if (cursor === undefined) return;
    cursors.delete(conversationId);
    cursor.state = 'gone';
    cursor.page = [];
    window.forget(cursor.unacknowledged);
    reachGoal(cursor);
    own?.passed(cursor, Infinity);
    pump();
  }

  return {
    userId,
    deviceNo: deps.deviceNo,
    outlet,
    begin(backlog) {
      for (const { conversationId, position, lastSeq } of backlog) {
        const cursor = cursorOf(conversationId);
        // A live entry may have made us ask for the position before, and the answer may be newer.
        cursor.sent ??= position;
        cursor.target = Math.max(cursor.target, lastSeq);
        if (cursor.sent >= lastSeq) continue;
        cursor.goal = lastSeq;
        backlogLeft += 1;
        enqueue(cursor);
      }
    },
    start() {
      started = true;
      pump();
    },
    offer(local, entry) {
      const cursor = cursorOf(local.id);
      cursor.local = local;
      if (cursor.sent !== undefined && entry.seq <= cursor.sent) return;
      if (entry.seq > cursor.target) cursor.target = entry.seq;
      enqueue(cursor);
      if (cursor.state === 'queued' && !blocked) pump();
    },
    changed(change) {
      const cursor = cursors.get(change.conversationId);
      if (cursor !== undefined && (cursor.sent === undefined || cursor.sent < change.seq)) {
        amend(cursor.page, change);
        if (cursor.state === 'reading') cursor.changed.push(change);
      }
      outbox?.flush();
      outlet.emit('chat:message_updated', change.json);
    },
    expect(conversationId, lastSeq, position) {
      const cursor = cursorOf(conversationId);
      cursor.sent ??= position;
      cursor.target = Math.max(cursor.target, lastSeq);
      enqueue(cursor);
      if (cursor.state === 'queued' && !blocked) pump();
    },
    release(conversationId, seq) {
      const cursor = cursors.get(conversationId);
      if (cursor === undefined) return;
      window.release(cursor.unacknowledged, seq);
      if (blocked && !window.full) pump();
    },
    sending: (messageId) => ownSends().begin(messageId),
    repeated(sendId, conversationId, seq, answer) {
      own?.end(sendId);
      const cursor = closed ? undefined : cursors.get(conversationId);
      if (cursor === undefined || (cursor.sent !== undefined && cursor.sent >= seq)) {
        answer();
      } else {
        ownSends().awaitFrame(sendId, cursor, seq, answer);
        cursor.target = Math.max(cursor.target, seq);
        enqueue(cursor);
      }
      if (cursor !== undefined) resume(cursor);
      pump();
    },
    sendEnded(messageId, conversationId) {
      own?.end(messageId);
      const cursor = cursors.get(conversationId);
      if (cursor === undefined) return;
      resume(cursor);
      pump();
    },
    sent(messageId, conversationId, seq, answer) {
      own?.end(messageId);
      const cursor = closed ? undefined : cursorOf(conversationId);
      if (cursor === undefined || (cursor.sent !== undefined && cursor.sent >= seq)) {
        answer();
        return;
      }
      ownSends().await(messageId, cursor, seq, answer);
      cursor.target = Math.max(cursor.target, seq);
      resume(cursor);
      // The entry itself is announced in this same turn, before anything is sent.
      enqueue(cursor);
    },
    answerOverdue() {
      own?.answerOverdue();
      if (own !== undefined && own.early > MAX_EARLY_ANSWERS)
        outlet.close('does not acknowledge, and sends on');
    },
    hasAnswersDue: () => own !== undefined && own.awaited > 0,
    wasSent(conversationId, seq) {
      const sent = cursors.get(conversationId)?.sent;
      return sent !== undefined && sent >= seq;
    },
    blockedBy: () =>
      blocked && window.full
        ? [...cursors.values()]
            .filter(({ unacknowledged }) => isUnacknowledged(unacknowledged))
            .map(({ conversationId }) => conversationId)
        : [],
    forget,
    isClosed: () => closed,
    close() {
      if (closed) return;
      closed = true;
      own?.answerAll();
      cursors.clear();
      queue.length = 0;
      reader?.close();
      outbox?.clear();
    },
  };
}
