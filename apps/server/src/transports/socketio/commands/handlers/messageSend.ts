import type { Quotas } from '@chasqui/limits';
import { type BriefMessage, type Message, messageSend, parseWith } from '@chasqui/protocol';
import type { ErrorReporter } from '../../../../observability/errorReporter';
import type { CommandHandler } from '../dispatch';

/**
 * The hot path. Passes the send to the core synchronously, so that the sends of one connection keep their order, and
 * answers synchronously in the core's callback (D3).
 */
export function onMessageSend(failed: ErrorReporter, quotas: Quotas): CommandHandler {
  return {
    name: messageSend.name,
    run(connection, data, answer) {
      quotas.admit('quota_storage', connection);
      const parsed = parseWith(messageSend.data, data);
      const request = {
        conversationId: parsed.conversationId,
        senderId: connection.userId,
        contentEncrypted: parsed.contentEncrypted,
        messageType: parsed.messageType,
        clientMessageId: parsed.clientMessageId ?? null,
        replyToId: parsed.replyToId ?? null,
      };
      connection.live.send(request, (outcome) => {
        if (outcome instanceof Error) {
          return answer.fail(failed(outcome, { command: messageSend.name }));
        }
        const { message, repeated } = outcome;
        if (!repeated) quotas.countMessage(connection, parsed.contentEncrypted.length);
        return answer.succeed({ message: connection.brief ? brief(message) : message });
      });
    },
  };
}

function brief({
  id,
  conversation_id,
  seq,
  version,
  client_message_id,
  created_at,
}: Message): BriefMessage {
  return { id, conversation_id, seq, version, client_message_id, created_at };
}
