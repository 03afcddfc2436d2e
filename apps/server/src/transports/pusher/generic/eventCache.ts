import type { Clock } from '@chasqui/foundation';
import type { GenericEvent } from './genericChannels';

/** The last event of each cache channel, as this node received it. */
export interface EventCache {
  keep(event: GenericEvent): void;
  find(channel: string): { event: GenericEvent; ttlS: number } | undefined;
}

/** As on Pusher Channels. */
const KEPT_MS = 30 * 60_000;
const CHANNELS_MAX = 10_000;

export function createEventCache(clock: Clock): EventCache {
  const kept = new Map<string, { event: GenericEvent; until: number }>();
  return {
    keep(event) {
      kept.delete(event.channel);
      kept.set(event.channel, { event, until: clock.now() + KEPT_MS });
      if (kept.size <= CHANNELS_MAX) return;
      const [oldest] = kept.keys();
      if (oldest !== undefined) kept.delete(oldest);
    },
    find(channel) {
      const found = kept.get(channel);
      if (found === undefined || found.until <= clock.now()) return undefined;
      return { event: found.event, ttlS: Math.ceil((found.until - clock.now()) / 1_000) };
    },
  };
}
