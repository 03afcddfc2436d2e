import type { TopicLog } from '@chasqui/topics';
import * as z from 'zod';
import { parseObject } from '../wire/clientFrame';

/** An event that the application publishes to some channels. */
export interface LoggedEvent {
  readonly channels: readonly string[];
  readonly name: string;
  readonly data: string;
  /** A connection that does not receive it. */
  readonly except: string | undefined;
}

/** As delivered on one channel. */
interface Delivered extends Pick<LoggedEvent, 'name' | 'data'> {
  readonly channel: string;
  readonly except?: string | undefined;
}

/** What applications publish, in the order of its commits: a node that was cut off delivers it later (D11). */
export interface EventLog {
  /** Resolves when this node delivers what is published from then on; waits for PostgreSQL. Never rejects. */
  readonly started: Promise<unknown>;
  /** Resolves after the commit. Throws UnavailableError without PostgreSQL. */
  publish(events: readonly LoggedEvent[]): Promise<void>;
}

const storedSchema = z.object({ data: z.string(), except: z.string().optional() });

export function createEventLog(log: TopicLog, deliver: (event: Delivered) => void): EventLog {
  const { started } = log.subscribe(
    { matches: () => true },
    {
      send({ topics, type, data: text }) {
        const stored = storedSchema.safeParse(parseObject(text)).data;
        if (stored === undefined || typeof type !== 'string') return;
        for (const channel of topics) deliver({ channel, name: type, ...stored });
      },
      // Clients of channels have no position, so there is nobody to notify.
      lost: () => undefined,
      // Each connection bounds what waits for it.
      writable: () => true,
      whenWritable: (callback) => callback(),
    },
  );
  return {
    started,
    async publish(events) {
      await log.publish(
        events.map(({ channels, name, data, except }) => ({
          topics: channels,
          type: name,
          data: JSON.stringify({ data, except }),
        })),
      );
    },
  };
}
