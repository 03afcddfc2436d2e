import type { Clock, Timer } from '@chasqui/foundation';
import type { StreamLimits } from './streamLimits';

/** Decides when a stream must close, so that its client returns and proves what it has received. */
export interface Rotation {
  /** An entry was written. */
  written(): void;
  stop(): void;
}

interface Options {
  limits: StreamLimits;
  clock: Pick<Clock, 'setTimeout'>;
  random: () => number;
  rotate: () => void;
}

export function createRotation({ limits, clock, random, rotate }: Options): Rotation {
  let entries = 0;
  let unacknowledged: Timer | undefined;
  const lifetime = clock.setTimeout(rotate, limits.lifetimeMs * (1 + limits.jitter * random()));
  return {
    written() {
      entries += 1;
      unacknowledged ??= clock.setTimeout(rotate, limits.unacknowledgedMs);
      if (entries >= limits.entriesMax) rotate();
    },
    stop() {
      lifetime.cancel();
      unacknowledged?.cancel();
    },
  };
}
