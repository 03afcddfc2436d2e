import type { Message } from '@chasqui/protocol';
import type { Person, Randomness } from '@chasqui/testkit';
import { untilKnown } from '../clients/outcome';
import {
  type Action,
  type ActionContext,
  clientOf,
  randomParticipant,
  visibleEntry,
} from './action';
import { send } from './send';

const EMOJI = ['👍', '🏃', '❤️'] as const;

/** Changes a random visible message, or a random own one. */
const change =
  (
    own: boolean,
    call: (person: Person, message: Message, random: Randomness) => Promise<unknown>,
  ) =>
  async (context: ActionContext): Promise<void> => {
    const found = randomParticipant(context);
    const message = found && visibleEntry(context, found.person, found.conversation, own);
    if (found === undefined || message === undefined) return;
    await untilKnown(() => call(found.person, message, context.random));
  };

export const messageActions: readonly Action[] = [
  { name: 'send', weight: 44, act: (context) => send(context, false) },
  { name: 'reply', weight: 6, act: (context) => send(context, true) },
  {
    name: 'burst',
    weight: 3,
    async act(context) {
      await Promise.all(Array.from({ length: 12 }, () => send(context, false)));
    },
  },
  {
    name: 'edit',
    weight: 5,
    act: change(true, (person, { id }, random) =>
      person.on(random.below(2)).call('editMessage', {
        params: { messageId: id },
        body: { content_encrypted: `edited ${random.below(1_000)}` },
      }),
    ),
  },
  {
    name: 'delete',
    weight: 4,
    act: change(true, (person, { id }, random) =>
      person.on(random.below(2)).call('deleteMessage', { params: { messageId: id } }),
    ),
  },
  {
    name: 'react',
    weight: 6,
    act: change(false, (person, { id }, random) =>
      person.on(random.below(2)).call('addReaction', {
        params: { messageId: id },
        body: { emoji: random.pick(EMOJI) },
      }),
    ),
  },
  {
    name: 'remove a reaction',
    weight: 3,
    act: change(false, (person, { id }, random) =>
      person.on(random.below(2)).call('removeReaction', {
        params: { messageId: id, emoji: random.pick(EMOJI) },
      }),
    ),
  },
  {
    name: 'read',
    weight: 10,
    async act(context) {
      const found = randomParticipant(context);
      const client = found && clientOf(context, found.person);
      const seq = client?.state.newest(found?.conversation.id ?? '') ?? 0;
      if (found === undefined || client === undefined || seq === 0) return;
      await client.device.read(found.conversation.id, seq).catch(() => undefined);
    },
  },
  {
    name: 'typing',
    weight: 2,
    async act(context) {
      const found = randomParticipant(context);
      const client = found && clientOf(context, found.person);
      await client?.device
        .ask('chat:typing', { conversationId: found?.conversation.id, isTyping: true })
        .catch(() => undefined);
    },
  },
];
