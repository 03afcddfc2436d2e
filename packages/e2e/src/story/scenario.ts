import { randomUUID } from 'node:crypto';
import type { Message } from '@chasqui/protocol';
import type { People, Person, Randomness } from '@chasqui/testkit';
import { untilDone } from './clients/outcome';
import { openStoryClient, type StoryClient } from './clients/storyClient';

/** A conversation and its members, according to the answers so far. */
export interface StoryConversation {
  readonly id: string;
  readonly type: 'direct' | 'group';
  readonly members: Set<Person>;
}

/** One message to send, and its outcome over all attempts. */
export interface Intent {
  readonly conversationId: string;
  readonly senderId: string;
  readonly clientMessageId: string;
  /** The seq in its acknowledgements. */
  seq: number | undefined;
  outcome: 'under way' | 'acknowledged' | 'refused';
}

/** The people, devices, conversations and sends of one story. */
export interface Scenario {
  readonly people: readonly Person[];
  readonly clients: StoryClient[];
  readonly conversations: StoryConversation[];
  readonly intents: Intent[];
  /** Violations found during the story. */
  readonly violations: string[];
  /** Adds a device of this person, with varying connection options. */
  addClient(person: Person): Promise<StoryClient>;
  addIntent(conversationId: string, senderId: string): Intent;
  acknowledged(intent: Intent, message: Pick<Message, 'seq'>): void;
}

const NAMES = ['ana', 'ben', 'cleo', 'dora', 'emil'] as const;

export async function openScenario(options: {
  people: People;
  random: Randomness;
  urls: readonly string[];
  onArrival: (message: Message) => void;
}): Promise<Scenario> {
  const { random, urls, onArrival } = options;
  const people = await Promise.all(NAMES.map((name) => options.people.register(name)));
  const clients: StoryClient[] = [];
  const conversations: StoryConversation[] = [];
  const intents: Intent[] = [];
  const violations: string[] = [];
  let devices = 0;

  const scenario: Scenario = {
    ...{ people, clients, conversations, intents, violations },
    async addClient(person) {
      const node = devices++ % urls.length;
      const client = await openStoryClient(person, {
        ...{ node, onArrival, batch: random.chance(0.6), brief: random.chance(0.3) },
        urls: [...urls.slice(node), ...urls.slice(0, node)],
      });
      clients.push(client);
      await client.open();
      return client;
    },
    addIntent(conversationId, senderId) {
      const intent: Intent = {
        ...{ conversationId, senderId, clientMessageId: randomUUID() },
        ...{ seq: undefined, outcome: 'under way' },
      };
      intents.push(intent);
      return intent;
    },
    acknowledged(intent, { seq }) {
      if (intent.seq !== undefined && intent.seq !== seq) {
        violations.push(`U: ${intent.clientMessageId} has seq ${intent.seq} and ${seq}`);
      }
      intent.seq = seq;
      intent.outcome = 'acknowledged';
    },
  };

  const [ana, ben, cleo, dora, emil] = people as [Person, Person, Person, Person, Person];
  const createGroup = async (creator: Person, ...others: Person[]): Promise<void> => {
    const group = await untilDone(() => options.people.group(creator, ...others));
    conversations.push({ id: group.id, type: 'group', members: new Set([creator, ...others]) });
  };
  for (const [one, other] of [
    [ana, ben],
    [cleo, dora],
  ] as const) {
    const { id } = await untilDone(() => options.people.direct(one, other));
    conversations.push({ id, type: 'direct', members: new Set([one, other]) });
  }
  await createGroup(ana, ben, cleo, dora);
  await createGroup(emil, ana, cleo);
  for (const person of people) {
    await scenario.addClient(person);
    if (random.chance(0.6)) await scenario.addClient(person);
  }
  return scenario;
}
