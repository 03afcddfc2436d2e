import { createGapReader, type GapReader, type GapSource } from './backlog/gapReader';
import {
  advanceConnection,
  advanceCursor,
  type ConnectionEvent,
  type ConnectionState,
  type CursorEvent,
  starting,
} from './connectionState';
import { type Cursor, newCursor, positionOf } from './cursor';
import { createPendingReplies, type PendingReplies } from './replies/pendingReplies';
import { reportLocated } from './start/following';
import { createPump, type Pump, type PumpDeps } from './pump';

/** Applies events to the states of a connection and its conversations, and carries out the effects. */
export interface ConnectionEffects {
  readonly state: ConnectionState;
  readonly cursors: ReadonlyMap<string, Cursor>;
  readonly pump: Pump;
  /** The replies to own sends; undefined before the first. */
  readonly replies: PendingReplies | undefined;
  /** The same, created on first use. */
  pendingReplies(): PendingReplies;
  isClosed(): boolean;
  advance(event: ConnectionEvent): void;
  advanceOne(cursor: Cursor, event: CursorEvent): void;
  /** The cursor of a conversation, created on first use. */
  cursorOf(conversationId: string): Cursor;
  /** There are entries up to this target. */
  raise(cursor: Cursor, target: number): void;
  /** Delivers nothing more of this conversation. */
  forget(cursor: Cursor): void;
  /** Runs the pump if the cursor is due. A paused connection does not query PostgreSQL again for every entry. */
  pumpIfDue(cursor: Cursor): void;
}

export type EffectsDeps = GapSource & Omit<PumpDeps, 'replies' | 'isClosed' | 'onDone'>;

export function createConnectionEffects(deps: EffectsDeps): ConnectionEffects {
  const cursors = new Map<string, Cursor>();
  let state: ConnectionState = starting;
  // Most connections are idle most of the time, so each of these is created on first use.
  let replies: PendingReplies | undefined;
  let reader: GapReader | undefined;
  const pendingReplies = (): PendingReplies => (replies ??= createPendingReplies(deps.clock));
  const gapReader = (): GapReader => (reader ??= createGapReader({ ...deps, onRead }));
  const isClosed = (): boolean => state.name === 'closed';
  const pump = createPump({ ...deps, replies: () => replies, isClosed, onDone: advanceOne });

  function advance(event: ConnectionEvent): void {
    const step = advanceConnection(state, event);
    state = step.state;
    switch (step.effect) {
      case 'pump':
        runPump();
        break;
      case 'await writable':
        pump.flush();
        deps.transport.whenWritable(() => advance('writable'));
        break;
      case 'release':
        replies?.flushAll();
        cursors.clear();
        reader?.close();
        pump.clear();
        break;
      case 'none':
        break;
      default:
        step.effect satisfies never;
    }
  }

  function runPump(): void {
    const end = pump.run();
    if (end === 'running') return;
    if (end !== 'drained') advance(end);
    if (state.name === 'live') reader?.read();
    pump.endBacklog();
  }

  function advanceOne(cursor: Cursor, event: CursorEvent): void {
    const step = advanceCursor(cursor.state, event, positionOf(cursor));
    cursor.state = step.state;
    switch (step.effect) {
      case 'queue':
        pump.add(cursor);
        break;
      case 'locate':
        gapReader().locate(cursor);
        break;
      case 'read':
        gapReader().want(cursor);
        break;
      case 'forget':
        cursors.delete(cursor.conversationId);
        pump.forget(cursor);
        replies?.flushUpTo(cursor, Infinity);
        break;
      case 'none':
        break;
      default:
        step.effect satisfies never;
    }
  }

  function cursorOf(conversationId: string): Cursor {
    let cursor = cursors.get(conversationId);
    if (cursor === undefined) {
      cursor = newCursor(conversationId);
      cursors.set(conversationId, cursor);
    }
    return cursor;
  }

  function raise(cursor: Cursor, target: number): void {
    if (target > cursor.target) cursor.target = target;
    advanceOne(cursor, 'moved');
  }

  function onRead(read: Cursor[]): void {
    if (isClosed()) return;
    for (const cursor of read) {
      cursor.changed = [];
      if (cursor.state !== 'locating' && cursor.state !== 'behind') continue;
      reportLocated(cursor);
      if (cursor.sent !== undefined) {
        replies?.flushUpTo(cursor, cursor.sent);
        if (cursor.sent >= cursor.target) pump.reachBacklogEnd(cursor);
      }
      advanceOne(cursor, 'read');
    }
    advance('work');
  }

  function forget(cursor: Cursor): void {
    advanceOne(cursor, 'forgotten');
    advance('work');
  }

  function pumpIfDue(cursor: Cursor): void {
    if (cursor.state === 'due' && state.name === 'live') advance('work');
  }

  return {
    get state() {
      return state;
    },
    get replies() {
      return replies;
    },
    ...{ cursors, pump, pendingReplies, isClosed, advance, advanceOne, cursorOf, raise },
    ...{ forget, pumpIfDue },
  };
}
