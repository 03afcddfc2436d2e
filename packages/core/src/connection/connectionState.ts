/**
 * The states of a connection and of each conversation on it (R3, R4). Pure: no transport, store or clock. `advance`
 * returns the next state and what the connection has to do about it. All steps are constants, so a transition
 * allocates nothing.
 */
export type ConnectionState =
  /** The backlog is being read; nothing may be sent before `session:ready`. */
  | { readonly name: 'starting' }
  | { readonly name: 'live' }
  /** The window is full until the device acknowledges, or the transport's buffer until it drains. */
  | { readonly name: 'paused'; readonly until: 'acknowledged' | 'writable' }
  | { readonly name: 'closed' };

export type ConnectionEvent =
  | 'started'
  /** There may be something to send. */
  | 'work'
  | 'window full'
  | 'buffer full'
  | 'window open'
  | 'writable'
  | 'closed';

export type ConnectionEffect = 'pump' | 'await writable' | 'release' | 'none';

export interface Step<State, Effect> {
  readonly state: State;
  readonly effect: Effect;
}

type ConnectionStep = Step<ConnectionState, ConnectionEffect>;

export const starting: ConnectionState = { name: 'starting' };
const live: ConnectionState = { name: 'live' };
const closed: ConnectionState = { name: 'closed' };
const paused = {
  acknowledged: { name: 'paused', until: 'acknowledged' },
  writable: { name: 'paused', until: 'writable' },
} as const satisfies Record<string, ConnectionState>;

const pump: ConnectionStep = { state: live, effect: 'pump' };
const close: ConnectionStep = { state: closed, effect: 'release' };
const windowFull: ConnectionStep = { state: paused.acknowledged, effect: 'none' };
const bufferFull: ConnectionStep = { state: paused.writable, effect: 'await writable' };
const stay = {
  starting: { state: starting, effect: 'none' },
  live: { state: live, effect: 'none' },
  acknowledged: { state: paused.acknowledged, effect: 'none' },
  writable: { state: paused.writable, effect: 'none' },
  closed: { state: closed, effect: 'none' },
} as const satisfies Record<string, ConnectionStep>;

/** Events that do not apply to the state change nothing. */
export function advanceConnection(state: ConnectionState, event: ConnectionEvent): ConnectionStep {
  switch (state.name) {
    case 'starting':
      if (event === 'closed') return close;
      return event === 'started' ? pump : stay.starting;
    case 'live':
      if (event === 'work') return pump;
      if (event === 'window full') return windowFull;
      if (event === 'buffer full') return bufferFull;
      return event === 'closed' ? close : stay.live;
    case 'paused':
      if (event === 'closed') return close;
      // Removing a conversation also opens the window, and then there is work.
      if (state.until === 'acknowledged') {
        return event === 'window open' || event === 'work' ? pump : stay.acknowledged;
      }
      // Only the transport ends this pause, so it is asked exactly once.
      return event === 'writable' ? pump : stay.writable;
    case 'closed':
      return stay.closed;
    default:
      return state satisfies never;
  }
}

/**
 * The state of one conversation on a connection:
 *
 * - `live`: everything up to the target is sent
 * - `due`: in the pump's queue
 * - `locating`: PostgreSQL is asked for the device's position
 * - `behind`: PostgreSQL is asked for the next entries
 * - `held`: the next entry is an own send without an outcome yet
 * - `gone`: the membership has ended; remaining references drop the cursor
 */
export type CursorState = 'live' | 'due' | 'locating' | 'behind' | 'held' | 'gone';

/** The device's position: unknown, before the target, or at it. */
export type CursorPosition = 'unknown' | 'before target' | 'at target';

export type CursorEvent =
  /** The target or the position may have changed. */
  | 'moved'
  | 'sent all'
  /** The next entry is neither in the notification nor in the cache. */
  | 'missing'
  | 'own send'
  /** The own send is answered, or it failed. */
  | 'own send ended'
  /** PostgreSQL has answered. */
  | 'read'
  | 'forgotten';

export type CursorEffect = 'queue' | 'locate' | 'read' | 'forget' | 'none';

type CursorStep = Step<CursorState, CursorEffect>;

const cursorStay = {
  live: { state: 'live', effect: 'none' },
  due: { state: 'due', effect: 'none' },
  locating: { state: 'locating', effect: 'none' },
  behind: { state: 'behind', effect: 'none' },
  held: { state: 'held', effect: 'none' },
  gone: { state: 'gone', effect: 'none' },
} as const satisfies Record<CursorState, CursorStep>;
const queue: CursorStep = { state: 'due', effect: 'queue' };
const locate: CursorStep = { state: 'locating', effect: 'locate' };
const read: CursorStep = { state: 'behind', effect: 'read' };
const forget: CursorStep = { state: 'gone', effect: 'forget' };

/** `position` is the position after the event. Events that do not apply to the state change nothing. */
export function advanceCursor(
  state: CursorState,
  event: CursorEvent,
  position: CursorPosition,
): CursorStep {
  if (event === 'forgotten') return state === 'gone' ? cursorStay.gone : forget;
  switch (state) {
    case 'live':
      return event === 'moved' ? byPosition(position) : cursorStay.live;
    case 'due':
      if (event === 'sent all') return byPosition(position);
      if (event === 'missing') return read;
      return event === 'own send' ? cursorStay.held : cursorStay.due;
    case 'locating':
    case 'behind':
      if (event !== 'read') return cursorStay[state];
      // PostgreSQL has no position for a non-participant (D9).
      return position === 'unknown' ? forget : byPosition(position);
    case 'held':
      return event === 'own send ended' ? byPosition(position) : cursorStay.held;
    case 'gone':
      return cursorStay.gone;
    default:
      return state satisfies never;
  }
}

function byPosition(position: CursorPosition): CursorStep {
  switch (position) {
    case 'unknown':
      return locate;
    case 'before target':
      return queue;
    case 'at target':
      return cursorStay.live;
    default:
      return position satisfies never;
  }
}
