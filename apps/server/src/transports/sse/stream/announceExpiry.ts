import type { Clock } from '@chasqui/foundation';

/** Milliseconds before the expiry of its token at which a stream announces it. */
const NOTICE_MS = 60_000;
/** The longest delay of a timer. */
const TIMER_MAX_MS = 2 ** 31 - 1;

interface Options {
  expiresAt: number;
  clock: Pick<Clock, 'now' | 'setTimeout'>;
  write: (event: string, data: object) => void;
}

/** Writes `token_expiring` a minute before the token expires, so that a client can fetch another one. Returns what cancels it. */
export function announceExpiry({ expiresAt, clock, write }: Options): () => void {
  const announce = (): void =>
    write('token_expiring', { expires_at: new Date(expiresAt).toISOString() });
  const inMs = Math.min(expiresAt - clock.now() - NOTICE_MS, TIMER_MAX_MS);
  if (inMs <= 0) {
    announce();
    return () => undefined;
  }
  const timer = clock.setTimeout(announce, inMs);
  return () => timer.cancel();
}
