import { NotReadyError } from '@chasqui/db';
import { withTimeout } from '@chasqui/foundation';
import { type Health, PROTOCOL, type Readiness, type RegistrationMode } from '@chasqui/protocol';
import { Router } from 'express';

/** Asks a store for a sign of life; rejects or hangs when there is none. */
export interface Probes {
  /** Rejects with NotReadyError where PostgreSQL answers and cannot be served from. */
  postgres(): Promise<unknown>;
  /** Has to write: a Redis that is full answers, and is of no use (fault 12). */
  redis(): Promise<unknown>;
  /** One sentence for each thing that needs an operator; they name no path and no address. */
  warnings(): readonly string[];
}

const PROBE_MS = 1_000;

/** Alive, ready: for whoever runs the service. They take no token. */
export function probes(
  { postgres, redis, warnings }: Probes,
  version: string,
  registration: RegistrationMode,
): Router {
  const router = Router();

  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok', version, protocol: PROTOCOL, registration } satisfies Health);
  });

  router.get('/readyz', async (_request, response) => {
    const [reason, redisReason] = await Promise.all([whyNot(postgres), whyNot(redis)]);
    const isReady = reason === undefined;
    const warned = warnings();
    const readiness: Readiness = {
      status: isReady && redisReason === undefined ? 'ok' : 'degraded',
      postgres: isReady ? 'ok' : 'down',
      redis: redisReason === undefined ? 'ok' : 'down',
      ...(isReady ? {} : { reason }),
      ...(warned.length === 0 ? {} : { warnings: [...warned] }),
    };
    response.status(isReady ? 200 : 503).json(readiness);
  });

  return router;
}

const SILENT = 'the store does not answer';

/** Why a store cannot be used; undefined when it can. What else an error says may name addresses and accounts. */
async function whyNot(probe: () => Promise<unknown>): Promise<string | undefined> {
  const answered = probe().then(
    () => undefined,
    (error: unknown) => (error instanceof NotReadyError ? error.message : SILENT),
  );
  return withTimeout(answered, PROBE_MS, () => SILENT);
}
