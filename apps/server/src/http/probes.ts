import { PROTOCOL } from '@pern/protocol/limits';
import type { Health, Readiness, RegistrationMode } from '@pern/protocol/rest/operation';
import { Router } from 'express';

/** Asks a store for a sign of life; rejects or hangs when there is none. */
export interface Probes {
  postgres(): Promise<unknown>;
  /** Has to write: a Redis that is full answers, and is of no use (fault 12). */
  redis(): Promise<unknown>;
}

const PROBE_MS = 1_000;

/** Alive, ready: for whoever runs the service. They take no token. */
export function probes(
  { postgres, redis }: Probes,
  version: string,
  registration: RegistrationMode,
): Router {
  const router = Router();

  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok', version, protocol: PROTOCOL, registration } satisfies Health);
  });

  router.get('/readyz', async (_request, response) => {
    const [hasPostgres, hasRedis] = await Promise.all([answers(postgres), answers(redis)]);
    const readiness: Readiness = {
      status: hasPostgres && hasRedis ? 'ok' : 'degraded',
      postgres: hasPostgres ? 'ok' : 'down',
      redis: hasRedis ? 'ok' : 'down',
    };
    response.status(hasPostgres ? 200 : 503).json(readiness);
  });

  return router;
}

async function answers(probe: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PROBE_MS);
  });
  const answered = probe().then(
    () => true,
    () => false,
  );
  const result = await Promise.race([answered, tooLate]);
  clearTimeout(timer);
  return result;
}
