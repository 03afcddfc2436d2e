import type { Message } from '@chasqui/protocol';
import type { People, Person, Randomness } from '@chasqui/testkit';
import type { StoryClient } from '../clients/storyClient';
import type { Scenario, StoryConversation } from '../scenario';

/** Something that people do; the server decides whether it is allowed. */
export interface Action {
  readonly name: string;
  /** Relative frequency. */
  readonly weight: number;
  act(context: ActionContext): Promise<void>;
}

export interface ActionContext {
  readonly scenario: Scenario;
  readonly people: People;
  readonly random: Randomness;
}

/** A random member of a random conversation; undefined if it is empty. */
export function randomParticipant({
  scenario,
  random,
}: ActionContext): { conversation: StoryConversation; person: Person } | undefined {
  const conversation = random.pick(scenario.conversations);
  const members = [...conversation.members];
  return members.length === 0 ? undefined : { conversation, person: random.pick(members) };
}

export function randomGroupParticipant(
  context: ActionContext,
): { conversation: StoryConversation; person: Person } | undefined {
  const found = randomParticipant(context);
  return found?.conversation.type === 'group' ? found : undefined;
}

export function clientOf(
  { scenario, random }: ActionContext,
  person: Person,
): StoryClient | undefined {
  const mine = scenario.clients.filter((one) => one.person === person && one.isConnected());
  return mine.length === 0 ? undefined : random.pick(mine);
}

/** A random message that the person can see. */
export function visibleEntry(
  context: ActionContext,
  person: Person,
  conversation: StoryConversation,
  own: boolean,
): Message | undefined {
  const client = context.scenario.clients.find((one) => one.person === person);
  const entries = (client?.state.messagesOf(conversation.id) ?? []).filter(
    ({ kind, deleted_at, sender_id }) =>
      kind === 'message' && deleted_at === null && (!own || sender_id === person.id),
  );
  return entries.length === 0 ? undefined : context.random.pick(entries);
}
