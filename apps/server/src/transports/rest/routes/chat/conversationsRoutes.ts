import type { ChatCore } from '@chasqui/core';
import type { Quotas, Requester } from '@chasqui/limits';
import {
  createDirect,
  createGroup,
  listConversations,
  readConversation,
  renameConversation,
} from '@chasqui/protocol';
import { Router } from 'express';
import { reply, type EndpointRouter } from '../../endpointRouter';

export function conversationsRoutes(
  endpoints: EndpointRouter,
  core: ChatCore,
  quotas: Quotas,
): Router {
  const router = Router();

  endpoints.authenticated(router, createDirect, async ({ caller, body, address }) => {
    const who = { userId: caller.userId, address };
    admitConversation(quotas, who);
    const { conversation, created } = await core.conversations.createDirect(
      caller.userId,
      body.user_id,
    );
    if (created) countConversation(quotas, who, 1);
    return reply(created ? 201 : 200, conversation);
  });

  endpoints.authenticated(router, createGroup, async ({ caller, body, address }) => {
    const who = { userId: caller.userId, address };
    admitConversation(quotas, who);
    const { conversation, created } = await core.conversations.findOrCreateGroup({
      userId: caller.userId,
      title: body.title,
      participantIds: body.participant_ids,
      clientId: body.client_id ?? null,
    });
    if (created) countConversation(quotas, who, body.participant_ids.length);
    return reply(created ? 201 : 200, conversation);
  });

  endpoints.authenticated(router, listConversations, async ({ caller, query }) => {
    const { items, nextCursor } = await core.conversations.list(caller.userId, query);
    return reply(200, { conversations: items, next_cursor: nextCursor });
  });

  endpoints.authenticated(router, readConversation, async ({ caller, params }) =>
    reply(200, await core.conversations.read(caller.userId, params.id)),
  );

  endpoints.authenticated(router, renameConversation, async ({ caller, params, body }) =>
    reply(
      200,
      await core.conversations.change(caller.userId, params.id, {
        ...{ title: body.title, retentionS: body.retention_s },
        applyToHistory: body.apply_to_history,
      }),
    ),
  );

  return router;
}

function admitConversation(quotas: Quotas, who: Requester): void {
  quotas.admit('quota_conversations', who);
  quotas.admit('quota_contacts', who);
}

function countConversation(quotas: Quotas, who: Requester, contacts: number): void {
  quotas.count('quota_conversations', who);
  quotas.count('quota_contacts', who, contacts);
}
