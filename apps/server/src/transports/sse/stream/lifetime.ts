import type { Clock } from '@chasqui/foundation';
import { announceExpiry } from './announceExpiry';
import type { StreamLimits } from './streamLimits';
import type { StreamTransport } from './streamTransport';

interface Options {
  transport: Pick<StreamTransport, 'rotate' | 'close'>;
  limits: StreamLimits;
  clock: Clock;
  /** Milliseconds since 1970; null if the token does not expire. */
  expiresAt: number | null;
  write: (event: string, data: object) => void;
}

/** Rotates a stream after its lifetime, and closes it when its token expires. Returns what cancels both. */
export function limitLifetime({ transport, limits, clock, expiresAt, write }: Options): () => void {
  const lifetimeMs = limits.lifetimeMs * (1 + limits.jitter * Math.random());
  const rotation = clock.setTimeout(() => transport.rotate(), lifetimeMs);
  if (expiresAt === null) return () => rotation.cancel();
  const notice = announceExpiry({ expiresAt, clock, write });
  const expiry = clock.setTimeout(
    () => transport.close({ text: 'the token expired', reconnect: false }),
    // The rotation comes first if it is later.
    Math.min(Math.max(0, expiresAt - clock.now()), 2 * limits.lifetimeMs),
  );
  return () => {
    rotation.cancel();
    notice();
    expiry.cancel();
  };
}
