import { BATCH_MAX, WINDOW } from '@pern/protocol/limits';
import type { BacklogConversation } from './backlog';
import { recentEntry, type LocalConversation } from './localConversations';
import type { Clock, EntryHint, Gauges, Outlet } from './ports';

/** Where one connection stands in one conversation. */
interface Cursor {
  readonly conversationId: string;
  /** Sent up to here; undefined until PostgreSQL has said where the device stands. */
  sent: number | undefined;
  /** There is something up to here. */
  target: number;
  /** Seqs of messages by others that were sent and are not acknowledged, ascending from `head`. */
  unacknowledged: number[];
  head: number;
  /** Entries read ahead from PostgreSQL. */
  page: EntryHint[];
  local: LocalConversation | undefined;
  state: 'idle' | 'queued' | 'reading' | 'held';
  /** End of the backlog at connect; 0 once it is reached. */
  goal: number;
}

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
  /** There is something up to lastSeq; `position` is used where the connection has no cursor yet. */
  expect(conversationId: string, lastSeq: number, position: number | undefined): void;
  /** The device has acknowledged up to seq. */
  release(conversationId: string, seq: number): void;
  /** A send of this connection is under way: its entry is answered, not sent. */
  sending(messageId: string): void;
  /** The send failed, or was a repeat. */
  sendEnded(messageId: string, conversationId: string | undefined): void;
  /** The send was committed: `answer` is called at its place in the order of seq (D3). */
  sent(messageId: string, conversationId: string, seq: number, answer: () => void): void;
  /** Writes answers that have waited longer than their patience: early is allowed, late is not. */
  answerOverdue(): void;
  hasAnswersDue(): boolean;
  wasSent(conversationId: string, seq: number): boolean;
  /** When the window is full: the conversations in which the device has something to acknowledge. */
  blockedBy(): string[];
  forget(conversationId: string): void;
  close(): void;
}

const PAGE_ENTRIES = 500;
const MAX_CONVERSATIONS_PER_READ = 50;
/** How long a live entry may wait for one that is still on its way from another node. */
const GAP_PATIENCE_MS = 10;
const ANSWER_PATIENCE_MS = 5_000;

interface Answer {
  cursor: Cursor;
  seq: number;
  write: () => void;
  due: number;
}

export function createConnection(deps: ConnectionDeps): Connection {
  const { outlet, clock } = deps;
  const cursors = new Map<string, Cursor>();
  let queue: Cursor[] = [];
  let unread: Cursor[] = [];
  let used = 0;
  let started = false;
  let closed = false;
  let reading = false;
  let blocked = false;
  let draining = false;
  let backlogLeft = 0;
  let backlogSent = 0;
  let emptyTold = false;
  const inFlight = new Set<string>();
  const answers = new Map<string, Answer>();
  const outbox: EntryHint[] = [];
  let outboxScheduled = false;

  function cursorOf(conversationId: string): Cursor {
    let cursor = cursors.get(conversationId);
    if (cursor === undefined) {
      cursor = {
        conversationId,
        sent: undefined,
        target: 0,
        unacknowledged: [],
        head: 0,
        page: [],
        local: undefined,
        state: 'idle',
        goal: 0,
      };
      cursors.set(conversationId, cursor);
    }
    return cursor;
  }

  function enqueue(cursor: Cursor): void {
    if (cursor.state === 'reading' || cursor.state === 'queued' || closed) return;
    if (cursor.sent === undefined) {
      locate(cursor);
      return;
    }
    if (cursor.sent >= cursor.target) return;
    cursor.state = 'queued';
    queue.push(cursor);
  }

  function locate(cursor: Cursor): void {
    cursor.state = 'reading';
    deps.readPosition(cursor.conversationId).then(
      (found) => {
        cursor.state = 'idle';
        if (found === undefined) {
          forget(cursor.conversationId);
          return;
        }
        cursor.sent ??= found.position;
        cursor.target = Math.max(cursor.target, found.lastSeq);
        enqueue(cursor);
        pump();
      },
      (error: unknown) => {
        cursor.state = 'idle';
        deps.onReadFailed(error);
      },
    );
  }

  function nextEntry(cursor: Cursor, seq: number): EntryHint | undefined {
    while (cursor.page.length > 0 && (cursor.page[0] as EntryHint).seq < seq) cursor.page.shift();
    // What PostgreSQL gave is complete: a jump there is a new membership, not a gap (D9).
    if (cursor.page.length > 0) return cursor.page[0];
    return cursor.local === undefined ? undefined : recentEntry(cursor.local, seq);
  }

  /** Sends what is due in one conversation. */
  function advance(cursor: Cursor): 'done' | 'read' | 'held' | 'blocked' {
    while ((cursor.sent as number) < cursor.target) {
      const entry = nextEntry(cursor, (cursor.sent as number) + 1);
      if (entry === undefined) return 'read';
      // Committed, but our own send has not been answered yet: its answer belongs here.
      if (inFlight.has(entry.id)) return 'held';
      const answer = answers.get(entry.id);
      if (answer === undefined && entry.origin !== outlet.id) {
        const counts = entry.counts && entry.senderId !== deps.userId;
        if (counts && used >= WINDOW) return 'blocked';
        if (!outlet.writable()) {
          waitForDrain();
          return 'blocked';
        }
        if (counts) {
          used += 1;
          cursor.unacknowledged.push(entry.seq);
        }
        write(entry);
        if (cursor.goal !== 0) backlogSent += 1;
      } else if (answer !== undefined) {
        flushOutbox();
        answers.delete(entry.id);
        answer.write();
      }
      cursor.sent = entry.seq;
      if (cursor.page[0] === entry) cursor.page.shift();
      if (cursor.goal !== 0 && entry.seq >= cursor.goal) reachedGoal(cursor);
    }
    if (cursor.goal !== 0) reachedGoal(cursor);
    return 'done';
  }

  function reachedGoal(cursor: Cursor): void {
    cursor.goal = 0;
    backlogLeft -= 1;
  }

  function write(entry: EntryHint): void {
    if (!deps.batch) {
      outlet.emit('chat:message_received', entry.json);
      deps.gauges.delivered(1, clock.now() - entry.at);
      return;
    }
    outbox.push(entry);
    if (outbox.length >= BATCH_MAX) flushOutbox();
    else if (!outboxScheduled) {
      outboxScheduled = true;
      setImmediate(() => {
        outboxScheduled = false;
        flushOutbox();
      });
    }
  }

  function flushOutbox(): void {
    const first = outbox[0];
    if (first === undefined) return;
    if (outbox.length === 1) outlet.emit('chat:message_received', first.json);
    else {
      outlet.emit(
        'chat:messages_received',
        `{"messages":[${outbox.map(({ json }) => json).join(',')}]}`,
      );
    }
    deps.gauges.delivered(outbox.length, clock.now() - first.at);
    outbox.length = 0;
  }

  function pump(): void {
    if (!started || closed) return;
    blocked = false;
    while (queue.length > 0) {
      const cursor = queue[0] as Cursor;
      const outcome = advance(cursor);
      if (outcome === 'blocked') {
        blocked = true;
        return;
      }
      queue.shift();
      cursor.state = outcome === 'read' ? 'reading' : outcome === 'held' ? 'held' : 'idle';
      if (outcome === 'read') unread.push(cursor);
    }
    read();
    tellEmpty();
  }

  function tellEmpty(): void {
    if (emptyTold || backlogLeft > 0) return;
    emptyTold = true;
    flushOutbox();
    outlet.emit('chat:queue_empty', `{"delivered":${backlogSent}}`);
  }

  /** One read at a time and connection, for several conversations at once. */
  function read(): void {
    if (reading || unread.length === 0) return;
    reading = true;
    const first = unread[0] as Cursor;
    const last = first.local?.recent.at(-1);
    if (last !== undefined && last.seq > (first.sent as number) && first.goal === 0) {
      clock.setTimeout(() => void readNow(), GAP_PATIENCE_MS);
    } else void readNow();
  }

  async function readNow(): Promise<void> {
    const wanted = unread
      .splice(0, MAX_CONVERSATIONS_PER_READ)
      .filter((cursor) => cursors.get(cursor.conversationId) === cursor);
    const missing = wanted.filter(
      (cursor) => nextEntry(cursor, (cursor.sent as number) + 1) === undefined,
    );
    try {
      if (missing.length > 0) {
        const limit = Math.max(20, Math.floor(PAGE_ENTRIES / missing.length));
        const pages = await deps.readEntries(
          missing.map((cursor) => ({
            conversationId: cursor.conversationId,
            seq: cursor.sent as number,
          })),
          limit,
        );
        for (const cursor of missing) {
          const page = pages.get(cursor.conversationId);
          // Nothing there: the membership ended, or the hint was ahead of what it promised.
          if (page === undefined) cursor.target = cursor.sent as number;
          else cursor.page = page;
        }
      }
    } catch (error) {
      for (const cursor of wanted) cursor.state = 'idle';
      reading = false;
      deps.onReadFailed(error);
      return;
    }
    reading = false;
    for (const cursor of wanted) {
      cursor.state = 'idle';
      if ((cursor.sent as number) >= cursor.target && cursor.goal !== 0) reachedGoal(cursor);
      enqueue(cursor);
    }
    pump();
  }

  function waitForDrain(): void {
    if (draining) return;
    draining = true;
    flushOutbox();
    outlet.whenWritable(() => {
      draining = false;
      pump();
    });
  }

  function forget(conversationId: string): void {
    const cursor = cursors.get(conversationId);
    if (cursor === undefined) return;
    cursors.delete(conversationId);
    used -= cursor.unacknowledged.length - cursor.head;
    queue = queue.filter((other) => other !== cursor);
    unread = unread.filter((other) => other !== cursor);
    if (cursor.goal !== 0) reachedGoal(cursor);
    for (const [id, answer] of answers) {
      if (answer.cursor !== cursor) continue;
      answers.delete(id);
      answer.write();
    }
    pump();
  }

  return {
    userId: deps.userId,
    deviceNo: deps.deviceNo,
    outlet,
    begin(backlog) {
      for (const { conversationId, position, lastSeq } of backlog) {
        const cursor = cursorOf(conversationId);
        cursor.sent ??= position;
        cursor.target = Math.max(cursor.target, lastSeq);
        cursor.goal = lastSeq;
        backlogLeft += 1;
        if (cursor.state === 'idle') enqueue(cursor);
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
      if (cursor.state === 'held') return;
      enqueue(cursor);
      if (cursor.state === 'queued' && !blocked) pump();
    },
    expect(conversationId, lastSeq, position) {
      const cursor = cursorOf(conversationId);
      if (position !== undefined) cursor.sent ??= position;
      cursor.target = Math.max(cursor.target, lastSeq);
      if (cursor.state === 'idle') enqueue(cursor);
      if (!blocked) pump();
    },
    release(conversationId, seq) {
      const cursor = cursors.get(conversationId);
      if (cursor === undefined) return;
      const { unacknowledged } = cursor;
      const before = cursor.head;
      while (
        cursor.head < unacknowledged.length &&
        (unacknowledged[cursor.head] as number) <= seq
      ) {
        cursor.head += 1;
      }
      used -= cursor.head - before;
      if (cursor.head > 64 && cursor.head * 2 > unacknowledged.length) {
        unacknowledged.splice(0, cursor.head);
        cursor.head = 0;
      }
      if (blocked && used < WINDOW) pump();
    },
    sending: (messageId) => void inFlight.add(messageId),
    sendEnded(messageId, conversationId) {
      inFlight.delete(messageId);
      const cursor = conversationId === undefined ? undefined : cursors.get(conversationId);
      if (cursor?.state !== 'held') return;
      cursor.state = 'idle';
      enqueue(cursor);
      pump();
    },
    sent(messageId, conversationId, seq, answer) {
      inFlight.delete(messageId);
      const cursor = cursorOf(conversationId);
      if (cursor.sent !== undefined && cursor.sent >= seq) {
        answer();
        return;
      }
      answers.set(messageId, { cursor, seq, write: answer, due: clock.now() + ANSWER_PATIENCE_MS });
      cursor.target = Math.max(cursor.target, seq);
      if (cursor.state === 'held') cursor.state = 'idle';
      // The entry itself is announced in this same turn, before anything is sent.
      if (cursor.state === 'idle') enqueue(cursor);
    },
    answerOverdue() {
      const now = clock.now();
      for (const answer of answers.values()) {
        if (answer.due === Infinity) continue;
        if (answer.due > now) return;
        // Stays in the map as a no-op, so that the entry is not sent as a frame as well.
        const { write: late } = answer;
        answer.write = () => undefined;
        answer.due = Infinity;
        late();
      }
    },
    hasAnswersDue: () => answers.size > 0,
    wasSent(conversationId, seq) {
      const sent = cursors.get(conversationId)?.sent;
      return sent !== undefined && sent >= seq;
    },
    blockedBy: () =>
      blocked && used >= WINDOW
        ? [...cursors.values()]
            .filter(({ unacknowledged, head }) => head < unacknowledged.length)
            .map(({ conversationId }) => conversationId)
        : [],
    forget,
    close() {
      closed = true;
      for (const answer of answers.values()) answer.write();
      answers.clear();
      cursors.clear();
      queue = [];
      unread = [];
      outbox.length = 0;
    },
  };
}
