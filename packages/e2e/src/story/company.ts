import { randomUUID } from 'node:crypto';
import type { Message } from '@chasqui/protocol';
import type { People, Person, Randomness } from '@chasqui/testkit';
import { certainly } from './outcome';
import { openReader, type Reader } from './reader';

/** A conversation as the story knows it: who may be in it, for all that was answered. */
export interface Room {
  readonly id: string;
  readonly type: 'direct' | 'group';
  readonly members: Set<Person>;
}

/** One message that somebody means to send, until it is known what became of it. */
export interface Intent {
  readonly conversationId: string;
  readonly senderId: string;
  readonly clientMessageId: string;
  /** Those of its attempts that were acknowledged gave this seq. */
  seq: number | undefined;
  outcome: 'under way' | 'acknowledged' | 'refused';
}

/** Everybody and everything in one story. */
export interface Company {
  readonly people: readonly Person[];
  readonly readers: Reader[];
  readonly rooms: Room[];
  readonly intents: Intent[];
  /** What is wrong, seen while it went on. */
  readonly violations: string[];
  roomsOf(person: Person): Room[];
  /** One more device of somebody, in another way of connecting each time. */
  addReader(person: Person): Promise<Reader>;
  intend(conversationId: string, senderId: string): Intent;
  acknowledged(intent: Intent, message: Pick<Message, 'seq'>): void;
}

const NAMES = ['ana', 'ben', 'cleo', 'dora', 'emil'] as const;

export async function gatherCompany(options: {
  people: People;
  random: Randomness;
  urls: readonly string[];
  onArrival: (message: Message) => void;
}): Promise<Company> {
  const { random, urls, onArrival } = options;
  const people = await Promise.all(NAMES.map((name) => options.people.register(name)));
  const readers: Reader[] = [];
  const rooms: Room[] = [];
  const intents: Intent[] = [];
  const violations: string[] = [];
  let made = 0;

  const company: Company = {
    ...{ people, readers, rooms, intents, violations },
    roomsOf: (person) => rooms.filter(({ members }) => members.has(person)),
    async addReader(person) {
      const node = made++ % urls.length;
      const reader = await openReader(person, {
        ...{ node, onArrival, batch: random.chance(0.6), brief: random.chance(0.3) },
        urls: [...urls.slice(node), ...urls.slice(0, node)],
      });
      readers.push(reader);
      await reader.open();
      return reader;
    },
    intend(conversationId, senderId) {
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
  const found = async (creator: Person, ...others: Person[]): Promise<void> => {
    const group = await certainly(() => options.people.group(creator, ...others));
    rooms.push({ id: group.id, type: 'group', members: new Set([creator, ...others]) });
  };
  for (const [one, other] of [
    [ana, ben],
    [cleo, dora],
  ] as const) {
    const { id } = await certainly(() => options.people.direct(one, other));
    rooms.push({ id, type: 'direct', members: new Set([one, other]) });
  }
  await found(ana, ben, cleo, dora);
  await found(emil, ana, cleo);
  for (const person of people) {
    await company.addReader(person);
    if (random.chance(0.6)) await company.addReader(person);
  }
  return company;
}
