import type { Delivery } from '@pern/delivery/delivery';
import {
  createDirect,
  createGroup,
  listConversations,
  readConversation,
  renameConversation,
} from '@pern/protocol/rest/conversations';
import { Router } from 'express';
import { reply, type Door } from './door';

export function conversationsRoutes(door: Door, delivery: Delivery): Router {
  const router = Router();

  door.closed(router, createDirect, async ({ caller, body }) => {
    const { conversation, created } = await delivery.createDirect(caller.userId, body.user_id);
    return reply(created ? 201 : 200, conversation);
  });

  door.closed(router, createGroup, async ({ caller, body }) => {
    const { conversation, created } = await delivery.findOrCreateGroup({
      userId: caller.userId,
      title: body.title,
      participantIds: body.participant_ids,
      clientId: body.client_id ?? null,
    });
    return reply(created ? 201 : 200, conversation);
  });

  door.closed(router, listConversations, async ({ caller, query }) => {
    const { items, nextCursor } = await delivery.listConversations(caller.userId, query);
    return reply(200, { conversations: items, next_cursor: nextCursor });
  });

  door.closed(router, readConversation, async ({ caller, params }) =>
    reply(200, await delivery.readConversation(caller.userId, params.id)),
  );

  door.closed(router, renameConversation, async ({ caller, params, body }) =>
    reply(
      200,
      await delivery.changeConversation(caller.userId, params.id, {
        ...{ title: body.title, retentionS: body.retention_s },
        applyToHistory: body.apply_to_history,
      }),
    ),
  );

  return router;
}
