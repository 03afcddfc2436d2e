import type { Clock } from '@chasqui/foundation';
import { BATCH_MAX, MAX_FRAME_BYTES } from '@chasqui/protocol';
import type { EntryHint, Gauges, Outlet } from '../ports/index';

/** Writes entries to a connection, several in one frame where the client understands that. */
export interface Outbox {
  write(entry: EntryHint): void;
  /** Writes what has been gathered; whatever is not an entry comes after it. */
  flush(): void;
  clear(): void;
}

export function createOutbox(deps: {
  outlet: Outlet;
  clock: Clock;
  gauges: Gauges;
  batch: boolean;
}): Outbox {
  const { outlet, clock, gauges } = deps;
  const gathered: EntryHint[] = [];
  let length = 0;
  let scheduled = false;

  function emitOne({ json, at }: EntryHint): void {
    outlet.emit('chat:message_received', json);
    gauges.delivered(1, clock.now() - at);
  }

  function flush(): void {
    const first = gathered[0];
    if (first === undefined) return;
    const entries = gathered.splice(0);
    length = 0;
    if (entries.length === 1) {
      emitOne(first);
      return;
    }
    const messages = entries.map(({ json }) => json).join(',');
    outlet.emit('chat:messages_received', `{"messages":[${messages}]}`);
    gauges.delivered(entries.length, clock.now() - first.at);
  }

  function gather(entry: EntryHint): void {
    if (length + entry.json.length > MAX_FRAME_BYTES) flush();
    gathered.push(entry);
    length += entry.json.length;
    if (gathered.length >= BATCH_MAX) flush();
    else if (!scheduled) {
      scheduled = true;
      // At the end of this turn, so that what is due at the same moment shares a frame.
      outlet.lastCall(() => {
        scheduled = false;
        flush();
      });
    }
  }

  return {
    write: deps.batch ? gather : emitOne,
    flush,
    clear() {
      gathered.length = 0;
      length = 0;
    },
  };
}
