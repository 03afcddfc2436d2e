import { listDeadLetters, purgeDeadLetter, retryDeadLetter } from '@pern/protocol/rest/admin';
import { Router } from 'express';
import type { DeadLetters } from '../operation/deadLetters';
import { noContent, reply, type Door } from './door';

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
