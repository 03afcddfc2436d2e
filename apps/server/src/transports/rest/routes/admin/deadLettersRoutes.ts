import { listDeadLetters, purgeDeadLetter, retryDeadLetter } from '@chasqui/protocol';
import { Router } from 'express';
import type { DeadLetters } from '../../../../commands/deadLetters';
import { noContent, reply, type EndpointRouter } from '../../endpointRouter';

export function deadLettersRoutes(endpoints: EndpointRouter, deadLetters: DeadLetters): Router {
  const router = Router();

  endpoints.administered(router, listDeadLetters, async ({ query }) =>
    reply(200, await deadLetters.list(query)),
  );

  endpoints.administered(router, retryDeadLetter, async ({ caller, params }) => {
    await deadLetters.retry(caller.userId, params.userId);
    return noContent;
  });

  endpoints.administered(router, purgeDeadLetter, async ({ caller, params }) => {
    await deadLetters.purge(caller.userId, params.userId);
    return noContent;
  });

  return router;
}
