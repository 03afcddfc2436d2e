import { NotReadyError } from '@chasqui/db';
import { withTimeout } from '@chasqui/foundation';
import {
  type Capability,
  type Health,
  PROTOCOL,
  type Readiness,
  type RegistrationMode,
} from '@chasqui/protocol';
import { Router } from 'express';

/** Checks a store; rejects or hangs when it is down. */
export interface Probes {
  /** Rejects with NotReadyError when PostgreSQL answers but cannot be used. */
  postgres(): Promise<unknown>;
  /** Must write: a full Redis still answers reads (fault 12). */
  redis(): Promise<unknown>;
  /** One sentence per condition that needs an operator, without paths and addresses. */
  warnings(): readonly string[];
}

const PROBE_MS = 1_000;

/** Liveness and readiness endpoints, without authentication. */
export function probes(
  { postgres, redis, warnings }: Probes,
  version: string,
  registration: RegistrationMode,
  capabilities: readonly Capability[],
): Router {
  const router = Router();

  router.get('/healthz', (_request, response) => {
    response.json({
      ...{ status: 'ok', version, protocol: PROTOCOL, registration },
      capabilities: [...capabilities],
    } satisfies Health);
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

/**
 * Why a store is unusable; undefined when it works. Other error texts may contain addresses and
 * accounts.
 */
async function whyNot(probe: () => Promise<unknown>): Promise<string | undefined> {
  const answered = probe().then(
    () => undefined,
    (error: unknown) => (error instanceof NotReadyError ? error.message : SILENT),
  );
  return withTimeout(answered, PROBE_MS, () => SILENT);
}
