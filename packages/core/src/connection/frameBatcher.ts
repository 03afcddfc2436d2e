import type { Clock } from '@chasqui/foundation';
import { BATCH_MAX, MAX_FRAME_BYTES } from '@chasqui/protocol';
import { messagesReceived } from '../events/messageEvents';
import type { Entry, Gauges, Transport } from '../ports/index';

/** Sends entries to a transport, several per frame if the client supports batching. */
export interface FrameBatcher {
  write(entry: Entry): void;
  /** Sends the gathered entries, so that the next event follows them. */
  flush(): void;
  clear(): void;
}

export function createFrameBatcher(deps: {
  transport: Transport;
  clock: Clock;
  gauges: Gauges;
}): FrameBatcher {
  const { transport, clock, gauges } = deps;
  const gathered: Entry[] = [];
  let length = 0;
  let scheduled = false;

  function sendOne({ event, at }: Entry): void {
    transport.send(event);
    gauges.delivered(1, clock.now() - at);
  }

  function flush(): void {
    const first = gathered[0];
    if (first === undefined) return;
    const entries = gathered.splice(0);
    length = 0;
    if (entries.length === 1) {
      sendOne(first);
      return;
    }
    transport.send(messagesReceived(entries));
    gauges.delivered(entries.length, clock.now() - first.at);
  }

  function gather(entry: Entry): void {
    const { length: size } = entry.event.json;
    if (length + size > MAX_FRAME_BYTES) flush();
    gathered.push(entry);
    length += size;
    if (gathered.length >= BATCH_MAX) flush();
    else if (!scheduled) {
      scheduled = true;
      transport.beforeFlush(() => {
        scheduled = false;
        flush();
      });
    }
  }

  return {
    write: transport.capabilities.batching ? gather : sendOne,
    flush,
    clear() {
      gathered.length = 0;
      length = 0;
    },
  };
}
