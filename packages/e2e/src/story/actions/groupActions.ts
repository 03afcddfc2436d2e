import { outcomeOf, untilKnown } from '../clients/outcome';
import { type Action, randomGroupParticipant } from './action';

/** At most as many as lists and events embed, so that all clients must agree on every member. */
const MAX_MEMBERS = 5;
const MAX_CONVERSATIONS = 9;

export const groupActions: readonly Action[] = [
  {
    name: 'create a group',
    weight: 1,
    async act(context) {
      const { scenario, people, random } = context;
      if (scenario.conversations.length >= MAX_CONVERSATIONS) return;
      const person = random.pick(scenario.people);
      const others = scenario.people.filter((one) => one !== person && random.chance(0.5));
      // No retry: a second request would create a second group.
      const outcome = await outcomeOf(people.group(person, ...others));
      if (!('done' in outcome)) return;
      const members = new Set([person, ...others]);
      scenario.conversations.push({ id: outcome.done.id, type: 'group', members });
    },
  },
  {
    name: 'add',
    weight: 4,
    async act(context) {
      const found = randomGroupParticipant(context);
      if (found === undefined || found.conversation.members.size >= MAX_MEMBERS) return;
      const { conversation, person } = found;
      const outside = context.scenario.people.filter((one) => !conversation.members.has(one));
      if (outside.length === 0) return;
      const other = context.random.pick(outside);
      const outcome = await untilKnown(() =>
        person.on(context.random.below(2)).call('addParticipant', {
          params: { id: conversation.id },
          body: { user_id: other.id },
        }),
      );
      // A conflict means that an earlier try succeeded and its answer was lost.
      if ('done' in outcome || outcome.refused.includes('409')) conversation.members.add(other);
    },
  },
  {
    name: 'remove',
    weight: 3,
    async act(context) {
      const found = randomGroupParticipant(context);
      if (found === undefined || found.conversation.members.size < 3) return;
      const { conversation, person } = found;
      const other = context.random.pick([...conversation.members]);
      const outcome = await untilKnown(() =>
        person.on(context.random.below(2)).call('removeParticipant', {
          params: { id: conversation.id, userId: other.id },
        }),
      );
      if ('done' in outcome || outcome.refused.includes('404')) conversation.members.delete(other);
    },
  },
  {
    name: 'change a role',
    weight: 2,
    async act(context) {
      const found = randomGroupParticipant(context);
      if (found === undefined) return;
      const other = context.random.pick([...found.conversation.members]);
      await untilKnown(() =>
        found.person.call('changeRole', {
          params: { id: found.conversation.id, userId: other.id },
          body: { role: context.random.pick(['admin', 'moderator', 'member'] as const) },
        }),
      );
    },
  },
  {
    name: 'rename',
    weight: 2,
    async act(context) {
      const found = randomGroupParticipant(context);
      if (found === undefined) return;
      const title = `title ${context.random.below(1_000)}`;
      await untilKnown(() =>
        found.person.call('renameConversation', {
          params: { id: found.conversation.id },
          body: { title },
        }),
      );
    },
  },
];
