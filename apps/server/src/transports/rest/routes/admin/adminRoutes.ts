import { listDeadLetters, purgeDeadLetter, retryDeadLetter } from '@chasqui/protocol';
import { Router } from 'express';
import type { DeadLetters } from '../../../../commands/deadLetters';
import { noContent, reply, type Door } from '../../endpointRouter';

export function adminRoutes(door: Door, deadLetters: DeadLetters): Router {
  const router = Router();

  door.administered(router, listDeadLetters, async ({ query }) =>
    reply(200, await deadLetters.list(query)),
  );

  door.administered(router, retryDeadLetter, async ({ caller, params }) => {
    await deadLetters.retry(caller.userId, params.userId);
    return noContent;
  });

  door.administered(router, purgeDeadLetter, async ({ caller, params }) => {
    await deadLetters.purge(caller.userId, params.userId);
    return noContent;
  });

  return router;
}
