import type { ChatCore } from '@chasqui/core';
import type { Quotas } from '@chasqui/limits';
import {
  addReaction,
  deleteMessage,
  editMessage,
  readHistory,
  readStatus,
  removeReaction,
  removeReactionNamed,
  reportStatus,
  sendMessage,
} from '@chasqui/protocol';
import { Router } from 'express';
import { noContent, reply, type EndpointRouter } from '../../endpointRouter';

export function messagesRoutes(endpoints: EndpointRouter, core: ChatCore, quotas: Quotas): Router {
  const router = Router();

  endpoints.authenticated(router, sendMessage, async ({ caller, body, address }) => {
    const who = { userId: caller.userId, address };
    quotas.admit('quota_storage', who);
    const { message, repeated } = await core.messages.send({
      conversationId: body.conversation_id,
      senderId: caller.userId,
      contentEncrypted: body.content_encrypted,
      messageType: body.message_type,
      clientMessageId: body.client_message_id ?? null,
      replyToId: body.reply_to_id ?? null,
    });
    if (!repeated) quotas.countMessage(who, body.content_encrypted.length);
    return reply(repeated ? 200 : 201, message);
  });

  endpoints.authenticated(router, readHistory, async ({ caller, params, query }) =>
    reply(
      200,
      await core.messages.readHistory(caller.userId, params.conversationId, {
        limit: query.limit,
        beforeSeq: query.before_seq,
        afterSeq: query.after_seq,
        offset: query.offset,
      }),
    ),
  );

  endpoints.authenticated(router, editMessage, async ({ caller, params, body, address }) => {
    const who = { userId: caller.userId, address };
    const content = body.content_encrypted;
    quotas.admit('quota_storage', who);
    const edited = await core.messages.edit(caller.userId, params.messageId, content);
    quotas.countMessage(who, content.length);
    return reply(200, edited);
  });

  endpoints.authenticated(router, deleteMessage, async ({ caller, params }) => {
    await core.messages.delete(caller.userId, params.messageId);
    return noContent;
  });

  endpoints.authenticated(router, reportStatus, async ({ caller, params, body }) => {
    return reply(200, await core.receipts.acknowledge(caller.userId, params, body.status));
  });

  endpoints.authenticated(router, readStatus, async ({ caller, params, query }) =>
    reply(200, await core.receipts.readStatus(caller.userId, params.messageId, query)),
  );

  endpoints.authenticated(router, addReaction, async ({ caller, params, body }) => {
    const { message, repeated } = await core.messages.addReaction(
      caller.userId,
      params.messageId,
      body.emoji,
    );
    return reply(repeated ? 200 : 201, message);
  });

  endpoints.authenticated(router, removeReaction, async ({ caller, params }) => {
    await core.messages.removeReaction(caller.userId, params.messageId, params.emoji);
    return noContent;
  });

  endpoints.authenticated(router, removeReactionNamed, async ({ caller, params, query }) => {
    await core.messages.removeReaction(caller.userId, params.messageId, query.emoji);
    return noContent;
  });

  return router;
}
