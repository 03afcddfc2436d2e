/**
 * Caps the bytes a node buffers for slow peers: unread responses and frames, or incomplete request
 * bodies. All connections of one direction share a budget.
 */
export interface ByteBudget {
  /**
   * Opens an account for one connection. `close` must free its bytes, usually by destroying the
   * socket. It is called at most once, synchronously from any account's `set`, and must not throw.
   */
  open(close: () => void): ByteAccount;
  /** Bytes held by all accounts. */
  held(): number;
  /** Accounts closed so far because the budget was exceeded. */
  closed(): number;
}

export interface ByteAccount {
  /** Sets the bytes the connection holds now. Cheap: call it after every write and drain. */
  set(bytes: number): void;
  /**
   * Closes the account when the connection ends. A second call does nothing, and neither does a
   * later `set`.
   */
  end(): void;
}

/** Above the budget, accounts are closed down to this share, so that eviction is rare. */
const RELIEF = 0.75;

interface Options {
  maxBytes: number;
  /** Milliseconds on a monotonic clock. */
  now: () => number;
  /** Called after accounts were closed, with their number. */
  onRelief?: (closed: number) => void;
}

interface State {
  bytes: number;
  /**
   * When the account was last empty. A client that trickles cannot reset it; an honest one does so
   * all the time.
   */
  since: number;
  close: () => void;
}

/**
 * When `set` raises the total above `maxBytes`, closes the accounts with the largest product of
 * bytes and time since they were last empty, until three quarters of the budget are held.
 */
export function createByteBudget({ maxBytes, now, onRelief }: Options): ByteBudget {
  const holding = new Set<State>();
  let held = 0;
  let closed = 0;

  function change(state: State, bytes: number): void {
    if (state.bytes === 0 && bytes > 0) {
      state.since = now();
      holding.add(state);
    } else if (state.bytes > 0 && bytes === 0) holding.delete(state);
    held += bytes - state.bytes;
    state.bytes = bytes;
  }

  function relieve(): void {
    const at = now();
    const score = ({ bytes, since }: State): number => bytes * (at - since + 1);
    const slowestFirst = [...holding].sort((a, b) => score(b) - score(a));
    let freed = 0;
    for (const state of slowestFirst) {
      if (held <= maxBytes * RELIEF) break;
      change(state, 0);
      freed += 1;
      closed += 1;
      state.close();
    }
    onRelief?.(freed);
  }

  return {
    open(close) {
      let isOpen = true;
      const state: State = {
        bytes: 0,
        since: 0,
        close() {
          isOpen = false;
          close();
        },
      };
      return {
        set(bytes) {
          if (!isOpen || bytes === state.bytes) return;
          change(state, bytes);
          if (held > maxBytes) relieve();
        },
        end() {
          if (!isOpen) return;
          isOpen = false;
          change(state, 0);
        },
      };
    },
    held: () => held,
    closed: () => closed,
  };
}
