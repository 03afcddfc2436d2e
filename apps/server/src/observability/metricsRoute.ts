import { createHash, timingSafeEqual } from 'node:crypto';
import { bearerToken, UnauthorizedError } from '@chasqui/protocol';
import { Router } from 'express';

interface Deps {
  read: () => Promise<{ contentType: string; text: string }>;
  /** METRICS_TOKEN: the required bearer token; without it the metrics are public. */
  token: string | undefined;
}

/** Metrics in the Prometheus text format. */
export function metricsRoute({ read, token }: Deps): Router {
  const router = Router();
  router.get('/metrics', async (request, response) => {
    if (token !== undefined && !isSame(bearerToken(request.headers.authorization), token)) {
      throw new UnauthorizedError();
    }
    const { contentType, text } = await read();
    response.set('Content-Type', contentType).send(text);
  });
  return router;
}

/** Constant-time comparison. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
