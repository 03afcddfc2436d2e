import type { Message } from '@chasqui/protocol';
import type { Person } from '@chasqui/testkit';
import { outcomeOf } from '../clients/outcome';
import type { StoryClient } from '../clients/storyClient';
import type { Intent, Scenario } from '../scenario';
import { type ActionContext, clientOf, randomParticipant, visibleEntry } from './action';

/** Sends until the outcome is known, over a socket if there is one, otherwise over REST on any node. */
async function sendUntilKnown(
  context: ActionContext,
  intent: Intent,
  person: Person,
  content: string,
  replyToId: string | null,
): Promise<void> {
  const { scenario, random } = context;
  const { conversationId, clientMessageId } = intent;
  const end = performance.now() + 90_000;
  for (let wasTried = intent.seq !== undefined; performance.now() < end; wasTried = true) {
    const client = clientOf(context, person);
    if (client !== undefined && random.chance(0.8)) {
      const attempt = await client.device.send(conversationId, content, {
        ...{ clientMessageId, wasTried },
        ...(replyToId !== null && { replyToId }),
      });
      if (attempt.outcome === 'acknowledged' && attempt.message !== undefined) {
        scenario.acknowledged(intent, attempt.message);
        show(client, attempt.message, person, content, replyToId);
        return;
      }
      if (attempt.outcome === 'refused')
        return refused(scenario, intent, attempt.error?.name ?? '');
    } else {
      const outcome = await outcomeOf(
        person.on(random.below(2)).call('sendMessage', {
          body: {
            conversation_id: conversationId,
            content_encrypted: content,
            client_message_id: clientMessageId,
            ...(replyToId !== null && { reply_to_id: replyToId }),
          },
        }),
      );
      if ('done' in outcome) return scenario.acknowledged(intent, outcome.done.body);
      if ('refused' in outcome) return refused(scenario, intent, outcome.refused);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  scenario.violations.push(`U: ${clientMessageId} had no answer within 90 s`);
}

/** Adds an acknowledged message to the sender's state; a brief answer is completed from the sent content. */
function show(
  { state }: StoryClient,
  message: Message | Pick<Message, 'id' | 'seq' | 'version' | 'created_at'>,
  person: Person,
  content: string,
  replyToId: string | null,
): void {
  if ('kind' in message) return state.message(message);
  const { conversation_id, client_message_id } = message as Message;
  state.message({
    ...{ ...message, conversation_id, client_message_id },
    ...{ kind: 'message', sender_id: person.id, message_type: 'text', content_encrypted: content },
    ...{ reply_to_id: replyToId, edited_at: null, deleted_at: null, reactions: [], status: 'sent' },
  });
}

function refused(scenario: Scenario, intent: Intent, why: string): void {
  // After a removal a repeat is refused like every other request (D2).
  const wasStored = intent.seq !== undefined;
  if (!wasStored) intent.outcome = 'refused';
  if ((wasStored && !why.includes('NotFoundError')) || why.includes('InternalError')) {
    scenario.violations.push(`U: ${intent.clientMessageId} is refused: ${why}`);
  }
}

export async function send(context: ActionContext, reply: boolean): Promise<void> {
  const found = randomParticipant(context);
  if (found === undefined) return;
  const { conversation, person } = found;
  const intent = context.scenario.addIntent(conversation.id, person.id);
  const replyTo = reply ? (visibleEntry(context, person, conversation, false)?.id ?? null) : null;
  const content = `${person.username} ${context.scenario.intents.length} ñ🏃`;
  await sendUntilKnown(context, intent, person, content, replyTo);
  // Repeats the send elsewhere, like a client that lost the answer (D2).
  if (context.random.chance(0.1) && intent.outcome === 'acknowledged') {
    await sendUntilKnown(context, intent, person, content, replyTo);
  }
}
