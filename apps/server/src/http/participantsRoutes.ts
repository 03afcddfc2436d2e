import type { Delivery } from '@pern/delivery/delivery';
import {
  addParticipant,
  changeRole,
  listParticipants,
  removeParticipant,
} from '@pern/protocol/rest/participants';
import { Router } from 'express';
import { noContent, reply, type Door } from './door';

export function participantsRoutes(door: Door, delivery: Delivery): Router {
  const router = Router();

  door.closed(router, listParticipants, async ({ caller, params, query }) => {
    const { items, nextCursor } = await delivery.listParticipants(caller.userId, params.id, query);
    return reply(200, { participants: items, next_cursor: nextCursor });
  });

  door.closed(router, addParticipant, async ({ caller, params, body }) => {
    const { user_id, role } = body;
    const added = await delivery.addParticipant(caller.userId, params.id, user_id, role);
    return 'invitation' in added ? reply(202, added) : reply(201, added);
  });

  door.closed(router, changeRole, async ({ caller, params, body }) =>
    reply(200, await delivery.changeRole(caller.userId, params.id, params.userId, body.role)),
  );

  door.closed(router, removeParticipant, async ({ caller, params }) => {
    await delivery.removeParticipant(caller.userId, params.id, params.userId);
    return noContent;
  });

  return router;
}
